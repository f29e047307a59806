import EventLoop
import JSON
import Processes
import TestSupport
import Testing

/// A guest's thread whose model is GitHub's Copilot CLI, offline: it only talks.
@Suite(
    "A thread with the real Copilot CLI", .serialized, .timeLimit(.minutes(2)),
    .enabled(if: !RealCopilotCLI.isSkipped))
struct RealCopilotCLIThreadTests {
    private static let answer = (1...40).map { "Sentence number \($0) of the answer." }.joined(separator: " ")

    /// Links the unpacked CLI, which would otherwise unpack itself into each test's data directory.
    private static func scene() async throws -> (LoopbackModelServer, HostProcess, GatewayClient) {
        let cli = try RealCopilotCLI()
        let model = try await LoopbackModelServer.started(behaviors: ["test": .answer(Self.answer, rate: 40)])
        let host = try await HostProcess(
            configuration: """
                gateway: {listen: "127.0.0.1:0"}
                model: {provider: copilot-cli, name: test, base_url: "\(model.baseURL)"}
                copilot: {cli: "\(cli.executable)", cli_processes: 2}
                repositories: [{name: notes, path: notes}]

                """)
        try RealGit(host.directory.path).shell(
            "mkdir -p data/copilot-cli && ln -s '\(cli.cache)' data/copilot-cli/cache")
        try await host.start()
        let pair = try JSON.parse(try await host.run(["pair", "--role", "guest", "--json"]).output)
        let client = try await host.signIn(try #require(pair["code"]?.stringValue))
        return (model, host, client)
    }

    /// The CLI processes of this host.
    private func processes(of host: HostProcess) -> [Int32] {
        let home = "HOME=\(host.dataPath)/copilot-cli/"
        return ProcessTable.all.filter { pid in
            ProcessTable.environment(of: pid).contains { $0.hasPrefix(home) }
        }
    }

    private func waitUntilNone(of host: HostProcess, within limit: Duration) async throws {
        let started = ContinuousClock.now
        while !self.processes(of: host).isEmpty {
            try #require(started.duration(to: .now) < limit)
            try await EventLoop.shared.sleep(for: .milliseconds(5))
        }
    }

    @Test("it streams an answer, and ends with the host")
    func answer() async throws {
        let (model, host, client) = try await Self.scene()
        let operation = try await client.send("What is it?", to: try await client.newThread())
        let frames = try await client.frames(of: operation)
        let pieces = frames.filter { $0["type"]?.stringValue == "execution" }.compactMap { $0["content"]?.stringValue }
        #expect(pieces.count > 5)
        expectEqual(pieces.joined(), Self.answer)
        expectEqual(frames.last?["type"]?.stringValue, "complete")
        expectEqual(self.processes(of: host).count, 1)
        await expectEqual(host.terminate(), .exited(0))
        #expect(self.processes(of: host).isEmpty)
        try expectEqual(RealGit(host.dataPath).shell("ls -A copilot-cli/0"), "lock")
        await model.stop()
    }

    @Test("stop ends it and its children within a second, and the next message is answered")
    func stop() async throws {
        let (model, host, client) = try await Self.scene()
        let thread = try await client.newThread()
        let operation = try await client.send("What is it?", to: thread)
        let live = try await client.live()
        try await live.subscribe(to: operation)
        while let frame = try await live.next(), frame["type"]?.stringValue != "execution" {}
        #expect(!self.processes(of: host).isEmpty)
        async let stopping = client.send("/stop", to: thread)
        try await self.waitUntilNone(of: host, within: .seconds(1))
        _ = try await stopping
        try await expectEqual(client.ended(operation)["state"]?.stringValue, "stopped")
        let next = try await client.send("And now?", to: thread)
        try await expectEqual(client.ended(next)["state"]?.stringValue, "complete")
        await live.close()
        await expectEqual(host.terminate(), .exited(0))
        await model.stop()
    }

    @Test("the CLI of a killed host ends with it, and the next host answers")
    func killed() async throws {
        let (model, host, client) = try await Self.scene()
        let operation = try await client.send("What is it?", to: try await client.newThread())
        let live = try await client.live()
        try await live.subscribe(to: operation)
        while let frame = try await live.next(), frame["type"]?.stringValue != "execution" {}
        await host.kill()
        try await self.waitUntilNone(of: host, within: .seconds(2))
        try await host.start()
        let again = client.moved(to: try #require(host.address))
        let next = try await again.send("And now?", to: try await again.newThread())
        try await expectEqual(again.ended(next)["state"]?.stringValue, "complete")
        await live.close()
        await expectEqual(host.terminate(), .exited(0))
        await model.stop()
    }
}
