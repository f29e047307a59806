internal import Crypto
internal import Lifecycle
package import Logging
internal import Primitives

/// A connection to NATS that is established again for ever. Nothing here blocks the caller's thread.
///
/// NATS wakes and carries; it keeps no promise. What is published while disconnected is refused, and what was lost shows
/// as a ``NATSDelivery/gap``.
///
/// ```swift
/// let nats = NATSConnection(NATSSettings(servers: ["nats://127.0.0.1:4222"]), logger: logger)
/// async let running: Void = nats.run()
/// for await delivery in try nats.subscribe("greetings.*") { … }
/// ```
package final class NATSConnection: Service {
    private struct Listener {
        let subject: String
        /// Nil for the replies.
        let buffer: NATSBuffer?
    }

    private struct State {
        var shown = NATSState(since: WallClock.now())
        var payloadLimit = 0
        var listeners: [UInt: Listener] = [:]
        var outbox: [NATSOrder] = []
        var outboxBytes = 0
        var isDraining = false
        var isStopping = false
        /// Connects; cancelled by ``stop()``.
        var work: Task<Void, Never>?
        /// Ends the current connection.
        var end: Signal?
    }

    package let name = "nats"
    private let settings: NATSSettings
    private let logger: Logger
    private let link = NATSLink()
    private let requests = NATSRequests()
    /// Replies arrive at `INBOX.NUMBER`.
    private let inbox = "_INBOX.\(hex(randomBytes(12)))"
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
        guard NATSLibrary.isOpen else { throw NATSError(.library, "libnats cannot be started") }
        let replies = NATSLibrary.add { [weak self] call in
            if case .message(let message) = call { self?.receive(reply: message) }
        }
        self.state.withLock { $0.listeners[replies] = Listener(subject: "\(self.inbox).*", buffer: nil) }
        // Unstructured, so that `stop()` can cancel it, whatever it waits for.
        let work = Task {
            while !Task.isCancelled {
                do {
                    try await self.connectOnce()
                } catch {
                    if !Task.isCancelled { self.note(error) }
                }
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
        for (number, listener) in listeners {
            NATSLibrary.remove(number)
            listener.buffer?.end()
        }
        self.requests.failAll(.notConnected)
    }

    package func stop() async {
        let work = self.state.withLock { state in
            state.isStopping = true
            return state.work
        }
        work?.cancel()
    }

    /// Returns when the connection has ended.
    private func connectOnce() async throws {
        let ended = Signal()
        let reason = Protected<String?>(nil)
        let target = NATSLibrary.add { [weak self] call in
            switch call {
            case .message: break
            case .complaint(let text): self?.note(NATSError(.library, "NATS: \(text)"))
            case .closed(let text):
                reason.withLock { $0 = text }
                ended.signal()
            }
        }
        defer { NATSLibrary.remove(target) }
        let handle = try await NATSDialer.connect(self.settings, target: target)
        self.state.withLock { $0.end = ended }
        // From here on the link owns it. `attach` and `detach` run even if this task is cancelled.
        do {
            let limit = try await self.link.attach(handle) { self.subjects }
            self.state.withLock { $0.payloadLimit = limit }
            try await self.link.perform([self.greeting()])
            await ended.wait()
        } catch {
            self.note(error)
        }
        self.disconnect(because: reason.withLock { $0 })
        await self.link.detach()
    }

    private var subjects: [UInt: String] { self.state.withLock { $0.listeners.mapValues(\.subject) } }

    /// A message to itself. The server handles a connection's lines in order, so when it comes back, all subscriptions
    /// are in effect.
    private func greeting() -> NATSOrder {
        let number = self.requests.add { [weak self] result in
            if case .success = result { self?.becomeConnected() }
        }
        return .publish(subject: "\(self.inbox).\(number)", reply: nil, id: nil, payload: [])
    }

    private func becomeConnected() {
        let buffers = self.state.withLock { state in
            state.shown.isConnected = true
            state.shown.since = WallClock.now()
            state.shown.lastError = nil
            state.shown.connections += 1
            return state.listeners.values.compactMap(\.buffer)
        }
        self.logger.info("connected to NATS")
        for buffer in buffers { buffer.putGap() }
    }

    private func disconnect(because reason: String?) {
        let wasConnected = self.state.withLock { state in
            state.end = nil
            defer { state.shown.isConnected = false }
            if state.shown.isConnected { state.shown.since = WallClock.now() }
            return state.shown.isConnected
        }
        self.requests.failAll(.notConnected)
        guard !Task.isCancelled else { return }
        let why = reason ?? "the server closed the connection"
        self.state.withLock { $0.shown.lastError = "lost the connection to NATS: \(why)" }
        if wasConnected { self.logger.warning("lost the connection to NATS: \(why)") }
    }

    /// Keeps an error for ``status``; a repeated one is logged once.
    func note(_ error: any Error) {
        let text = "\(error)"
        let isNew = self.state.withLock { state in
            defer { state.shown.lastError = text }
            return state.shown.lastError != text
        }
        if isNew { self.logger.warning(text) }
    }

    // MARK: Messages

    /// Publishes without waiting. Nobody learns whether it arrives.
    ///
    /// - Parameter id: JetStream drops a message whose id it has seen within the stream's window.
    package func publish(_ payload: [UInt8], to subject: String, id: String? = nil) throws(NATSError) {
        try self.publish(payload, to: subject, reply: nil, id: id)
    }

    func publish(
        _ payload: [UInt8], to subject: String, reply: String?, id: String? = nil
    ) throws(NATSError) {
        guard NATSSubject.isValid(subject), reply.map({ NATSSubject.isValid($0) }) ?? true,
            id.map({ $0.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } }) ?? true
        else { throw NATSError(.invalidSubject, "not a subject to publish to: \(subject.debugDescription)") }
        try self.submit(.publish(subject: subject, reply: reply, id: id, payload: payload))
    }

    /// Publishes and waits for the first reply.
    package func request(_ payload: [UInt8], to subject: String, within limit: Duration) async throws -> NATSMessage {
        try await self.request(payload, to: subject, id: nil, within: limit)
    }

    func request(
        _ payload: [UInt8], to subject: String, id: String?, within limit: Duration
    ) async throws -> NATSMessage {
        let number = Protected<Int?>(nil)
        let reply: NATSMessage = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let added = self.requests.add { continuation.resume(with: $0) }
                number.withLock { $0 = added }
                self.requests.setLimit(limit, of: added)
                if Task.isCancelled { return self.requests.settle(added, .failure(CancellationError())) }
                do throws(NATSError) {
                    try self.publish(payload, to: subject, reply: "\(self.inbox).\(added)", id: id)
                } catch {
                    self.requests.settle(added, .failure(error))
                }
            }
        } onCancel: {
            if let number = number.withLock({ $0 }) { self.requests.settle(number, .failure(CancellationError())) }
        }
        if reply.status == "503" { throw NATSError(.noResponders, "nobody listens to \(subject) over NATS") }
        return reply
    }

    private func receive(reply message: NATSMessage) {
        guard let number = Int(message.subject.dropFirst(self.inbox.utf8.count + 1)) else { return }
        self.requests.settle(number, .success(message))
    }

    /// What arrives on a subject, which may contain `*` and `>`. Begins with a gap once the server knows it.
    ///
    /// - Parameters:
    ///   - messages: How many wait for the reader; more push out the oldest.
    ///   - bytes: The limit of their size.
    package func subscribe(
        _ subject: String, messages: Int = 4_096, bytes: Int = 8 << 20
    ) throws(NATSError) -> NATSSubscription {
        try self.subscribe(subject, messages: messages, bytes: bytes, keepsOldest: false)
    }

    func subscribe(
        _ subject: String, messages: Int, bytes: Int, keepsOldest: Bool
    ) throws(NATSError) -> NATSSubscription {
        guard NATSSubject.isValid(subject, mayHaveWildcards: true) else {
            throw NATSError(.invalidSubject, "not a subject to subscribe to: \(subject.debugDescription)")
        }
        let buffer = NATSBuffer(messages: messages, bytes: bytes, keepsOldest: keepsOldest) { [weak self] count in
            self?.state.withLock { $0.shown.dropped += count }
        }
        let number = NATSLibrary.add { call in
            if case .message(let message) = call { buffer.put(message) }
        }
        self.state.withLock { state in
            if state.isStopping { buffer.end() }
            state.listeners[number] = Listener(subject: subject, buffer: buffer)
        }
        self.order(.subscribe(number, subject: subject))
        // Without a connection both orders are dropped, and the next connection begins with a gap.
        let confirmation = self.requests.add { if case .success = $0 { buffer.putGap() } }
        self.requests.setLimit(.seconds(10), of: confirmation)
        self.order(.publish(subject: "\(self.inbox).\(confirmation)", reply: nil, id: nil, payload: []))
        return NATSSubscription(buffer) { [weak self] in
            NATSLibrary.remove(number)
            guard self?.state.withLock({ $0.listeners.removeValue(forKey: number) }) != nil else { return }
            self?.order(.unsubscribe(number))
        }
    }

    // MARK: Orders

    private func submit(_ order: NATSOrder) throws(NATSError) {
        try self.state.withLock { (state) throws(NATSError) in
            guard state.shown.isConnected else { throw .notConnected }
            guard order.size <= state.payloadLimit else {
                throw NATSError(
                    .tooLarge,
                    "a message of \(order.size) bytes exceeds the NATS server's limit of \(state.payloadLimit)")
            }
            guard state.outbox.count < self.settings.outboxMessages,
                state.outboxBytes + order.size <= self.settings.outboxBytes
            else { throw NATSError(.full, "too many messages wait to be written to NATS") }
        }
        self.order(order)
    }

    private func order(_ order: NATSOrder) {
        let mustDrain = self.state.withLock { state in
            state.outbox.append(order)
            state.outboxBytes += order.size
            defer { state.isDraining = true }
            return !state.isDraining
        }
        // Unstructured: publishing does not wait for the socket. There is one such task at a time.
        if mustDrain { Task { await self.drain() } }
    }

    private func drain() async {
        while let orders = self.takeOrders() {
            do {
                try await self.link.perform(orders)
            } catch {
                self.note(error)
                self.state.withLock { $0.end }?.signal()
            }
        }
    }

    private func takeOrders() -> [NATSOrder]? {
        self.state.withLock { state in
            guard !state.outbox.isEmpty else {
                state.isDraining = false
                return nil
            }
            defer { state.outbox = [] }
            state.outboxBytes = 0
            return state.outbox
        }
    }
}
