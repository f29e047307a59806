package import Chat
package import EventLoop
internal import JSON
package import Kit
package import Logging
internal import Primitives

/// The chat adapter for one IRC network: performs the actions of ``IRCStateMachine`` and decides nothing itself.
package final class IRCAdapter: ChatAdapter, TypingAdapter, RoomHistory {
    package let id: AdapterID
    package let renderer: any MessageRenderer = IRCFormatting()

    let settings: IRCSettings
    let transport: any IRCTransport
    let memory: MemoryStore
    let passed: PassedConnections
    /// The socket of the last program's connection.
    let inherited: Protected<Int32?>
    let logger: Logger
    let state: Protected<State>
    let watch = DeadlineWatch()
    let toWrite = Signal()
    let toDeliver = Signal()
    /// Signalled when ``State/incoming`` has room again.
    let hasRoom = Signal()
    let toClose = Signal()
    let toDerive = Signal()
    /// Ends the wait before a reconnection.
    let toStop = Signal()
    let toLeave = Signal()

    /// Shared by all tasks, under one lock, so that actions are applied in the order in which they were decided.
    struct State {
        var machine: IRCStateMachine
        var status: AdapterStatus
        var tickets: [Int: CheckedContinuation<MessageReference, any Error>] = [:]
        var lastTicket = 0
        var outgoing: [UInt8] = []
        var incoming: [Incoming] = []
        var keyRequest: IRCKeyRequest?
        var reconnect: ClosedRange<Int64>?
        var isStopping = false
        /// The next program gets the connection.
        var isLeaving = false
        /// What has been read of a line, once nothing more is read.
        var rest: [UInt8]?
        /// No more events will arrive.
        var isFinished = false
    }

    /// Items for the sink, in order.
    enum Incoming: Sendable {
        case event(InboundEvent)
        case status(AdapterStatus)
        case memory(IRCMemory)
    }

    /// Maximum items waiting for the store; beyond it the adapter stops reading from the server.
    static let incomingLimit = 1_024
    /// In bytes, of lines that the server has not taken.
    static let outgoingLimit = 1 << 20

    /// - Parameter passed: A connection of the previous program to take over, and where to leave it for the next one.
    package init(
        _ settings: IRCSettings, memory: MemoryStore = .none, passed: PassedConnections = PassedConnections(),
        transport: any IRCTransport = IRCStreamTransport(), logger: Logger = Logger(label: "irc")
    ) {
        self.passed = passed
        self.inherited = Protected(passed.take(Self.name(settings))?.release())
        self.settings = settings
        self.transport = transport
        self.memory = memory
        self.id = AdapterID("irc:\(settings.id)")
        self.logger = logger.with(["adapter": "irc:\(settings.id)"])
        self.state = Protected(
            State(
                machine: IRCStateMachine(settings: settings),
                status: AdapterStatus(state: .down, since: AdapterTime.now.wall)))
    }

    package var status: AdapterStatus { self.state.withLock { $0.status } }

    package func traits(of room: RoomID) -> RoomTraits {
        self.state.withLock { $0.machine.traits(of: room) }
    }

    package func past(of query: PastQuery) async -> RoomPast {
        self.state.withLock { $0.machine.past(of: query) }
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

    /// The caller no longer waits for the outcome; the line itself may still be sent.
    private func abandon(_ ticket: Int) {
        self.state.withLock { $0.tickets.removeValue(forKey: ticket) }?.resume(throwing: CancellationError())
    }

    package func stop() async {
        let mayLeave = self.state.withLock { state in
            state.isStopping = true
            return self.passed.isHandingOver && state.machine.mayBeHandedOver
        }
        if mayLeave { self.toLeave.signal() } else { self.perform(.quit) }
        self.toStop.signal()
    }

    // MARK: Actions

    /// Feeds the state machine inputs that share one timestamp, and performs its actions.
    func perform(_ inputs: IRCStateMachine.Input...) { self.perform(inputs) }

    func perform(_ inputs: [IRCStateMachine.Input]) {
        let now = AdapterTime.now
        var outcomes: [(CheckedContinuation<MessageReference, any Error>, Result<MessageReference, AdapterError>)] = []
        var wakes = Wakes()
        let deadline = self.state.withLock { state in
            for input in inputs {
                for action in state.machine.handle(input, at: now) {
                    self.apply(action, to: &state, now: now, &wakes, &outcomes)
                }
            }
            return state.machine.deadline
        }
        self.watch.note(deadline)
        for (continuation, outcome) in outcomes { continuation.resume(with: outcome.mapError { $0 as any Error }) }
        if wakes.write { self.toWrite.signal() }
        if wakes.deliver { self.toDeliver.signal() }
        if wakes.close { self.toClose.signal() }
        if wakes.derive { self.toDerive.signal() }
    }

    /// The tasks to wake.
    private struct Wakes {
        var write = false
        var deliver = false
        var close = false
        var derive = false
    }

    private func apply(
        _ action: IRCStateMachine.Action, to state: inout State, now: AdapterTime, _ wakes: inout Wakes,
        _ outcomes: inout [(CheckedContinuation<MessageReference, any Error>, Result<MessageReference, AdapterError>)]
    ) {
        switch action {
        case .send(let line):
            state.outgoing += line.bytes
            wakes.write = true
            // Our own lines are paced; these answer pings of a server that reads nothing.
            if state.outgoing.count > Self.outgoingLimit { wakes.close = true }
        case .deliver(let event):
            state.status.lastEvent = now.wall
            state.incoming.append(.event(event))
            wakes.deliver = true
        case .posted(let ticket, let reference):
            if let waiter = state.tickets.removeValue(forKey: ticket) { outcomes.append((waiter, .success(reference))) }
        case .failed(let ticket, let error):
            if let waiter = state.tickets.removeValue(forKey: ticket) { outcomes.append((waiter, .failure(error))) }
        case .status(let value, let detail):
            state.status.change(to: value, detail: detail, keepsReason: true, at: now)
            // A server can change it with each line, and the newest says it all.
            if case .status = state.incoming.last { state.incoming.removeLast() }
            state.incoming.append(.status(state.status))
            wakes.deliver = true
        case .remember(let memory):
            state.incoming.append(.memory(memory))
            wakes.deliver = true
        case .derive(let request):
            state.keyRequest = request
            wakes.derive = true
        case .log(let level, let text): self.logger.log(level, text)
        case .close: wakes.close = true
        case .reconnect(let range): state.reconnect = range
        }
    }
}
