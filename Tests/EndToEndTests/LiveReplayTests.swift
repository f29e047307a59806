import JSON
import Processes
import TestSupport
import Testing

/// The live protocol across lost connections and a killed program.
@Suite("Live frames", .serialized, .timeLimit(.minutes(1)))
struct LiveReplayTests {
    private static let answer = (1...12).map { "Sentence number \($0) of the answer." }.joined(separator: " ")

    private static func scene() async throws -> (LoopbackModelServer, HostProcess, GatewayClient) {
        let model = try await LoopbackModelServer.started(behaviors: ["test": .answer(Self.answer, rate: 30)])
        let host = try await HostProcess(configuration: HostConfiguration.web(model))
        try await host.start()
        let client = try await host.signIn()
        return (model, host, client)
    }

    private static func read(_ count: Int, from live: LiveClient) async throws -> [JSON] {
        var frames: [JSON] = []
        while frames.count < count, let frame = try await live.next() { frames.append(frame) }
        return frames
    }

    private static func check(_ frames: [JSON], of operation: String) {
        expectEqual(frames.compactMap { $0["sequence"]?.intValue }, Array(1...frames.count))
        for frame in frames {
            #expect(frame["operation_id"]?.stringValue == operation && frame["id"]?.stringValue?.isEmpty == false)
            expectEqual(frame["timestamp"]?.stringValue?.hasSuffix("Z"), true)
        }
    }

    private static func text(of frames: [JSON]) -> String {
        frames.filter { $0["type"]?.stringValue == "execution" }.compactMap { $0["content"]?.stringValue }.joined()
    }

    @Test("after a broken connection the frames continue after the last one, without a gap or a repeat")
    func reconnect() async throws {
        let (model, host, client) = try await Self.scene()
        let operation = try await client.send("What is it?", to: try await client.newThread())
        let first = try await client.live()
        try await first.subscribe(to: operation)
        var frames = try await Self.read(3, from: first)
        await first.close()
        let second = try await client.live()
        try await second.subscribe(to: operation, after: frames.count)
        frames += try await second.frames()
        await second.close()
        Self.check(frames, of: operation)
        expectEqual(Self.text(of: frames), Self.answer)
        #expect(frames.last?["type"]?.stringValue == "complete" && frames.last?["content"]?.stringValue == Self.answer)
        await expectEqual(host.terminate(), .exited(0))
        await model.stop()
    }

    @Test("after kill -9 the frames seen before are still there, and a last frame says what happened")
    func killed() async throws {
        let (model, host, client) = try await Self.scene()
        let operation = try await client.send("What is it?", to: try await client.newThread())
        let live = try await client.live()
        try await live.subscribe(to: operation)
        let seen = try await Self.read(4, from: live)
        await host.kill()
        try await host.start()
        let again = client.moved(to: try #require(host.address))
        let rest = try await again.live()
        try await rest.subscribe(to: operation, after: seen.count)
        let frames = seen + (try await rest.frames())
        await rest.close()
        Self.check(frames, of: operation)
        #expect(Self.answer.hasPrefix(Self.text(of: frames)))
        expectEqual(frames.last?["type"]?.stringValue, "error")
        expectEqual(frames.last?["content"]?.stringValue?.hasPrefix("Interrupted"), true)
        let whole = try await again.frames(of: operation)
        expectEqual(whole.map(\.text), frames.map(\.text))
        await expectEqual(host.terminate(), .exited(0))
        await live.close()
        await model.stop()
    }

    @Test("a thread's subscriber sees every operation in it")
    func thread() async throws {
        let (model, host, client) = try await Self.scene()
        let thread = try await client.newThread()
        let live = try await client.live()
        try await live.subscribe(toThread: thread)
        for _ in 1...2 {
            let operation = try await client.send("What is it?", to: thread)
            Self.check(try await live.frames(), of: operation)
        }
        await live.close()
        await expectEqual(host.terminate(), .exited(0))
        await model.stop()
    }
}
