import EventLoop
import TestSupport
import Testing

@testable import Host

@Suite("The doctor's findings about GitHub", .timeLimit(.minutes(1)))
struct RepositoryFindingsTests {
    /// What is wrong at GitHub.
    enum Fault: CaseIterable {
        case nothing, revokedToken, missingScopes, unknownRepository, archived, readOnly, missingBranch
        case missingWebhook, failingWebhook, unreachable
    }

    /// With the right checksum.
    private static let token = "ghp_" + String(repeating: "Zq7", count: 10) + "1K1VGW"

    /// The findings about the repository.
    private static func findings(with fault: Fault) async throws -> [Finding] {
        let folder = try TemporaryDirectory()
        let github = try await LoopbackGitHub.started()
        let right: GitHubAccess = fault == .readOnly ? .read : .admin
        if fault != .unknownRepository {
            let repository = try await github.addRepository(
                "octo/app", files: ["README.md": "# App\n"], people: ["jet": right])
            await archive(repository, fault == .archived)
        }
        await github.addToken(Self.token, HubToken("jet", .scopes(fault == .missingScopes ? ["read:user"] : ["repo"])))
        if fault == .revokedToken { await github.revokeToken(Self.token) }
        let hook = "http://127.0.0.1:9/hooks/github"
        if fault != .missingWebhook, fault != .unknownRepository {
            await github.addHook(hook, to: "octo/app", secret: "s")
        }
        if fault == .failingWebhook {
            try await github.colleague().push("a.md", "a\n", to: "octo/app")
            try await github.wait("the delivery") { $0.deliveries.contains { $0.isDone } }
        }
        if fault == .unreachable { await github.stop() }
        let branch = fault == .missingBranch ? ", branch: release" : ""
        let secret =
            fault == .missingWebhook || fault == .failingWebhook
            ? "\n  webhook_secret: {file: \(folder.path)/token}" : ""
        try TestFile.write(Self.token, to: "\(folder.path)/token", mode: 0o600)
        let loaded = load(
            """
            data_dir: \(folder.path)/data
            gateway: {public_url: "http://127.0.0.1:9"}
            github:
              api_url: "\(github.url)"
              web_url: "\(github.url)"
              token: {file: \(folder.path)/token}\(secret)
            repositories: [{name: app, github: octo/app\(branch)}]
            """)
        let configuration = try #require(loaded.configuration)
        let findings = try await RepositoryFindings(
            configuration: configuration, gitHub: try GitHubHost(configuration), patience: .seconds(10)
        ).findings()
        if fault != .unreachable { await github.stop() }
        #expect(findings.allSatisfy { $0.subject == "github app" })
        return findings
    }

    @Net private static func archive(_ repository: HubRepository, _ isArchived: Bool) {
        repository.isArchived = isArchived
    }

    @Test(
        "each thing that is wrong is named, and what to do",
        arguments: [
            (Fault.nothing, nil), (.revokedToken, "401"), (.missingScopes, "lacks the scope repo"),
            (.unknownRepository, "it does not exist, or the token may not see it (404)"),
            (.archived, "is archived and read-only"),
            (.readOnly, "may not push to octo/app: a fork is used"), (.missingBranch, "has no branch release"),
            (.missingWebhook, "has no webhook to http://127.0.0.1:9/hooks/github"),
            (.failingWebhook, "The last delivery"), (.unreachable, ""),
        ] as [(Fault, String?)])
    func named(fault: Fault, text: String?) async throws {
        let findings = try await Self.findings(with: fault)
        let bad = findings.filter { $0.state != .ok }
        #expect(findings.allSatisfy { !$0.detail.contains(Self.token) })
        guard let text else {
            #expect(bad.isEmpty && !findings.isEmpty, "\(findings)")
            return
        }
        // A fork is a way to work, not a mistake.
        let expected = fault == .readOnly ? findings : bad
        #expect(expected.contains { text.isEmpty || $0.detail.contains(text) }, "\(findings)")
    }
}
