package import Chat
internal import Crypto
internal import EventLoop
internal import Glibc
package import HTTPClient
internal import JSON
package import Logging
internal import Primitives

/// One Telegram bot as a chat adapter: performs what ``TelegramSession`` decides, and decides nothing itself.
package final class TelegramAdapter: ChatAdapter {
    package let id: AdapterID
    package let renderer: any MessageRenderer = TelegramFormatting()

    let settings: TelegramSettings
    let transport: any TelegramTransport
    let memory: TelegramMemoryStore
    let logger: Logger
    let state: Protected<State>
    /// Calls to make, an earlier deadline, things to deliver, the end.
    let toCall = TelegramSignal()
    let toWatch = TelegramSignal()
    let toDeliver = TelegramSignal()

    /// What all tasks share, under one lock: actions are applied in the order in which they were decided.
    struct State {
        var session: TelegramSession
        var status: AdapterStatus
        var calls: [(TelegramSession.Purpose, TelegramCall)] = []
        /// Calls under way.
        var callsOut = 0
        var incoming: [Incoming] = []
        /// Webhook calls that wait for the store, by ticket.
        var tickets: [Int: CheckedContinuation<Bool, Never>] = [:]
        var lastTicket = 0
        var wrongSecrets: Int64 = 0
        /// Until when the watch sleeps.
        var watchedDeadline: Int64?
        var isStopping = false
        var isFinished = false
    }

    /// What goes to the sink and the store, in order.
    enum Incoming: Sendable {
        case batch(Int, [TelegramIncoming])
        case status(AdapterStatus)
        case memory(TelegramMemory, isVital: Bool)
    }

    /// Calls that are decoration are left out beyond this.
    private static let callLimit = 128

    package convenience init(
        _ settings: TelegramSettings, memory: TelegramMemoryStore = .none, client: HTTPClient? = nil,
        logger: Logger = Logger(label: "telegram")
    ) {
        self.init(
            settings, memory: memory,
            transport: TelegramHTTPTransport(apiURL: settings.apiURL, token: settings.token, client: client),
            logger: logger)
    }

    package init(
        _ settings: TelegramSettings, memory: TelegramMemoryStore = .none, transport: any TelegramTransport,
        logger: Logger = Logger(label: "telegram")
    ) {
        self.settings = settings
        self.transport = transport
        self.memory = memory
        self.id = AdapterID("telegram:\(settings.id)")
        self.logger = logger.with(["adapter": "telegram:\(settings.id)"])
        self.state = Protected(
            State(
                session: TelegramSession(settings: settings, memory: TelegramMemory(bytes: nil)),
                status: AdapterStatus(state: .down, since: Self.now.wall)))
        Redaction.register(settings.token)
        if case .webhook(_, let secret) = settings.intake { Redaction.register(secret) }
    }

    package var status: AdapterStatus { self.state.withLock { $0.status } }

    package func traits(of room: RoomID) -> RoomTraits {
        self.state.withLock { $0.session.traits(of: room) }
    }

    package func stop() async {
        self.state.withLock { $0.isStopping = true }
        self.perform(.stop)
    }

    static var now: TelegramTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return TelegramTime(
            monotonic: LoopInstant.current().nanoseconds / 1_000_000,
            wall: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
    }

    // MARK: Actions

    /// Lets the session take an input, and does what it says.
    func perform(_ input: TelegramSession.Input) {
        self.change { session, now in session.handle(input, at: now) }
    }

    /// Lets the session do one thing at one moment, and does what it says.
    func change(_ body: (inout TelegramSession, TelegramTime) -> [TelegramSession.Action]) {
        let now = Self.now
        var accepted: [CheckedContinuation<Bool, Never>] = []
        var wakes = Wakes()
        self.state.withLock { state in
            for action in body(&state.session, now) {
                self.apply(action, to: &state, now: now, &wakes, &accepted)
            }
            if let deadline = state.session.deadline, deadline < state.watchedDeadline ?? .max {
                state.watchedDeadline = deadline
                wakes.watch = true
            }
        }
        for waiter in accepted { waiter.resume(returning: true) }
        if wakes.call { self.toCall.signal() }
        if wakes.watch { self.toWatch.signal() }
        if wakes.deliver { self.toDeliver.signal() }
    }

    /// Which tasks have something to do.
    private struct Wakes {
        var call = false
        var watch = false
        var deliver = false
    }

    private func apply(
        _ action: TelegramSession.Action, to state: inout State, now: TelegramTime, _ wakes: inout Wakes,
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
            if state.status.state != value { state.status.since = now.wall }
            state.status.state = value
            state.status.detail = detail
            state.incoming.append(.status(state.status))
            wakes.deliver = true
        case .remember(let memory, let isVital):
            state.incoming.append(.memory(memory, isVital: isVital))
            wakes.deliver = true
        case .log(let level, let text): self.log(level, text)
        case .finished:
            state.isFinished = true
            wakes.call = true
            wakes.watch = true
            wakes.deliver = true
        }
    }

    /// Stands in the queue of calls for new connections.
    static let renewal = TelegramCall("")

    private func log(_ level: TelegramSession.Level, _ text: String) {
        switch level {
        case .debug: self.logger.debug(text)
        case .info: self.logger.info(text)
        case .warning: self.logger.warning(text)
        case .error: self.logger.error(text)
        }
    }
}
