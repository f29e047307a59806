import Crypto
import Database
import GitHub
import HTTP
import HTTPClient
import JSON
import Primitives
import Processes
import Store
import TestSupport
import Testing

/// Kills the real program between the steps of a delivery from GitHub, restarts it, and inspects the thread.
@Suite("A crash while news from GitHub reach a thread", .serialized, .timeLimit(.minutes(3)))
struct NewsCrashTests {
    private static let secret = "the webhook's secret"
    private static let environment = ["HOOK_SECRET": NewsCrashTests.secret]
    private static let settings = """
        gateway: {listen: "127.0.0.1:0"}
        model: {provider: rehearsal}
        github: {api_url: "http://127.0.0.1:9", web_url: "http://127.0.0.1:9", webhook_secret: {env: HOOK_SECRET}}
        repositories:
          - {name: notes, path: notes}
          - {name: app, github: octo/app}

        """

    /// Delivers a push; returns the status, or 0 where the connection dies.
    private static func deliver(_ id: String, to address: String) async throws -> Int {
        let sha = String(repeating: "a", count: 40)
        let body: JSON = [
            "repository": ["full_name": "octo/app"], "sender": ["login": "mona"], "ref": "refs/heads/001-feature",
            "after": .string(sha), "commits": [["id": .string(sha), "message": "Fix the sum"]],
        ]
        let signature = hex(hmacSHA256(body.bytes, key: Array(Self.secret.utf8)))
        let request = HTTPClientRequest(
            .post, try HTTPURL("http://\(address)/hooks/github"),
            headers: [
                "Content-Type": "application/json", "X-GitHub-Event": "push", "X-GitHub-Delivery": id,
                "X-Hub-Signature-256": "sha256=\(signature)",
            ], body: .bytes(body.bytes))
        do {
            return try await HTTPClient().execute(request).status.code
        } catch is HTTPClientError {
            return 0
        }
    }

    /// Lets the thread watch the branch, as its work on a pull request would.
    private static func watch(_ thread: String, in data: String) async throws {
        let database = try Database(path: data + "/jetbridge.sqlite", migrations: StoreSchema.migrations)
        try await SessionStore(database: database).write { ledger in
            try ledger.set(
                GitHubWatch(session: thread, repository: "app", branch: "001-feature", createdAt: 0, activeAt: 0))
        }
        await database.close()
    }

    @Test(
        "a delivery reaches the thread once, whatever is repeated", arguments: [FaultPoint.deliveryStored, .newsStored])
    func crash(at point: FaultPoint) async throws {
        let host = try await HostProcess(configuration: Self.settings)
        try await host.start(environment: Self.environment)
        let first = try await host.signIn()
        let thread = try await first.newThread()
        _ = try await first.ended(try await first.send("/usage", to: thread))
        await expectEqual(host.terminate(), .exited(0))
        try await Self.watch(thread, in: host.dataPath)

        try await host.start(fault: point.rawValue, environment: Self.environment)
        _ = try await Self.deliver("d1", to: try #require(host.address))
        try await host.waitForEnd()

        try await host.start(environment: Self.environment)
        let address = try #require(host.address)
        // GitHub's repeat, and another report of the same push.
        for id in ["d1", "d1", "d2"] {
            let status = try await Self.deliver(id, to: address)
            expectEqual(status, 202)
        }
        let client = first.moved(to: address)
        func lines() async throws -> [String] {
            try await client.transcript(of: thread).map(\.text).filter { $0.contains("mona") }
        }
        while try await lines().isEmpty { try await Task.sleep(for: .milliseconds(20)) }
        // Everything that was delivered has been handled by the graceful end.
        await expectEqual(host.terminate(), .exited(0))
        try await host.start(environment: Self.environment)
        let again = first.moved(to: try #require(host.address))
        let told = try await again.transcript(of: thread).map(\.text).filter { $0.contains("mona") }
        expectEqual(told, ["mona pushed to `001-feature`: 1 commit, `aaaaaaa` Fix the sum"])
        await expectEqual(host.terminate(), .exited(0))
    }
}
