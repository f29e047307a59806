import Crypto
import EventLoop
import HTTP
import JSON
import Processes
import TestSupport
import Testing

/// The whole program: somebody signs in with GitHub in a real browser, and works.
@Suite("Sign-in with GitHub, whole", .timeLimit(.minutes(4)))
struct GitHubSignInTests {
    private static let hostToken = "ghp_" + String(repeating: "Zq7", count: 12)
    private static let appSecret = "5e6f708192a3b4c5d6e7f80910"

    @Test("somebody signs in on a phone, asks, and the commit is theirs, made with their token, which nothing shows")
    func phone() async throws {
        let github = try await LoopbackGitHub.started()
        try await github.addRepository(
            "octo/shop", files: ["README.md": "# Shop\n"], people: ["jetbot": .write, "octocat": .write])
        await github.addToken(Self.hostToken, HubToken("jetbot", .scopes(["repo"])))
        await github.addOrganization("acme", members: ["octocat": .write])
        github.addWebApp(
            "Iv1.jetbridge", secret: Self.appSecret, callback: "http://127.0.0.1/api/v1/signin/github/callback")
        let host = try await HostProcess(
            configuration: """
                gateway:
                  listen: "127.0.0.1:0"
                  sign_in: {github: {client_id: Iv1.jetbridge, client_secret: {env: APP_SECRET}}}
                model: {provider: rehearsal}
                github: {api_url: "\(github.url)", web_url: "\(github.url)", token: {env: SHOP_TOKEN}}
                repositories: [{name: shop, github: octo/shop}]
                access: {members: ["github:org/acme"]}

                """)
        try await host.start(environment: ["SHOP_TOKEN": Self.hostToken, "APP_SECRET": Self.appSecret])
        let address = "http://\(try #require(host.address))"
        let result = try await PythonClients.models.run(
            script: "Tests/EndToEndTests/browser/signin.py",
            [address, "allowed", host.directory.path + "/screenshots"], environment: ["HOME": host.directory.path])
        expectEqual(result.status, .exited(0), "\(result.text)\(result.errorText)")
        #expect(result.text.contains(#""result": "ok""#))

        github.setVisitor(.known("mallory"))
        let refused = try await PythonClients.models.run(
            script: "Tests/EndToEndTests/browser/signin.py",
            [address, "refused", host.directory.path + "/screenshots"], environment: ["HOME": host.directory.path])
        expectEqual(refused.status, .exited(0), "\(refused.text)\(refused.errorText)")

        let authors = try await Self.git(of: github)("log --all --format='%an <%ae>' --grep=Specify")
        #expect(authors.hasPrefix("octocat <github-octocat."), "\(authors)")
        let tokens = github.tokens(of: "octocat")
        let writes = await github.ledger.calls.filter { $0.route == "POST git-receive-pack" }
        #expect(!writes.isEmpty && writes.allSatisfy { tokens.contains(Self.credential(of: $0)) })

        let environment = ["SHOP_TOKEN": Self.hostToken, "APP_SECRET": Self.appSecret]
        let people = try await host.run(["people", "list"], environment: environment).text
        #expect(people.contains("signed in with GitHub") && people.contains("github:octocat"))
        let audit = try await host.run(["audit", "export"], environment: environment).text
        let log = await host.log
        for secret in tokens + [Self.appSecret] {
            for text in [people, audit, log, result.text] { #expect(!text.contains(secret)) }
        }
        #expect(!tokens.isEmpty)
        await expectEqual(host.terminate(), .exited(0))
        await github.stop()
    }

    /// The password of Git's protocol.
    private static func credential(of call: GitHubLoggedCall) -> String {
        let words = (call.headers["authorization"] ?? "").split(separator: " ").map(String.init)
        let pair = words.last.flatMap { decodeBase64($0) }.map { String(decoding: $0, as: UTF8.self) } ?? ""
        return pair.split(separator: ":").last.map(String.init) ?? ""
    }

    @Net private static func git(of github: LoopbackGitHub) throws -> RealGit {
        RealGit(try #require(github.repository("octo/shop")).git.path)
    }

    @Test("a sign-in that was begun before a restart is completed after it")
    func restart() async throws {
        let github = try await LoopbackGitHub.started()
        github.addWebApp(
            "Iv1.jetbridge", secret: Self.appSecret, callback: "http://127.0.0.1/api/v1/signin/github/callback")
        github.setVisitor(.known("octocat"))
        let port = try FreePorts.take()
        let host = try await HostProcess(
            configuration: """
                gateway:
                  listen: "127.0.0.1:\(port)"
                  sign_in: {github: {client_id: Iv1.jetbridge, client_secret: {env: APP_SECRET}}}
                github: {api_url: "\(github.url)", web_url: "\(github.url)"}
                access: {owners: ["github:octocat"]}

                """)
        try await host.start(environment: ["APP_SECRET": Self.appSecret])
        let client = GatewayClient(strangerAt: try #require(host.address))
        let there = try await client.step("/api/v1/signin/github")
        let back = try await client.step(try #require(there.location))
        await host.kill()
        try await host.start(environment: ["APP_SECRET": Self.appSecret])
        let done = try await client.step(try #require(back.location), cookie: there.cookie)
        #expect(done.status == 302 && done.location == "/")
        let again = try await client.step(try #require(back.location), cookie: there.cookie)
        expectEqual(again.status, 400)
        await expectEqual(host.terminate(), .exited(0))
        await github.stop()
    }
}
