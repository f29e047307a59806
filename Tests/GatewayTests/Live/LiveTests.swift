import Chat
import HTTP
import JSON
import Logging
import People
import Primitives
import TestSupport
import Testing

@testable import Gateway

@Suite("Live protocol", .timeLimit(.minutes(1)))
struct LiveTests {
    @Test(
        "valid subscriptions are parsed",
        arguments: [
            (#"{"subscribe":"op_1","last_sequence":7}"#, LiveCommand.operation("op_1", after: 7)),
            (#"{"subscribe":"op_1"}"#, .operation("op_1", after: 0)), (#"{"subscribe_thread":"t_1"}"#, .thread("t_1")),
        ])
    func commands(text: String, command: LiveCommand) throws {
        try expectEqual(LiveCommand(text), command)
    }

    @Test(
        "any other message is an error",
        arguments: [
            "", "[]", "{}", "7", #"{"subscribe":7}"#, #"{"subscribe":"a","last_sequence":-1}"#,
            #"{"subscribe":"a","last_sequence":9223372036854775807}"#,
            #"{"subscribe":"a","last_sequence":-9223372036854775808}"#,
            #"{"subscribe":"a","last_sequence":"1"}"#,
            String(repeating: "[", count: 100), "{\"subscribe\":\"" + String(repeating: "a", count: 5000) + "\"}",
        ])
    func mistakes(text: String) {
        #expect(throws: LiveCommand.Mistake.self) { try LiveCommand(text) }
    }

    @Test("frames arrive in order from 1 without gaps, during the answer and after it")
    func replay() async throws {
        let steps = (1...40).map { StepWorker.Step.event(.thinking("step \($0)")) }
        let worker = StepWorker(steps + [.hold, .event(.text("the end"))])
        try await LiveHarness.run(worker: worker) { live in
            let operation = try await live.caller.write("go", to: live.thread)
            let client = try live.connect()
            client.say(#"{"subscribe":"\#(operation)","last_sequence":0}"#)
            let before = try await client.frames(until: { $0.count == 40 })
            // One that has more than there is, as after a restored backup, begins anew.
            let ahead = try live.connect()
            ahead.say(#"{"subscribe":"\#(operation)","last_sequence":1000}"#)
            let anew = try await ahead.frames(until: { $0.count == 40 })
            expectEqual(anew.map(\.sequence), Array(1...40))
            worker.release()
            let after = try await client.frames(until: { $0.last?.isLast == true })
            expectEqual((before + after).map(\.sequence), Array(1...42))
            expectEqual(after.last?.type, "complete")
            expectEqual(after.last?.content, "the end")
            // A client that resumes gets exactly the rest.
            let again = try live.connect()
            again.say(#"{"subscribe":"\#(operation)","last_sequence":38}"#)
            let rest = try await again.frames(until: { $0.last?.isLast == true })
            expectEqual(rest.map(\.sequence), [39, 40, 41, 42])
            expectEqual(rest.map(\.id), (39...42).map { "\(operation)-\($0)" })
            let late = try live.connect()
            late.say(#"{"subscribe":"\#(operation)","last_sequence":43}"#)
            let all = try await late.frames(until: { $0.last?.isLast == true })
            expectEqual(all.map(\.sequence), Array(1...42))
        }
    }

    @Test("a client that pauses reading misses no frames")
    func slowClient() async throws {
        let steps = (1...1500).map { StepWorker.Step.event(.thinking("step \($0)")) }
        try await LiveHarness.run(worker: StepWorker(steps)) { live in
            for isThread in [false, true] {
                let client = try live.connect()
                client.isReading = false
                let operation: String
                if isThread {
                    client.say(#"{"subscribe_thread":"\#(live.thread)"}"#)
                    operation = try await live.caller.write("go", to: live.thread)
                } else {
                    operation = try await live.caller.write("go", to: live.thread)
                    client.say(#"{"subscribe":"\#(operation)","last_sequence":0}"#)
                }
                _ = try await live.caller.ended(operation)
                client.isReading = true
                let frames = try await client.frames(until: { $0.last?.isLast == true })
                expectEqual(frames.map(\.sequence), (1...frames.count).map { Int64($0) })
                if !isThread { expectEqual(frames.count, 1501) }
            }
        }
    }

    @Test("a thread's subscriber sees every later operation")
    func thread() async throws {
        try await LiveHarness.run { live in
            let client = try live.connect()
            client.say(#"{"subscribe_thread":"\#(live.thread)"}"#)
            try await client.settled(live)
            let first = try await live.caller.write("one", to: live.thread)
            _ = try await live.caller.ended(first)
            let second = try await live.caller.write("two", to: live.thread)
            let frames = try await client.frames(until: { $0.filter(\.isLast).count == 2 })
            expectEqual(Set(frames.map(\.operation)), [first, second])
            for operation in [first, second] {
                let own = frames.filter { $0.operation == operation }.map(\.sequence)
                expectEqual(own, (1...own.count).map { Int64($0) })
            }
        }
    }

    @Test("a thread's subscriber gets everything of a long operation while it still runs")
    func longOperation() async throws {
        let steps = (1...600).map { StepWorker.Step.event(.thinking("step \($0)")) }
        let worker = StepWorker(steps + [.hold])
        try await LiveHarness.run(worker: worker) { live in
            let operation = try await live.caller.write("go", to: live.thread)
            let first = try live.connect()
            first.say(#"{"subscribe":"\#(operation)","last_sequence":0}"#)
            _ = try await first.frames(until: { $0.count == 600 })
            let second = try live.connect()
            second.say(#"{"subscribe_thread":"\#(live.thread)"}"#)
            let frames = try await second.frames(until: { $0.count == 600 })
            expectEqual(frames.map(\.sequence), Array(1...600))
            worker.release()
            let last = try await second.frames(until: { $0.last?.isLast == true })
            expectEqual(last.map(\.sequence), Array(601...Int64(600 + last.count)))
        }
    }

    @Test("a long operation with its own subscription does not hold up its thread's")
    func longFollowed() async throws {
        let steps = [.event(.text("Begun."))] + (1...600).map { StepWorker.Step.event(.thinking("step \($0)")) }
        try await LiveHarness.run(worker: StepWorker(steps + [.hold])) { live in
            let long = try await live.caller.write("go", to: live.thread)
            let client = try live.connect()
            client.say(#"{"subscribe":"\#(long)","last_sequence":0}"#)
            let before = try await client.frames(until: { $0.count >= 601 })
            let waiting = try await live.caller.write("two", to: live.thread)
            client.say(#"{"subscribe_thread":"\#(live.thread)"}"#)
            // It says at once that it waits.
            let meanwhile = try await client.frames(until: { !$0.isEmpty })
            expectEqual(meanwhile.map(\.operation), [waiting])
            live.harness.worker.release()
            let after = try await client.frames(until: { $0.filter(\.isLast).count == 2 })
            let own = (before + after).filter { $0.operation == long }
            expectEqual(own.map(\.sequence), (1...own.count).map { Int64($0) })
        }
    }

    @Test("an operation with its own subscription is not repeated by its thread's")
    func noRepeat() async throws {
        let worker = StepWorker([.event(.text("a")), .hold, .event(.text("b"))])
        try await LiveHarness.run(worker: worker) { live in
            let operation = try await live.caller.write("go", to: live.thread)
            let client = try live.connect()
            client.say(#"{"subscribe":"\#(operation)","last_sequence":0}"#)
            _ = try await client.frames(until: { $0.count == 1 })
            client.say(#"{"subscribe_thread":"\#(live.thread)"}"#)
            try await client.settled(live)
            worker.release()
            let frames = try await client.frames(until: { $0.last?.isLast == true })
            expectEqual(frames.map(\.sequence), Array(2...Int64(frames.count + 1)))
        }
    }

    @Test("a connection follows a thread once, and an operation at most twice")
    func repeats() async throws {
        try await LiveHarness.run(worker: StepWorker([.event(.text("a")), .hold])) { live in
            let operation = try await live.caller.write("go", to: live.thread)
            let client = try live.connect()
            for _ in 1...6 { client.say(#"{"subscribe":"\#(operation)","last_sequence":0}"#) }
            let frames = try await client.frames(until: { $0.count == 6 })
            expectEqual(frames.filter { $0.type == "execution" }.map(\.sequence), [1, 1])
            expectEqual(frames.filter { $0.content.contains("has `subscribe` already") }.map(\.sequence), [0, 0, 0, 0])
            for _ in 1...3 { client.say(#"{"subscribe_thread":"\#(live.thread)"}"#) }
            _ = try await client.frames(until: { frames in
                frames.count { $0.content.contains("has `subscribe_thread` already") } == 2
            })
            live.harness.worker.release()
            _ = try await client.frames(until: { frames in
                frames.count { $0.operation == operation && $0.isLast } >= 2
            })
        }
    }

    @Test("a client cannot subscribe to what it may not see", arguments: [Role.member, .guest])
    func foreign(role: Role) async throws {
        try await LiveHarness.run { live in
            let operation = try await live.caller.write("go", to: live.thread)
            _ = try await live.caller.ended(operation)
            let stranger = try live.connect(as: role)
            for text in [
                #"{"subscribe":"\#(operation)","last_sequence":0}"#, #"{"subscribe_thread":"\#(live.thread)"}"#,
                "nonsense",
            ] {
                stranger.say(text)
                let frame = try #require(try await stranger.frames(until: { $0.count == 1 }).first)
                expectEqual(frame.type, "error")
                expectEqual(frame.sequence, 0)
            }
        }
    }
}

/// A gateway with one thread, and live connections without a network.
struct LiveHarness {
    let harness: GatewayHarness
    let caller: Caller
    let thread: String
    /// The person who began the thread.
    private let person: String
    private let context: GatewayContext
    private let connections: Connections

    private final class Connections: Sendable {
        let tasks = Protected<[Task<Void, Never>]>([])
    }

    static func run(
        worker: StepWorker = StepWorker(), settings change: (inout GatewaySettings) -> Void = { _ in },
        _ body: (LiveHarness) async throws -> Void
    ) async throws {
        try await GatewayHarness.run(worker: worker) { harness in
            let caller = try await harness.signedIn()
            let me = try await caller.send(.get, "/api/v1/me").expect(200)
            var settings = GatewaySettings()
            change(&settings)
            let context = try GatewayContext(
                settings: settings, bridge: harness.bridge, web: WebAdapter(now: { 0 }), viewer: FakeViewer(),
                readiness: HostReadiness { HostReadiness.Checks() }, logger: Logger(label: "test"))
            let live = LiveHarness(
                harness: harness, caller: caller, thread: try await caller.newThread(),
                person: me["identity"]?.stringValue ?? "", context: context, connections: Connections())
            defer { for task in live.connections.tasks.withLock({ $0 }) { task.cancel() } }
            try await body(live)
        }
    }

    /// - Parameter name: Of somebody else than the person who began the thread, whose identity is `web:NAME`.
    func connect(as role: Role = .owner, name: String? = nil, scopes: [String] = ["chat"]) throws -> FakeSocket {
        let socket = FakeSocket()
        let identity = name.map { "web:\($0)" } ?? (role == .owner ? self.person : "web:test")
        let credential = CredentialRecord(
            id: "k", kind: .token, name: name ?? "test", identity: identity, role: role, scopes: scopes, createdAt: 0)
        let connection = LiveConnection(
            context: self.context, principal: Principal(credential: credential), socket: socket,
            logger: self.context.logger, isValid: { true })
        let task = Task { await connection.run() }
        self.connections.tasks.withLock { $0.append(task) }
        return socket
    }
}
