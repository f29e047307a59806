import Host
import Primitives
import TestSupport
import Testing

@Suite("The doctor's findings about sign-in to the web chat", .timeLimit(.minutes(1)))
struct WebSignInFindingsTests {
    private static func findings(
        _ github: LoopbackGitHub, gateway: String = "", app: String = "",
        access: String = "owners: [\"github:octocat\"]",
        secret: String = "right"
    ) async throws -> [Finding] {
        let folder = try TemporaryDirectory()
        let text = """
            data_dir: \(folder.path)/data
            gateway: {\(gateway) sign_in: {github: {client_id: Iv1.abc, client_secret: {env: SECRET}\(app)}}}
            github: {web_url: "\(github.url)", api_url: "\(github.url)"}
            access: {\(access)}
            """
        let configuration = try #require(load(text, environment: ["SECRET": secret]).configuration)
        let findings = Protected<[Finding]>([])
        try await Doctor(configuration).examine { finding in findings.withLock { $0.append(finding) } }
        return findings.withLock { $0.filter { ["public_url", "sign-in with github"].contains($0.subject) } }
    }

    private static func github() async throws -> LoopbackGitHub {
        let github = try await LoopbackGitHub.started()
        github.addWebApp("Iv1.abc", secret: "right", callback: "http://127.0.0.1/api/v1/signin/github/callback")
        return github
    }

    @Test("the app's secret is tried at GitHub, and the callback address is named")
    func secret() async throws {
        let github = try await Self.github()
        let good = try await Self.findings(github)
        expectEqual(good.map(\.state), [.ok, .ok])
        #expect(good[0].detail.contains("on this machine only"))
        #expect(good[1].detail.contains("http://127.0.0.1:8787/api/v1/signin/github/callback"))
        let bad = try await Self.findings(github, secret: "wrong")
        #expect(bad.map(\.state) == [.ok, .failed] && bad[1].detail.contains("client id and secret"))
        await github.stop()
    }

    @Test("an address without TLS, lists without anybody and a scope without organisations are reported")
    func addresses() async throws {
        let github = try await Self.github()
        let plain = try await Self.findings(github, gateway: "public_url: \"http://chat.example.org\",")
        #expect(plain.first?.state == .failed && plain.first?.detail.contains("https://") == true)
        let nobody = try await Self.findings(
            github, gateway: "public_url: \"https://chat.example.org\",", access: "owners: []")
        expectEqual(nobody.map(\.state), [.ok, .warning, .ok])
        let scope = try await Self.findings(
            github, app: ", scope: repo", access: "members: [\"github:org/acme\", \"github:team/acme/core\"]")
        expectEqual(scope.map(\.state), [.ok, .ok, .warning, .ok])
        #expect(scope[2].detail.contains("read:org") && scope[3].detail.contains("as soon as somebody has signed in"))
        await github.stop()
    }
}
