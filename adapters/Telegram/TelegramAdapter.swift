package import Chat
package import HTTPClient
internal import JSON
package import Kit
package import Logging
internal import Primitives

/// One Telegram bot as a chat adapter: performs what ``TelegramStateMachine`` decides, and decides nothing itself.
package final class TelegramAdapter: ChatAdapter, RoomHistory {
    package let id: AdapterID
    package let renderer: any MessageRenderer = TelegramFormatting()

    let settings: TelegramSettings
    let transport: any TelegramTransport
    let memory: MemoryStore
    let logger: Logger
    let state: Protected<State>
    /// Wakes the task that makes calls.
    let toCall = Signal()
    let watch = DeadlineWatch()
    /// Wakes the task that delivers.
    let toDeliver = Signal()

    /// State shared by all tasks, under one lock, so that actions are applied in the order of their decisions.
    struct State {
        var machine: TelegramStateMachine
        var status: AdapterStatus
        var calls: [(TelegramStateMachine.Purpose, TelegramCall)] = []
        /// Calls in progress.
        var callsOut = 0
        var incoming: [Incoming] = []
        /// Webhook requests waiting for the store, by ticket.
        var tickets: [Int: CheckedContinuation<Bool, Never>] = [:]
        var lastTicket = 0
        var wrongSecrets: Int64 = 0
        var isStopping = false
        var isFinished = false
    }

    /// Work for the sink and the store, in order.
    enum Incoming: Sendable {
        case batch(Int, [TelegramIncoming])
        case status(AdapterStatus)
        case memory(TelegramMemory, isVital: Bool)
    }

    /// With this many calls queued or in progress, decorations are dropped.
    private static let callLimit = 128

    package init(
        _ settings: TelegramSettings, memory: MemoryStore = .none, client: HTTPClient? = nil,
        transport: (any TelegramTransport)? = nil, logger: Logger = Logger(label: "telegram")
    ) {
        self.settings = settings
        self.transport =
            transport ?? TelegramHTTPTransport(apiURL: settings.apiURL, token: settings.token, client: client)
        self.memory = memory
        self.id = AdapterID("telegram:\(settings.id)")
        self.logger = logger.with(["adapter": "telegram:\(settings.id)"])
        self.state = Protected(
            State(
                machine: TelegramStateMachine(settings: settings, memory: TelegramMemory(bytes: nil)),
                status: AdapterStatus(state: .down, since: AdapterTime.now.wall)))
        Redaction.register(settings.token)
        if case .webhook(_, let secret) = settings.intake { Redaction.register(secret) }
    }

    package var status: AdapterStatus { self.state.withLock { $0.status } }

    package func traits(of room: RoomID) -> RoomTraits {
        self.state.withLock { $0.machine.traits(of: room) }
    }

    package func past(of query: PastQuery) async -> RoomPast {
        self.state.withLock { $0.machine.past(of: query) }
    }

    package func stop() async {
        self.state.withLock { $0.isStopping = true }
        self.perform(.stop)
    }

    // MARK: Actions

    /// Feeds an input to the state machine and performs the resulting actions.
    func perform(_ input: TelegramStateMachine.Input) {
        self.change { machine, now in machine.handle(input, at: now) }
    }

    /// Runs `body` on the state machine and performs the actions it returns.
    func change(_ body: (inout TelegramStateMachine, AdapterTime) -> [TelegramStateMachine.Action]) {
        let now = AdapterTime.now
        var accepted: [CheckedContinuation<Bool, Never>] = []
        var wakes = Wakes()
        let deadline = self.state.withLock { state in
            for action in body(&state.machine, now) {
                self.apply(action, to: &state, now: now, &wakes, &accepted)
            }
            return state.machine.deadline
        }
        self.watch.note(deadline)
        for waiter in accepted { waiter.resume(returning: true) }
        if wakes.call { self.toCall.signal() }
        if wakes.watch { self.watch.wake() }
        if wakes.deliver { self.toDeliver.signal() }
    }

    /// The tasks to wake.
    private struct Wakes {
        var call = false
        var watch = false
        var deliver = false
    }

    private func apply(
        _ action: TelegramStateMachine.Action, to state: inout State, now: AdapterTime, _ wakes: inout Wakes,
        _ accepted: inout [CheckedContinuation<Bool, Never>]
    ) {
        switch action {
        case .call(let purpose, let call):
            if purpose.isDecoration, state.calls.count + state.callsOut >= Self.callLimit { return }
            state.calls.append((purpose, call))
            wakes.call = true
        case .renew:
            state.calls.append((.check, Self.renewal))
            wakes.call = true
        case .deliver(let batch, let incoming):
            if !incoming.isEmpty { state.status.lastEvent = now.wall }
            state.incoming.append(.batch(batch, incoming))
            wakes.deliver = true
        case .accepted(let ticket):
            if let waiter = state.tickets.removeValue(forKey: ticket) { accepted.append(waiter) }
        case .status(let value, let detail):
            state.status.change(to: value, detail: detail, at: now)
            state.incoming.append(.status(state.status))
            wakes.deliver = true
        case .remember(let memory, var isVital):
            // The newest holds everything, so that several in a row are saved as one.
            if case .memory(_, let wasVital)? = state.incoming.last {
                isVital = isVital || wasVital
                state.incoming.removeLast()
            }
            state.incoming.append(.memory(memory, isVital: isVital))
            wakes.deliver = true
        case .log(let level, let text): self.logger.log(level, text)
        case .finished:
            state.isFinished = true
            wakes.call = true
            wakes.watch = true
            wakes.deliver = true
        }
    }

    /// A placeholder in the call queue: open new connections.
    static let renewal = TelegramCall("")
}
