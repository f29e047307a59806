import Chat
import EventLoop
import HTTP
import JSON
import Kit
import Logging
import Primitives
import TestSupport

@testable import Slack

/// A workspace, the adapter connected to it, and a sink for its events.
final class SlackStage: Sendable {
    let slack: LoopbackSlack
    let adapter: SlackAdapter
    let sink = StageSink()
    private let skipped: Protected<Int64>

    /// Advances the adapter's clock.
    func skip(_ milliseconds: Int64) { self.skipped.withLock { $0 += milliseconds } }

    static let commands = [
        MenuCommand(name: "help", argument: "[command]", summary: ""),
        MenuCommand(name: "status", argument: "", summary: ""),
        MenuCommand(name: "stop", argument: "[all]", summary: ""),
        MenuCommand(name: "pair", argument: "CODE", summary: ""),
        MenuCommand(name: "specify", argument: "TEXT", summary: ""),
    ]

    private init(_ slack: LoopbackSlack, memory: MemoryStore, isSocket: Bool, answerLimit: Int?) throws {
        self.slack = slack
        let intake: SlackSettings.Intake =
            isSocket
            ? .socket(appToken: Secret(slack.appToken)) : .http(signingSecret: Secret(slack.settings.signingSecret))
        var settings = SlackSettings(
            id: "team", botToken: Secret(slack.botToken), intake: intake, apiURL: try HTTPURL(slack.apiURL),
            commands: Self.commands)
        if let answerLimit { settings.answerLimit = answerLimit }
        let skipped = Protected<Int64>(0)
        self.skipped = skipped
        self.adapter = SlackAdapter(
            settings, memory: memory,
            logger: Logger(label: "slack", output: LogOutput(level: .error, format: .text, sink: { _ in })),
            clock: {
                var time = AdapterTime.now
                time.monotonic += skipped.withLock { $0 }
                return time
            })
    }

    static func settings(_ change: (inout LoopbackSlack.Settings) -> Void = { _ in }) -> LoopbackSlack.Settings {
        var settings = LoopbackSlack.Settings()
        settings.commands = ["/jetbridge"]
        change(&settings)
        return settings
    }

    /// Runs the adapter in a new workspace during `body`.
    static func with(
        _ settings: LoopbackSlack.Settings = SlackStage.settings(), memory: MemoryStore = .none,
        isSocket: Bool = true, waitsForUp: Bool = true, _ body: @Sendable (SlackStage) async throws -> Void
    ) async throws {
        let slack = try await LoopbackSlack.started(settings)
        do {
            try await Self.run(in: slack, memory: memory, isSocket: isSocket, waitsForUp: waitsForUp, body)
        } catch {
            await slack.stop()
            throw error
        }
        await slack.stop()
    }

    static func run(
        in slack: LoopbackSlack, memory: MemoryStore = .none, isSocket: Bool = true, waitsForUp: Bool = true,
        answerLimit: Int? = nil, _ body: @Sendable (SlackStage) async throws -> Void
    ) async throws {
        let stage = try SlackStage(slack, memory: memory, isSocket: isSocket, answerLimit: answerLimit)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await stage.adapter.run(delivering: stage.sink) }
            do {
                if waitsForUp { await stage.sink.wait { $0.states.contains(.up) } }
                try await body(stage)
            } catch {
                group.cancelAll()
                throw error
            }
            await stage.adapter.stop()
            try await group.waitForAll()
        }
    }

    func route(_ channel: String = LoopbackSlack.general, thread: String?, replyTo: String? = nil) -> Route {
        Route(
            room: RoomID(adapter: self.adapter.id, name: channel), anchor: thread, replyTo: replyTo ?? thread,
            recipient: "\(self.slack.teamID)/\(LoopbackSlack.alice)")
    }

    func message(
        _ text: String, _ route: Route, token: String = "token", stage: OutgoingMessage.Stage = .final,
        buttons: [MessageButton] = []
    ) -> OutgoingMessage {
        OutgoingMessage(text: text, route: route, token: token, stage: stage, buttons: buttons)
    }
}

/// Records delivered events.
final class StageSink: MessageSink {
    struct State {
        var events: [InboundEvent] = []
        var ids: Set<String> = []
        var states: [AdapterStatus.State] = []
        var failures = 0
        var verdict: Delivery = .stored
        var hides = false
        var refusesForms = false
        var waiters: [(isMet: @Sendable (State) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []

        var messages: [InboundMessage] {
            self.events.compactMap(\.message)
        }
    }

    private let state = Protected(State())

    struct NotStored: Error {}

    func deliver(_ event: InboundEvent) async throws -> Delivery {
        try self.change { state in
            if state.failures > 0 {
                state.failures -= 1
                throw NotStored()
            }
            guard state.verdict == .stored else { return state.verdict }
            guard state.ids.insert(event.id).inserted else { return .duplicate }
            state.events.append(event)
            return .stored
        }
    }

    func mayShow(_ message: InboundMessage) async -> Bool { self.state.withLock { !$0.hides } }

    func mayPrompt(_ choice: Choice) async -> Bool { self.state.withLock { !$0.refusesForms } }

    func statusChanged(_ status: AdapterStatus, of adapter: AdapterID) async {
        self.change { $0.states.append(status.state) }
    }

    var messages: [InboundMessage] { self.state.withLock { $0.messages } }
    var events: [InboundEvent] { self.state.withLock { $0.events } }

    @discardableResult func change<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
        let (result, woken) = try self.state.withLock { state in
            let result = try body(&state)
            let current = state
            let met = state.waiters.filter { $0.isMet(current) }
            state.waiters.removeAll { $0.isMet(current) }
            return (result, met)
        }
        for waiter in woken { waiter.continuation.resume() }
        return result
    }

    func wait(until isMet: @escaping @Sendable (State) -> Bool) async {
        await withCheckedContinuation { continuation in
            self.change { $0.waiters.append((isMet, continuation)) }
        }
    }
}
