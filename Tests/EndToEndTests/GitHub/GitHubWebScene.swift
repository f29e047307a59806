import EventLoop
import JSON
import Processes
import TestSupport
import Testing

/// A host with the rehearsal model, a repository octo/shop on GitHub, and a thread of the web chat.
struct GitHubWebScene {
    static let token = "ghp_" + String(repeating: "Zq7", count: 12)
    static let repository = "octo/shop"

    let github: LoopbackGitHub
    let host: HostProcess
    private(set) var client: GatewayClient
    let thread: String

    private static let environment = ["SHOP_TOKEN": Self.token]

    static func start() async throws -> GitHubWebScene {
        let github = try await LoopbackGitHub.started()
        try await github.addRepository(
            Self.repository, files: ["README.md": "# Shop\n"], people: ["jetbot": .write, "bob": .write])
        await github.addToken(Self.token, HubToken("jetbot", .scopes(["repo"])))
        let host = try await HostProcess(
            configuration: """
                gateway: {listen: "127.0.0.1:0"}
                model: {provider: rehearsal}
                github: {api_url: "\(github.url)", web_url: "\(github.url)", token: {env: SHOP_TOKEN}}
                repositories: [{name: shop, github: octo/shop}]
                approvals: {commands: allow}

                """)
        try await host.start(environment: Self.environment)
        let client = try await host.signIn()
        return GitHubWebScene(github: github, host: host, client: client, thread: try await client.newThread())
    }

    func stop() async {
        await expectEqual(self.host.terminate(), .exited(0))
        await self.github.stop()
    }

    /// - Parameter during: what happens elsewhere while the host is down.
    mutating func kill(during: () async throws -> Void = {}) async throws {
        await self.host.kill()
        try await during()
        try await self.host.start(environment: Self.environment)
        self.client = self.client.moved(to: try #require(self.host.address))
    }

    // MARK: The thread

    /// A person writes something. Returns the operation.
    func say(_ text: String) async throws -> String { try await self.client.send(text, to: self.thread) }

    /// A person writes something, and everything that it begins ends.
    func run(_ text: String) async throws { try await self.settle(after: try await self.say(text)) }

    func settle(after operation: String) async throws {
        _ = try await self.client.ended(operation, within: .seconds(60))
        // An answer begins a turn of its own.
        while let operation = try await self.client.get("/api/v1/threads/\(self.thread)")["active_operation"]?
            .stringValue
        {
            _ = try await self.client.ended(operation, within: .seconds(60))
        }
    }

    /// The hashes that the thread shows, in order.
    func commits() async throws -> [String] {
        try await self.client.transcript(of: self.thread).filter { $0.role == "commit" }.compactMap { message in
            message.text.firstMatch(of: /\/octo\/shop\/commit\/([0-9a-f]{40})/).map { String($0.1) }
        }
    }

    func words() async throws -> String {
        try await self.client.transcript(of: self.thread).map { "\($0.role): \($0.text)" }.joined(separator: "\n")
    }

    // MARK: GitHub

    /// The repository on GitHub's disk.
    @Net func git() throws -> RealGit { RealGit(try #require(self.github.repository(Self.repository)).git.path) }

    /// The feature's branch, once there is one.
    func branch() async throws -> String? {
        let names = try await self.git()("branch --format='%(refname:short)' --list '001-*'")
        return names.isEmpty ? nil : names
    }
}
