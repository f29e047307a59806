internal import EventLoop
internal import HTTP
internal import Primitives

/// A client's connection: reads requests, has them handled one at a time, writes the responses.
///
/// Every event ends in ``finishTurn()``, which flushes the output and updates interest and deadlines.
@Net
final class HTTPConnection {
    /// The limit in bytes for pipelined requests, for unread responses before the next request, and for an unwanted
    /// body.
    static let aheadLimit = 64 * 1024

    let server: HTTPServer
    let settings: HTTPServerSettings
    var descriptor: FileDescriptor?
    var registration: Registration?
    /// Of the descriptor.
    let number: Int32
    lazy var remoteAddress = Socket.remoteAddress(self.number)

    // Input
    private var reader: RequestReader
    private var pending: [UInt8] = []
    private var pendingStart = 0
    private var discarded = 0
    private var isConsuming = false
    private let consumed = WaitList()
    var receivedCount = 0
    /// The end of the client's data has been read.
    private(set) var hasEnded = false
    /// The client closed its side; earlier bytes may still be unread.
    private(set) var isPeerClosed = false
    /// The input is invalid from here on.
    private(set) var isInputBroken = false

    // Response
    var exchange: Exchange?
    var output = OutputQueue()
    var sentCount = 0
    var isWriteBlocked = false
    let drained = WaitList()
    /// Of the responses that the client has not got yet.
    var shares: [RequestShare] = []
    /// What the server's total contains of ``output``.
    private var countedOutput = 0
    /// No further requests: the connection closes once the output is written.
    private(set) var isClosing = false
    private(set) var isLingering = false

    var clock = ConnectionClock()

    init(server: HTTPServer, descriptor: consuming FileDescriptor) {
        self.server = server
        self.settings = server.settings
        self.number = descriptor.rawValue
        self.descriptor = consume descriptor
        self.reader = RequestReader(limits: server.settings.headLimits)
    }

    var isOpen: Bool { self.registration != nil }
    var isInsideBody: Bool { self.reader.isInsideBody }
    var isInsideHead: Bool { self.reader.isInsideHead || self.pending.count > self.pendingStart }
    /// Nothing is in progress, so the connection can be closed without loss.
    var isIdle: Bool { self.exchange == nil && self.output.isEmpty && !self.isInsideHead && !self.isInsideBody }

    /// Begins to read.
    func open() throws(SystemError) {
        self.registration = try EventLoop.shared.watch(self.number, [.readable, .peerClosed]) { self.handle($0) }
        // The request has mostly arrived by now.
        self.read()
        self.finishTurn()
    }

    private func handle(_ readiness: EpollEvents) {
        if readiness.contains(.error) || readiness.contains(.hangUp) { return self.abort() }
        if readiness.contains(.peerClosed) { self.noticePeerClosed() }
        if readiness.contains(.writable) { self.isWriteBlocked = false }
        if readiness.contains(.readable) { self.read() }
        self.finishTurn()
    }

    // MARK: Input

    private func read() {
        guard let registration = self.registration, !self.hasEnded else { return }
        let buffer = unsafe self.server.scratch.buffer
        switch unsafe Socket.read(registration.descriptor, into: buffer) {
        case .wouldBlock: return
        case .failed: self.abort()
        case .moved(0): self.noticeEnd()
        case .moved(let count):
            self.receivedCount += count
            guard !self.isLingering else { return }
            let bytes = unsafe Span<UInt8>(_unsafeBytes: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            guard self.pending.isEmpty else {
                self.keep(bytes)
                return self.resume()
            }
            let used = self.consume(bytes)
            if used < count { self.keep(bytes.extracting(used...)) }
        }
    }

    private func keep(_ bytes: Span<UInt8>) {
        self.pending.append(contentsOf: bytes)
    }

    /// Processes bytes that were read during a response.
    func resume() {
        guard !self.pending.isEmpty, !self.isConsuming else { return }
        let bytes = self.pending
        self.pendingStart += self.consume(bytes.span.extracting(self.pendingStart...))
        if self.pendingStart == self.pending.count {
            self.pending = []
            self.pendingStart = 0
        } else if self.pendingStart > Self.aheadLimit {
            // A client that is always ahead never lets the buffer become empty. Few bytes are moved, and rarely.
            self.pending.removeFirst(self.pendingStart)
            self.pendingStart = 0
        }
    }

    /// The memory in bytes of requests that wait until those before them are answered.
    var pendingCount: Int { self.pending.count }

    /// Consumes bytes until a request is in progress that must be answered first; returns the number consumed.
    private func consume(_ bytes: Span<UInt8>) -> Int {
        self.isConsuming = true
        defer {
            self.isConsuming = false
            self.consumed.wakeAll()
        }
        var position = 0
        while self.isOpen, !self.isClosing, !self.isInputBroken {
            if self.exchange != nil, !self.reader.isInsideBody { return position }
            if self.exchange == nil, self.output.count >= Self.aheadLimit { return position }
            do throws(HTTPServerError) {
                switch try self.reader.next(bytes, from: &position) {
                case .needsMore: return position
                case .head(let head):
                    do throws(HTTPServerError) {
                        try self.begin(head, bytes, at: &position)
                    } catch {
                        self.refuse(error, path: head.path)
                    }
                case .body(let range): try self.receive(bytes.extracting(range))
                case .end: self.endBody()
                }
            } catch {
                self.refuse(error)
            }
        }
        return bytes.count
    }

    private func begin(
        _ head: RequestHead, _ bytes: Span<UInt8>, at position: inout Int
    ) throws(HTTPServerError) {
        let dispatch = self.server.dispatcher.dispatch(head)
        let limit = dispatch.bodyLimit ?? self.settings.bodyLimit
        if case .length(let length) = head.framing, length > limit { throw RequestBody.tooLarge(limit) }
        var body = RequestBody.empty
        var stream: BodyStream?
        var received = 0
        if head.framing != .none {
            let (arrived, isComplete) = try self.takeArrivedBody(bytes, at: &position)
            received = arrived.count
            guard received <= limit else { throw RequestBody.tooLarge(limit) }
            if isComplete {
                body = RequestBody(arrived)
            } else {
                let arriving = BodyStream(highWater: self.settings.highWater)
                arriving.pipe.offer(arrived)
                arriving.pipe.onDrain = { [weak self] in self?.finishTurn() }
                body = RequestBody(arriving)
                stream = arriving
            }
        }
        let exchange = Exchange(head: head, body: stream, received: received, bodyLimit: limit)
        if exchange.awaitsContinue {
            stream?.onFirstRead = { [weak self, weak exchange] in
                if let exchange { self?.proceed(exchange) }
            }
        }
        let request = HTTPServerRequest(
            head: head, body: body, remoteAddress: dispatch.needsAddress ? self.remoteAddress : nil,
            parameters: dispatch.parameters)
        self.start(exchange, request, dispatch.handler)
    }

    /// The part of a body that arrived with its head.
    private func takeArrivedBody(
        _ bytes: Span<UInt8>, at position: inout Int
    ) throws(HTTPServerError) -> ([UInt8], isComplete: Bool) {
        var arrived: [UInt8] = []
        while true {
            switch try self.reader.next(bytes, from: &position) {
            case .body(let range): arrived.append(contentsOf: bytes.extracting(range))
            case .end: return (arrived, true)
            case .needsMore, .head: return (arrived, false)
            }
        }
    }

    private func receive(_ bytes: Span<UInt8>) throws(HTTPServerError) {
        guard let exchange = self.exchange, let body = exchange.body else {
            self.discarded += bytes.count
            if self.discarded > Self.aheadLimit { self.close() }
            return
        }
        exchange.awaitsContinue = false
        guard exchange.takes(bytes.count) else {
            throw HTTPServerError(.bodyTooLarge, "the request body is longer than this path allows")
        }
        body.pipe.offer(bytes)
    }

    private func endBody() {
        self.discarded = 0
        self.exchange?.body?.pipe.finish()
    }

    /// Handles invalid input: a running handler gets the error when it reads the body; otherwise the client gets it.
    ///
    /// - Parameter path: Of the request, if its head was valid.
    func refuse(_ error: HTTPServerError, path: Substring? = nil) {
        self.isInputBroken = true
        if let exchange = self.exchange {
            exchange.body?.pipe.finish(throwing: error)
        } else {
            self.sendRefusal(error, path: path ?? self.reader.path)
            self.close()
        }
    }

    func noticePeerClosed() {
        guard !self.isPeerClosed else { return }
        self.isPeerClosed = true
        // At once: the handler may be holding an upstream or a model's stream open for a client that is gone.
        if let exchange = self.exchange { self.cancel(exchange) }
        self.drained.wakeAll()
    }

    /// Cancels the handler of a client that has left. A handler's task then ends the exchange; without a task, only
    /// this closes the connection.
    func cancel(_ exchange: Exchange) {
        if exchange.isWithoutTask, self.exchange === exchange { self.abort() } else { exchange.cancel() }
    }

    private func noticeEnd() {
        self.hasEnded = true
        self.noticePeerClosed()
        self.exchange?.body?.pipe.finish(
            throwing: HTTPServerError(.clientGone, "the client left before its request was complete"))
        if self.isLingering { self.abort() }
    }

    /// Waits until the received bytes are consumed or kept, so that a hand-over doesn't lose those after the head.
    func waitUntilConsumed() async throws {
        while self.isConsuming { try await self.consumed.wait() }
    }

    /// Removes and returns the bytes after the last head.
    func takePending() -> [UInt8] {
        defer { self.pending = [] }
        return Array(self.pending[self.pendingStart...])
    }

    // MARK: State between events

    /// Whether another request may follow the current one.
    func mayStay(after exchange: Exchange) -> Bool {
        exchange.head.keepsAlive && !self.server.isDraining && !self.isInputBroken
            && !(self.hasEnded && self.pending.isEmpty)
            && !(exchange.awaitsContinue && self.reader.isInsideBody)
            && (self.reader.remainingLength ?? 0) <= Self.aheadLimit
    }

    /// Whether the rest of the request's body may be too long to be skipped: the end of a chunked one is not known.
    var hasUnknownRest: Bool { self.reader.isInsideBody && self.reader.remainingLength == nil }

    /// Continues after a response, or closes the connection.
    func finishExchange(closing: Bool) {
        self.exchange?.body?.pipe.cancel()
        self.exchange = nil
        self.clock.hasMoved()
        if closing || self.isInputBroken || self.server.isDraining { self.close() }
        self.finishTurn()
    }

    /// Closes the connection once the output is written.
    func close() {
        self.isClosing = true
        if self.output.isEmpty, !self.isConsuming { self.finishClosing() }
    }

    private func finishClosing() {
        guard !self.isLingering else { return }
        // Closing with unread input would reset the connection, and the client could lose the response.
        let hasUnread = self.isInputBroken || self.reader.isInsideBody || !self.pending.isEmpty
        guard hasUnread, !self.hasEnded, let registration = self.registration else { return self.abort() }
        self.isLingering = true
        self.pending = []
        Socket.shutdownWrite(registration.descriptor)
    }

    /// Flushes the output, then updates interest and deadlines for the connection's new state.
    func finishTurn() {
        guard self.isOpen, !self.isConsuming else { return }
        self.flush()
        while self.mayResume {
            self.resume()
            self.flush()
        }
        // Every request before the client's end has been answered.
        if self.hasEnded, self.exchange == nil, self.output.isEmpty { self.isClosing = true }
        if self.isOpen, self.isClosing, self.output.isEmpty { self.finishClosing() }
        if self.exchange == nil, self.output.isEmpty { self.shares = [] }
        self.countOutput()
        guard let registration = self.registration else { return }
        var interest: EpollEvents = []
        if self.wantsInput { interest.insert(.readable) }
        if self.isWriteBlocked { interest.insert(.writable) }
        if !self.isPeerClosed { interest.insert(.peerClosed) }
        registration.modify(interest)
        self.updateClock(isReading: interest.contains(.readable))
    }

    private func countOutput() {
        guard self.countedOutput != self.output.count else { return }
        self.server.queuedCount += self.output.count - self.countedOutput
        self.countedOutput = self.output.count
    }

    /// Whether others wait for the memory that this connection's responses take.
    var isCrowded: Bool {
        self.server.queuedCount > self.settings.queuedLimit || self.shares.contains { $0.isCrowded }
    }

    /// Whether unprocessed input from before the response can be handled now.
    private var mayResume: Bool {
        self.isOpen && !self.isClosing && !self.isInputBroken && self.exchange == nil && !self.pending.isEmpty
            && self.output.count < Self.aheadLimit
    }

    private var wantsInput: Bool {
        if self.hasEnded { return false }
        if self.isLingering { return true }
        if self.isClosing || self.isInputBroken { return false }
        if self.reader.isInsideBody { return self.exchange?.body?.pipe.hasRoom ?? true }
        guard self.pending.count - self.pendingStart < Self.aheadLimit else { return false }
        return self.exchange != nil || self.output.count < Self.aheadLimit
    }

    /// Closes the connection now and cancels a running handler.
    func abort() {
        guard let registration = self.registration.take() else { return }
        registration.cancel()
        self.descriptor = nil
        self.output = OutputQueue()
        self.letGo()
        self.exchange?.cancel()
        self.exchange?.body?.pipe.finish(throwing: HTTPServerError(.clientGone, "the connection was closed"))
        self.server.remove(self)
    }

    /// Stops the clock and ends waits once the connection no longer owns its descriptor.
    func letGo() {
        self.shares = []
        self.countOutput()
        self.clock.stop()
        self.isClosing = true
        self.drained.wakeAll()
    }
}
