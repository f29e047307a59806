package import Chat
internal import Crypto
internal import EventLoop
internal import Glibc
internal import JSON
package import Logging
internal import Primitives

/// One IRC network as a chat adapter: performs what ``IRCSession`` decides, and decides nothing itself.
package final class IRCAdapter: ChatAdapter, TypingAdapter {
    package let id: AdapterID
    package let renderer: any MessageRenderer = IRCFormatting()

    let settings: IRCSettings
    let transport: any IRCTransport
    let memory: IRCMemoryStore
    let logger: Logger
    let state: Protected<State>
    /// Bytes to write, an earlier deadline, things to deliver, room for more of them, the wish to end a connection.
    let toWrite = IRCSignal()
    let toWatch = IRCSignal()
    let toDeliver = IRCSignal()
    let hasRoom = IRCSignal()
    let toClose = IRCSignal()
    let toStop = IRCSignal()

    /// What all tasks share, under one lock: actions are applied in the order in which they were decided.
    struct State {
        var session: IRCSession
        var status: AdapterStatus
        var tickets: [Int: CheckedContinuation<MessageReference, any Error>] = [:]
        var lastTicket = 0
        var outgoing: [UInt8] = []
        var incoming: [Incoming] = []
        var reconnect: ClosedRange<Int64>?
        /// Until when the watch sleeps.
        var watchedDeadline: Int64?
        var isStopping = false
        /// Nothing more will come in.
        var isFinished = false
    }

    /// What goes to the sink, in order.
    enum Incoming: Sendable {
        case event(InboundEvent)
        case status(AdapterStatus)
        case memory(IRCMemory)
    }

    /// Messages that may wait for the store; beyond, nothing is read from the server.
    static let incomingLimit = 1_024

    package init(
        _ settings: IRCSettings, memory: IRCMemoryStore = .none, transport: any IRCTransport = IRCStreamTransport(),
        logger: Logger = Logger(label: "irc")
    ) {
        self.settings = settings
        self.transport = transport
        self.memory = memory
        self.id = AdapterID("irc:\(settings.id)")
        self.logger = logger.with(["adapter": "irc:\(settings.id)"])
        self.state = Protected(
            State(
                session: IRCSession(settings: settings),
                status: AdapterStatus(state: .down, since: Self.now.wall)))
    }

    package var status: AdapterStatus { self.state.withLock { $0.status } }

    package func traits(of room: RoomID) -> RoomTraits {
        self.state.withLock { $0.session.traits(of: room) }
    }

    package func setTyping(_ isTyping: Bool, in route: Route) async {
        self.perform(.typing(isTyping, route))
    }

    @discardableResult package func post(_ message: OutgoingMessage) async throws -> MessageReference {
        let ticket = self.state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                self.state.withLock { $0.tickets[ticket] = continuation }
                if Task.isCancelled { self.abandon(ticket) } else { self.perform(.post(ticket: ticket, message)) }
            }
        } onCancel: {
            self.abandon(ticket)
        }
    }

    /// Nobody waits for the outcome any more; the line itself may go out.
    private func abandon(_ ticket: Int) {
        self.state.withLock { $0.tickets.removeValue(forKey: ticket) }?.resume(throwing: CancellationError())
    }

    package func stop() async {
        self.state.withLock { $0.isStopping = true }
        self.perform(.quit)
        self.toStop.signal()
    }

    // MARK: Actions

    static var now: IRCTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return IRCTime(
            monotonic: LoopInstant.current().nanoseconds / 1_000_000,
            wall: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// Lets the session take inputs of one moment, and does what it says.
    func perform(_ inputs: IRCSession.Input...) { self.perform(inputs) }

    func perform(_ inputs: [IRCSession.Input]) {
        let now = Self.now
        var outcomes: [(CheckedContinuation<MessageReference, any Error>, Result<MessageReference, AdapterError>)] = []
        var wakes = Wakes()
        self.state.withLock { state in
            for input in inputs {
                for action in state.session.handle(input, at: now) {
                    self.apply(action, to: &state, now: now, &wakes, &outcomes)
                }
            }
            if let deadline = state.session.deadline, deadline < state.watchedDeadline ?? .max {
                state.watchedDeadline = deadline
                wakes.watch = true
            }
        }
        for (continuation, outcome) in outcomes { continuation.resume(with: outcome.mapError { $0 as any Error }) }
        if wakes.write { self.toWrite.signal() }
        if wakes.watch { self.toWatch.signal() }
        if wakes.deliver { self.toDeliver.signal() }
        if wakes.close { self.toClose.signal() }
    }

    /// Which tasks have something to do.
    private struct Wakes {
        var write = false
        var watch = false
        var deliver = false
        var close = false
    }

    private func apply(
        _ action: IRCSession.Action, to state: inout State, now: IRCTime, _ wakes: inout Wakes,
        _ outcomes: inout [(CheckedContinuation<MessageReference, any Error>, Result<MessageReference, AdapterError>)]
    ) {
        switch action {
        case .send(let line):
            state.outgoing += line.bytes
            wakes.write = true
        case .deliver(let event):
            state.status.lastEvent = now.wall
            state.incoming.append(.event(event))
            wakes.deliver = true
        case .posted(let ticket, let reference):
            if let waiter = state.tickets.removeValue(forKey: ticket) { outcomes.append((waiter, .success(reference))) }
        case .failed(let ticket, let error):
            if let waiter = state.tickets.removeValue(forKey: ticket) { outcomes.append((waiter, .failure(error))) }
        case .status(let value, let detail):
            // A try to reconnect keeps the reason of the last failure in sight.
            let detail = value == .connecting ? state.status.detail : detail
            if state.status.state != value { state.status.since = now.wall }
            state.status.state = value
            state.status.detail = detail
            state.incoming.append(.status(state.status))
            wakes.deliver = true
        case .remember(let memory):
            state.incoming.append(.memory(memory))
            wakes.deliver = true
        case .log(let level, let text): self.log(level, text)
        case .close: wakes.close = true
        case .reconnect(let range): state.reconnect = range
        }
    }

    private func log(_ level: IRCSession.Level, _ text: String) {
        switch level {
        case .debug: self.logger.debug(text)
        case .info: self.logger.info(text)
        case .warning: self.logger.warning(text)
        case .error: self.logger.error(text)
        }
    }
}
