import JSON
import Primitives
import Processes
import TestSupport
import Testing

/// The flow by a program over HTTP, with a host that is killed after every step.
@Suite("The specification flow across kills", .timeLimit(.minutes(4)))
struct SpecRestartTests {
    /// Each step, and how many commits there are after it.
    private static let steps: [(text: String, commits: Int)] = [
        ("/specify \(SpecScene.idea)", 1), ("/clarify", 1), ("B", 2), ("yes", 3), ("For two years.", 4), ("/plan", 5),
        ("/tasks", 6), ("/analyze", 6), ("/implement T001", 7), ("/implement T002", 8), ("/spec", 8),
    ]

    @Test("a kill -9 between any two steps loses nothing and repeats nothing")
    func kills() async throws {
        let host = try await HostProcess(
            configuration: """
                gateway: {listen: "127.0.0.1:0"}
                model: {provider: rehearsal}
                repositories: [{name: notes, path: notes}]
                approvals: {commands: allow}

                """)
        try await host.start()
        var client = try await host.signIn()
        let thread = try await client.newThread()
        for step in Self.steps {
            let operation = try await client.send(step.text, to: thread)
            _ = try await client.ended(operation, within: .seconds(60))
            try await Self.settled(thread, client)
            try await expectEqual(Self.commits(of: thread, client).count, step.commits, "after \(step.text)")
            await host.kill()
            try await host.start()
            client = client.moved(to: try #require(host.address))
            try await expectEqual(Self.commits(of: thread, client).count, step.commits, "again after \(step.text)")
        }
        let shown = try await client.transcript(of: thread).last { $0.role == "assistant" }
        expectEqual(shown?.text.contains("`/implement`: 2 of"), true, "\(shown?.text ?? "")")
        let git = RealGit("\(host.dataPath)/notes")
        #expect(try git("fsck --strict --no-dangling").isEmpty)
        let branch = try git("branch --format='%(refname:short)' --list '001-*'")
        let hashes = try git("log --reverse --format=%H main..\(branch)").split(separator: "\n").map(String.init)
        try await expectEqual(hashes, Self.commits(of: thread, client))
        await expectEqual(host.terminate(), .exited(0))
    }

    /// Waits until nothing runs: an answer begins a turn of its own.
    private static func settled(_ thread: String, _ client: GatewayClient) async throws {
        while let operation = try await client.get("/api/v1/threads/\(thread)")["active_operation"]?.stringValue {
            _ = try await client.ended(operation, within: .seconds(60))
        }
    }

    /// The hashes that the thread shows, in order.
    private static func commits(of thread: String, _ client: GatewayClient) async throws -> [String] {
        try await client.transcript(of: thread).filter { $0.role == "commit" }.compactMap { message in
            message.text.firstMatch(of: /\/commit\/([0-9a-f]{40})/).map { String($0.1) }
        }
    }
}
