import EventLoop
import HTTP
import HTTPClient
import JSON
import Primitives
import TestSupport
import Testing

/// A host with the rehearsal model on Slack and Matrix, each with a repository of its own on GitHub, whose webhooks it
/// takes.
struct GitHubFlowScene {
    static let token = "ghp_" + String(repeating: "Zq7", count: 12)
    private static let hookSecret = "a secret of the webhook"

    let github: LoopbackGitHub
    let host: HostProcess
    let networks: [any ServedNetwork]
    private let environment: [String: String]

    static func start() async throws -> GitHubFlowScene {
        let github = try await LoopbackGitHub.started()
        let networks: [any ServedNetwork] = [try await ServedSlack(), try await ServedMatrix(conversations: 2)]
        let port = try FreePorts.take(1)[0]
        var repositories: [String] = []
        for network in networks {
            let name = "octo/\(network.name)-shop"
            try await github.addRepository(
                name, files: ["README.md": "# Shop\n"], people: ["jetbot": .write, "bob": .write])
            await github.addHook("http://127.0.0.1:\(port)/hooks/github", to: name, secret: Self.hookSecret)
            repositories.append("{name: \(network.name)-shop, github: \(name)}")
        }
        await github.addToken(Self.token, HubToken("jetbot", .scopes(["repo"])))
        let owners = networks.flatMap(\.owners).map { "\"\($0)\"" }.joined(separator: ", ")
        let entries = networks.map(\.entry).joined(separator: "\n")
        let host = try await HostProcess(
            configuration: """
                gateway: {listen: "127.0.0.1:\(port)"}
                model: {provider: rehearsal}
                github:
                  api_url: "\(github.url)"
                  web_url: "\(github.url)"
                  token: {env: SHOP_TOKEN}
                  webhook_secret: {env: SHOP_HOOK}
                repositories: [\(repositories.joined(separator: ", "))]
                approvals: {commands: allow}
                access: {owners: [\(owners)]}
                adapters:
                \(entries)

                """)
        var environment = networks.reduce(into: [String: String]()) { all, network in
            all.merge(network.environment) { $1 }
        }
        environment["SHOP_TOKEN"] = Self.token
        environment["SHOP_HOOK"] = Self.hookSecret
        let scene = GitHubFlowScene(github: github, host: host, networks: networks, environment: environment)
        try await scene.startHost()
        for network in networks { try await network.meet(host) }
        return scene
    }

    func startHost() async throws { try await self.host.start(environment: self.environment) }

    func stop() async -> String {
        let status = await self.host.terminate()
        for network in self.networks { await network.stop() }
        await self.github.stop()
        return status.map { "\($0)" } ?? "none"
    }

    // MARK: GitHub

    func repository(of network: any ServedNetwork) -> String { "octo/\(network.name)-shop" }

    /// The repository on GitHub's disk.
    @Net func git(of network: any ServedNetwork) throws -> RealGit {
        RealGit(try #require(self.github.repository(self.repository(of: network))).git.path)
    }

    /// The branch of the feature, once there is one.
    func branch(of network: any ServedNetwork) async throws -> String? {
        let names = try await self.git(of: network)("branch --format='%(refname:short)' --list '001-*'")
        return names.isEmpty ? nil : names
    }

    /// A colleague pushes a note to the feature's branch, if there is one. Returns the commit.
    @discardableResult
    func push(_ note: String, on network: any ServedNetwork) async throws -> String? {
        guard let branch = try await self.branch(of: network) else { return nil }
        return try await self.github.colleague().push(
            "docs/\(note).md", "\(note)\n", to: self.repository(of: network), branch: branch,
            message: "colleague \(note)")
    }

    /// The status of a page, as a browser without a sign-in gets it.
    func page(_ link: String) async throws -> Int {
        let response = try await HTTPClient().execute(HTTPClientRequest(.get, try HTTPURL(link)))
        return response.status.code
    }
}
