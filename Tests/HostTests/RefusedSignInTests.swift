import Chat
import Copilot
import EventLoop
import GitHub
import Primitives
import Repositories
import TestSupport
import Testing

@testable import Host

@Suite("A person's sign-in that GitHub refuses", .timeLimit(.minutes(1)))
struct RefusedSignInTests {
    private static let token = "ghp_PlantedTokenOfTheHost0000000000000000"

    /// One person's sign-in, which GitHub no longer knows.
    private actor Ada: PersonTokens {
        private var hasEnded = false
        private(set) var refusals = 0

        func token(of person: String) throws -> Copilot.GitHubToken? {
            guard person == "ada" else { return nil }
            if self.hasEnded { throw GitHubError(.unauthorized, "Your sign-in at GitHub is no longer valid.") }
            return try Copilot.GitHubToken("gho_" + String(repeating: "r", count: 36))
        }

        func refused(_ token: Copilot.GitHubToken) -> Bool {
            self.hasEnded = true
            self.refusals += 1
            return true
        }
    }

    @Test("stops that person's work, by Git and by the API, and nobody else's", arguments: [true, false])
    func refused(byGit: Bool) async throws {
        let folder = try TemporaryDirectory()
        let github = try await LoopbackGitHub.started()
        let repository = try await github.addRepository("octo/app", people: ["jet": .write])
        await Self.close(repository)
        await github.addToken(Self.token, HubToken("jet"))
        try TestFile.write(Self.token, to: "\(folder.path)/token", mode: 0o600)
        let loaded = load(
            """
            data_dir: \(folder.path)/data
            github: {api_url: "\(github.url)", web_url: "\(github.url)", token: {file: \(folder.path)/token}}
            repositories: [{name: app, github: octo/app}]
            """)
        let configuration = try #require(loaded.configuration, "\(loaded.issues)")
        let people = Ada()
        let host = try GitHubHost(configuration, people: people)
        let client = host.client
        let app = try await RepositorySetup.catalog(for: configuration, upstreams: host.upstreams()).repository("app")
        let name = GitHubRepositoryName(owner: "octo", name: "app")
        for _ in 0..<2 {
            await RemoteWork.$current.withValue(RemoteWork(person: "ada")) {
                if byGit {
                    let error = await #expect(throws: RepositoryError.self) { try await app.refresh() }
                    expectEqual(
                        error?.message.contains("Your sign-in at GitHub is no longer valid"), true, "\(error as Any)")
                } else {
                    let error = await #expect(throws: GitHubError.self) { _ = try await client.repository(name) }
                    expectEqual(error?.message, "Your sign-in at GitHub is no longer valid.")
                }
            }
        }
        await expectEqual(people.refusals, 1)
        // Nothing was done with the host's account for that person.
        #expect(await github.ledger.calls.allSatisfy { $0.login != "jet" })
        try await app.refresh()
        try await expectEqual(client.repository(name).canPush, true)
        await github.stop()
        withExtendedLifetime(folder) {}
    }

    @Net private static func close(_ repository: HubRepository) { repository.isPrivate = true }
}
