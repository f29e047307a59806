import HTTP
import JSON
import Primitives
import Processes
import Store
import TestSupport
import Testing

/// Kills the real program at every fault point of a message, restarts it, and inspects the thread.
@Suite("A crash at any fault point, seen from the web chat", .serialized, .timeLimit(.minutes(3)))
struct WebCrashTests {
    private static let answer = "First paragraph.\n\nSecond paragraph with `code`.\n\nThe end."

    /// The fault points that a web thread passes; the others belong to networks.
    static let points: [FaultPoint] = [
        .eventReceived, .eventStored, .turnQueued, .turnStarted, .firstText, .turnClosing, .turnClosed,
    ]

    @Test("one complete answer or one note, nothing twice, nothing lost", arguments: Self.points)
    func crash(at point: FaultPoint) async throws {
        let model = try await LoopbackModelServer.started(behaviors: ["test": .answer(Self.answer, rate: 60)])
        let host = try await HostProcess(configuration: Self.configuration(model))
        try await host.start(fault: point.rawValue)
        let first = try await host.signIn()
        let thread = try await first.newThread()
        // The connection may die with the program; the client then repeats the request with the same key.
        _ = try? await first.send("What is it?", to: thread, key: "the-one")
        try await host.waitForEnd()

        try await host.start()
        let client = first.moved(to: try #require(host.address))
        let operation = try await client.send("What is it?", to: thread, key: "the-one")
        let ended = try await client.ended(operation)
        let transcript = try await client.transcript(of: thread)
        expectEqual(transcript.filter { $0.role == "user" }.map(\.text), ["What is it?"])
        switch ended["state"]?.stringValue {
        case "complete":
            expectEqual(transcript.filter { $0.role == "assistant" }.map(\.text), [Self.answer])
            #expect(!transcript.contains { $0.text.hasPrefix("Interrupted") })
        case "interrupted":
            expectEqual(transcript.filter { $0.text.hasPrefix("Interrupted") }.count, 1)
            #expect(transcript.filter { $0.role == "assistant" }.allSatisfy { Self.answer.hasPrefix($0.text) })
        default:
            Issue.record("the operation is \(ended.text)")
        }
        await expectEqual(host.terminate(), .exited(0))
        await model.stop()
    }

    @Test("messages that were to be asked together are all asked after a crash, and none twice")
    func joined() async throws {
        let model = try await LoopbackModelServer.started(behaviors: ["test": .answer(Self.answer, rate: 20)])
        let host = try await HostProcess(configuration: Self.configuration(model))
        try await host.start(fault: FaultPoint.turnJoined.rawValue)
        let first = try await host.signIn()
        let thread = try await first.newThread()
        let texts = ["One?", "Two?", "Three?"]
        // The second joins the first, or the third the second, whatever the model has said by then.
        for text in texts { _ = try? await first.send(text, to: thread, key: text) }
        try await host.waitForEnd()

        try await host.start()
        let client = first.moved(to: try #require(host.address))
        for text in texts { _ = try await client.ended(try await client.send(text, to: thread, key: text)) }
        let transcript = try await client.transcript(of: thread)
        expectEqual(transcript.filter { $0.role == "user" }.map(\.text), texts)
        await expectEqual(host.terminate(), .exited(0))
        await model.stop()
    }

    @Test("resume continues an answer after a crash in the middle of it")
    func resume() async throws {
        let model = try await LoopbackModelServer.started(behaviors: ["test": .answer(Self.answer, rate: 20)])
        let host = try await HostProcess(configuration: Self.configuration(model))
        try await host.start(fault: "first-text:3")
        let first = try await host.signIn()
        let thread = try await first.newThread()
        let cut = try await first.send("What is it?", to: thread)
        try await host.waitForEnd()
        try await host.start()
        let client = first.moved(to: try #require(host.address))
        try await expectEqual(client.ended(cut)["state"]?.stringValue, "interrupted")
        let resumed = try await client.send("/resume", to: thread)
        try await expectEqual(client.ended(resumed)["state"]?.stringValue, "complete")
        await expectEqual(host.terminate(), .exited(0))
        await model.stop()
    }

    @Test(
        "a command is answered once, wherever the program dies", arguments: [FaultPoint.eventStored, .commandAnswered])
    func command(at point: FaultPoint) async throws {
        let model = try await LoopbackModelServer.started(behaviors: [:])
        let host = try await HostProcess(configuration: Self.configuration(model))
        try await host.start(fault: point.rawValue)
        let first = try await host.signIn()
        let thread = try await first.newThread()
        _ = try? await first.send("/help", to: thread, key: "the-one")
        try await host.waitForEnd()
        try await host.start()
        let client = first.moved(to: try #require(host.address))
        _ = try await client.ended(try await client.send("/help", to: thread, key: "the-one"))
        try await expectEqual(client.transcript(of: thread).filter { $0.role == "note" }.count, 1)
        await expectEqual(host.terminate(), .exited(0))
        await model.stop()
    }

    @Test("two hosts on one data directory: the second refuses and names the first one's pid")
    func twoHosts() async throws {
        let model = try await LoopbackModelServer.started(behaviors: [:])
        let first = try await HostProcess(configuration: Self.configuration(model))
        try await first.start()
        let second = try await HostProcess(configuration: Self.configuration(model), directory: first.directory)
        try await second.start(isReadyAwaited: false)
        try await expectEqual(second.waitForEnd(), .exited(1))
        let pid = try #require(await first.id)
        #expect(await second.log.contains("pid \(pid)"))
        await expectEqual(first.terminate(), .exited(0))
        await model.stop()
    }

    static func configuration(_ model: LoopbackModelServer) -> String {
        """
        gateway: {listen: "127.0.0.1:0"}
        model: {provider: openai, name: test, base_url: "\(model.baseURL)"}
        repositories: [{name: notes, path: notes}]
        """
    }
}
