internal import Lifecycle
package import Logging
internal import Primitives

/// A connection to NATS that is established again for ever. Nothing here blocks the caller.
///
/// NATS wakes and carries; it keeps no promise. What is published while disconnected is refused, and what was lost shows
/// as a ``NATSDelivery/gap``.
///
/// ```swift
/// let nats = NATSConnection(NATSSettings(servers: ["nats://127.0.0.1:4222"]), logger: logger)
/// async let running: Void = nats.run()
/// for await delivery in try nats.subscribe(to: "greetings.*") { … }
/// ```
package final class NATSConnection: Service {
    private struct Listener {
        let subject: String
        let receive: @Sendable (NATSMessage) -> Void
        /// Gets the gaps and the end. Nil for all subjects of a subscription but the first, so that it gets each gap once.
        let buffer: NATSBuffer?
    }

    private struct State {
        var shown = NATSState(since: WallClock.now())
        var payloadLimit = 0
        var lastNumber = 0
        var listeners: [Int: Listener] = [:]
        /// What waits to be written; nil without a connection.
        var output: [UInt8]?
        /// What to do at the answers to our pings, which come in order. The server handles a connection's lines in
        /// order, so an answer says that it knows all subscriptions before the ping.
        var pongs: [@Sendable () -> Void] = []
        /// Pings since the server was last heard.
        var unanswered = 0
        /// What the server said before it closed the connection.
        var refusal: String?
        var isStopping = false
        /// Cancelled by ``stop()``.
        var work: Task<Void, Never>?
    }

    package let name = "nats"
    private let settings: NATSSettings
    private let logger: Logger
    private let hasOutput = Signal()
    private let state = Protected(State())

    package init(_ settings: NATSSettings, logger: Logger) {
        self.settings = settings
        self.logger = logger
    }

    /// Whether it works now, and if not, why.
    package var status: NATSState { self.state.withLock { $0.shown } }

    // MARK: Life

    /// Connects, and connects again, until ``stop()`` or cancellation.
    package func run() async throws {
        let addresses = try self.settings.validated()
        // Unstructured, so that `stop()` can cancel it, whatever it waits for.
        let work = Task {
            while !Task.isCancelled {
                for address in addresses where !Task.isCancelled { await self.connect(to: address) }
                try? await Task.sleep(for: self.settings.reconnectWait * Double.random(in: 0.5...1))
            }
        }
        self.state.withLock { state in
            state.work = work
            if state.isStopping { work.cancel() }
        }
        await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            work.cancel()
        }
        let listeners = self.state.withLock { state in
            state.isStopping = true
            defer { state.listeners = [:] }
            return state.listeners
        }
        for listener in listeners.values { listener.buffer?.end() }
    }

    package func stop() async {
        let work = self.state.withLock { state in
            state.isStopping = true
            return state.work
        }
        work?.cancel()
    }

    /// Returns when the connection has ended.
    private func connect(to address: NATSAddress) async {
        var reason: any Error = CancellationError()
        do {
            let (link, info) = try await NATSLink.opened(address, self.settings, mustSend: self.hasOutput)
            defer { link.close() }
            self.begin(info)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask(name: "nats-read") { while true { self.handle(try await link.receive()) } }
                group.addTask(name: "nats-write") { try await self.write(to: link) }
                group.addTask(name: "nats-ping") { try await self.keepAlive() }
                defer { group.cancelAll() }
                try await group.next()
            }
        } catch {
            reason = error
        }
        self.end(because: reason)
    }

    private func begin(_ info: NATSInfo) {
        self.state.withLock { state in
            state.payloadLimit = info.payloadLimit
            state.unanswered = 0
            state.refusal = nil
            state.output = []
            for (number, listener) in state.listeners {
                state.output? += Self.line("SUB \(listener.subject) \(number)")
            }
            let last = state.lastNumber
            Self.ping(&state) { [weak self] in self?.becomeConnected(last) }
        }
        self.hasOutput.signal()
    }

    /// - Parameter last: The last listener that the connection began with. Later ones have an answer of their own.
    private func becomeConnected(_ last: Int) {
        let buffers = self.state.withLock { state in
            state.shown.isConnected = true
            state.shown.since = WallClock.now()
            state.shown.lastError = nil
            state.shown.connections += 1
            return state.listeners.filter { $0.key <= last }.values.compactMap(\.buffer)
        }
        self.logger.info("connected to NATS")
        for buffer in buffers { buffer.putGap() }
    }

    private func end(because error: any Error) {
        let (wasConnected, refusal) = self.state.withLock { state in
            state.output = nil
            state.pongs = []
            defer { state.shown.isConnected = false }
            if state.shown.isConnected { state.shown.since = WallClock.now() }
            return (state.shown.isConnected, state.refusal)
        }
        guard !Task.isCancelled else { return }
        let reason = refusal.map { "\(NATSLink.refusal($0))" } ?? "\(error)"
        self.note(wasConnected ? "lost the connection to NATS: \(reason)" : "cannot connect to NATS: \(reason)")
    }

    /// Keeps what went wrong for ``status``; a repeated text is logged once.
    func note(_ text: String) {
        let isNew = self.state.withLock { state in
            defer { state.shown.lastError = text }
            return state.shown.lastError != text
        }
        if isNew { self.logger.warning(text) }
    }

    // MARK: The connection's tasks

    private func handle(_ lines: [NATSParser.Line]) {
        self.state.withLock { $0.unanswered = 0 }
        for line in lines {
            switch line {
            case .message(let number, let message):
                self.state.withLock { $0.listeners[number]?.receive }?(message)
            case .ping:
                // A server that does not read gets no answers.
                let waiting = self.state.withLock { $0.output?.count ?? 0 }
                if waiting <= self.settings.outputLimit { self.send(Self.line("PONG")) }
            case .pong:
                let handler = self.state.withLock { $0.pongs.isEmpty ? nil : $0.pongs.removeFirst() }
                handler?()
            case .info(let info): self.state.withLock { $0.payloadLimit = info.payloadLimit }
            case .error(let text):
                // The server closes the connection after most of them.
                self.state.withLock { $0.refusal = text }
                self.note("\(NATSLink.refusal(text))")
            case .ok: break
            }
        }
    }

    private func write(to link: NATSLink) async throws {
        while !Task.isCancelled {
            let output = self.state.withLock { state in
                defer { state.output = state.output.map { _ in [] } }
                return state.output ?? []
            }
            try await link.send(output)
            if output.isEmpty { await self.hasOutput.wait() }
        }
    }

    private func keepAlive() async throws {
        while true {
            try await Task.sleep(for: self.settings.pingInterval)
            let isAlive = self.state.withLock { state in
                guard state.unanswered < self.settings.unansweredPings else { return false }
                state.unanswered += 1
                Self.ping(&state) {}
                return true
            }
            guard isAlive else { throw NATSError(.timeout, "the NATS server no longer answers") }
            self.hasOutput.signal()
        }
    }

    /// Without a connection, nothing happens.
    private func send(_ bytes: [UInt8]) {
        self.state.withLock { (state) -> Void in state.output? += bytes }
        self.hasOutput.signal()
    }

    private static func ping(_ state: inout State, _ handler: @escaping @Sendable () -> Void) {
        state.pongs.append(handler)
        state.output? += Self.line("PING")
    }

    private static func line(_ text: String) -> [UInt8] { Array("\(text)\r\n".utf8) }

    // MARK: Messages

    /// Publishes without waiting. Nobody learns whether it arrives.
    package func publish(_ payload: [UInt8], to subject: String) throws(NATSError) {
        guard NATSSubject.isValid(subject) else {
            throw NATSError(.invalidSubject, "not a subject to publish to: \(subject.debugDescription)")
        }
        let line = Self.line("PUB \(subject) \(payload.count)")
        try self.state.withLock { (state) throws(NATSError) in
            guard state.shown.isConnected, let waiting = state.output?.count else { throw .notConnected }
            guard payload.count <= state.payloadLimit else {
                throw NATSError(
                    .tooLarge,
                    "a message of \(payload.count) bytes exceeds the NATS server's limit of \(state.payloadLimit)")
            }
            guard waiting + payload.count <= self.settings.outputLimit else {
                throw NATSError(.full, "too much waits to be written to NATS")
            }
            state.output? += line
            state.output? += payload
            state.output? += [0x0D, 0x0A]
        }
        self.hasOutput.signal()
    }

    /// What arrives on some subjects, which may contain `*` and `>`. Begins with a gap once the server knows them.
    ///
    /// - Parameters:
    ///   - messages: How many wait for the reader; more push out the oldest.
    ///   - bytes: The limit of their size.
    package func subscribe(
        to subjects: String..., messages: Int = 4_096, bytes: Int = 8 << 20
    ) throws(NATSError) -> NATSSubscription {
        for subject in subjects where !NATSSubject.isValid(subject, mayHaveWildcards: true) {
            throw NATSError(.invalidSubject, "not a subject to subscribe to: \(subject.debugDescription)")
        }
        let buffer = NATSBuffer(messages: messages, bytes: bytes) { [weak self] count in
            self?.state.withLock { $0.shown.dropped += count }
        }
        let numbers = self.state.withLock { state in
            if state.isStopping { buffer.end() }
            let numbers = subjects.indices.map { index in
                Self.add(
                    Listener(
                        subject: subjects[index], receive: { buffer.put($0) }, buffer: index == 0 ? buffer : nil),
                    &state)
            }
            // Without a connection the next one begins with a gap.
            if state.output != nil { Self.ping(&state) { buffer.putGap() } }
            return numbers
        }
        self.hasOutput.signal()
        return NATSSubscription(buffer) { [weak self] in
            self?.state.withLock { state in
                for number in numbers where state.listeners.removeValue(forKey: number) != nil {
                    state.output? += Self.line("UNSUB \(number)")
                }
            }
            self?.hasOutput.signal()
        }
    }

    private static func add(_ listener: Listener, _ state: inout State) -> Int {
        state.lastNumber += 1
        state.listeners[state.lastNumber] = listener
        state.output? += self.line("SUB \(listener.subject) \(state.lastNumber)")
        return state.lastNumber
    }
}

/// Whether a connection works, for readiness and metrics.
package struct NATSState: Sendable, Equatable {
    package internal(set) var isConnected = false
    /// When ``isConnected`` last changed, in milliseconds since 1970.
    package internal(set) var since: Int64
    /// Why there is no connection, or the last thing that the server refused.
    package internal(set) var lastError: String?
    /// How often a connection was established.
    package internal(set) var connections = 0
    /// Received messages that subscriptions dropped because their reader was too slow.
    package internal(set) var dropped = 0
}
