internal import EventLoop
internal import HTTP
internal import Primitives

/// One client's connection: reads requests, has them answered one at a time, writes the answers.
///
/// Each event of the loop ends in ``finishTurn()``, which writes what waits and sets what is watched next.
@Net
final class HTTPConnection {
    /// Requests that a client sends ahead, and a body that nobody wants, are read up to this many bytes.
    static let aheadLimit = 64 * 1024

    let server: HTTPServer
    let settings: HTTPServerSettings
    var descriptor: FileDescriptor?
    var registration: Registration?
    private let number: Int32
    lazy var remoteAddress = Socket.remoteAddress(self.number)

    // Input
    private var reader: RequestReader
    private var pending: [UInt8] = []
    private var pendingStart = 0
    private var discarded = 0
    private var isConsuming = false
    private let consumed = WaitList()
    var receivedCount = 0
    /// The client's end has been read.
    private(set) var hasEnded = false
    /// The client closed its side, though bytes before that may wait.
    private(set) var isPeerClosed = false
    /// What came can't be understood any further.
    private(set) var isInputBroken = false

    // Answer
    var exchange: Exchange?
    var output = OutputQueue()
    var sentCount = 0
    var isWriteBlocked = false
    let drained = WaitList()
    /// No further request: the connection ends when the output is written.
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
    /// Nothing is under way: it may be closed without loss.
    var isIdle: Bool { self.exchange == nil && self.output.isEmpty && !self.isInsideHead && !self.isInsideBody }

    func open() throws(SystemError) {
        self.registration = try EventLoop.shared.watch(self.number, [.readable, .peerClosed]) { self.handle($0) }
        self.finishTurn()
    }

    private func handle(_ readiness: Readiness) {
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
        unsafe bytes.withUnsafeBufferPointer { unsafe self.pending.append(contentsOf: $0) }
    }

    /// Goes on with bytes that were read while an answer was under way.
    func resume() {
        guard !self.pending.isEmpty, !self.isConsuming else { return }
        let bytes = self.pending
        self.pendingStart += self.consume(bytes.span.extracting(self.pendingStart...))
        if self.pendingStart == self.pending.count {
            self.pending = []
            self.pendingStart = 0
        }
    }

    /// Uses up bytes until a request is under way whose answer must come first; the number used.
    private func consume(_ bytes: Span<UInt8>) -> Int {
        self.isConsuming = true
        defer {
            self.isConsuming = false
            self.consumed.wakeAll()
        }
        var position = 0
        while self.isOpen, !self.isClosing, !self.isInputBroken {
            if self.exchange != nil, !self.reader.isInsideBody { return position }
            if self.exchange == nil, self.output.count >= self.settings.highWater { return position }
            do throws(HTTPServerError) {
                switch try self.reader.next(bytes, from: &position) {
                case .needsMore: return position
                case .head(let head): try self.begin(head, bytes, at: &position)
                case .body(let range): try self.receive(bytes.extracting(range))
                case .end(let trailers): self.endBody(trailers)
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
            let (arrived, trailers) = try self.takeArrivedBody(bytes, at: &position)
            received = arrived.count
            guard received <= limit else { throw RequestBody.tooLarge(limit) }
            if let trailers {
                body = RequestBody(arrived, trailers: trailers)
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
            head: head, body: body, remoteAddress: self.remoteAddress, parameters: dispatch.parameters)
        self.start(exchange, request, dispatch.handler)
    }

    /// The part of a body that came with its head; with trailers when that is all of it.
    private func takeArrivedBody(
        _ bytes: Span<UInt8>, at position: inout Int
    ) throws(HTTPServerError) -> ([UInt8], HTTPHeaders?) {
        var arrived: [UInt8] = []
        while true {
            switch try self.reader.next(bytes, from: &position) {
            case .body(let range):
                unsafe bytes.extracting(range).withUnsafeBufferPointer { unsafe arrived.append(contentsOf: $0) }
            case .end(let trailers): return (arrived, trailers)
            case .needsMore, .head: return (arrived, nil)
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

    private func endBody(_ trailers: HTTPHeaders) {
        self.discarded = 0
        self.exchange?.body?.trailers = trailers
        self.exchange?.body?.pipe.finish()
    }

    /// The client broke the rules: a running handler learns it when it reads the body, else the answer says it.
    func refuse(_ error: HTTPServerError) {
        self.isInputBroken = true
        if let exchange = self.exchange {
            exchange.body?.pipe.finish(throwing: error)
        } else {
            self.sendRefusal(error)
            self.close()
        }
    }

    func noticePeerClosed() {
        guard !self.isPeerClosed else { return }
        self.isPeerClosed = true
        // At once: the handler may hold an upstream or a model's stream for somebody who is gone.
        let endsHere = self.exchange?.isWithoutTask ?? false
        self.exchange?.cancel()
        self.drained.wakeAll()
        if endsHere { self.abort() }
    }

    private func noticeEnd() {
        self.hasEnded = true
        self.noticePeerClosed()
        self.exchange?.body?.pipe.finish(
            throwing: HTTPServerError(.clientGone, "the client left before its request was complete"))
        if self.isLingering { self.abort() }
    }

    /// Waits until the bytes at hand are used or kept, so that those behind a head are not lost at a hand-over.
    func waitUntilConsumed() async throws {
        while self.isConsuming { try await self.consumed.wait() }
    }

    /// The bytes behind the last head.
    func takePending() -> [UInt8] {
        defer { self.pending = [] }
        return Array(self.pending[self.pendingStart...])
    }

    // MARK: State between events

    /// Whether another request may follow the one that is being answered.
    func mayStay(after exchange: Exchange) -> Bool {
        exchange.head.keepsAlive && !self.server.isDraining && !self.isInputBroken
            && !(self.hasEnded && self.pending.isEmpty)
            && !(exchange.awaitsContinue && self.reader.isInsideBody)
            && (self.reader.remainingLength ?? 0) <= Self.aheadLimit
    }

    /// Goes on behind an answer, or ends the connection.
    func finishExchange(closing: Bool) {
        self.exchange?.body?.pipe.cancel()
        self.exchange = nil
        self.clock.hasMoved()
        if closing || self.isInputBroken || self.server.isDraining { self.close() }
        self.finishTurn()
    }

    /// Ends the connection once the output is written.
    func close() {
        self.isClosing = true
        if self.output.isEmpty, !self.isConsuming { self.finishClosing() }
    }

    private func finishClosing() {
        guard !self.isLingering else { return }
        // Closing over unread bytes would reset the connection and may take the answer from the client.
        let hasUnread = self.isInputBroken || self.reader.isInsideBody || !self.pending.isEmpty
        guard hasUnread, !self.hasEnded, let registration = self.registration else { return self.abort() }
        self.isLingering = true
        self.pending = []
        Socket.shutdownWrite(registration.descriptor)
    }

    /// Writes what waits and sets interest and deadline by what the connection now waits for.
    func finishTurn() {
        guard self.isOpen, !self.isConsuming else { return }
        self.flush()
        while self.mayResume {
            self.resume()
            self.flush()
        }
        // What the client sent before its end has been answered.
        if self.hasEnded, self.exchange == nil, self.output.isEmpty { self.isClosing = true }
        if self.isOpen, self.isClosing, self.output.isEmpty { self.finishClosing() }
        guard let registration = self.registration else { return }
        var interest: Interest = []
        if self.wantsInput { interest.insert(.readable) }
        if self.isWriteBlocked { interest.insert(.writable) }
        if !self.isPeerClosed { interest.insert(.peerClosed) }
        registration.modify(interest)
        self.updateClock(isReading: interest.contains(.readable))
    }

    /// Whether requests wait that were read while an answer was under way.
    private var mayResume: Bool {
        self.isOpen && !self.isClosing && !self.isInputBroken && self.exchange == nil && !self.pending.isEmpty
            && self.output.count < self.settings.highWater
    }

    private var wantsInput: Bool {
        if self.hasEnded { return false }
        if self.isLingering { return true }
        if self.isClosing || self.isInputBroken { return false }
        if self.reader.isInsideBody { return self.exchange?.body?.pipe.hasRoom ?? true }
        guard self.pending.count - self.pendingStart < Self.aheadLimit else { return false }
        return self.exchange != nil || self.output.count < self.settings.highWater
    }

    /// Ends the connection now; a running handler is cancelled.
    func abort() {
        guard let registration = self.registration.take() else { return }
        registration.cancel()
        self.descriptor = nil
        self.letGo()
        self.exchange?.cancel()
        self.exchange?.body?.pipe.finish(throwing: HTTPServerError(.clientGone, "the connection has ended"))
        self.server.remove(self)
    }

    /// Stops the clock and ends waits; the descriptor has gone.
    func letGo() {
        self.clock.stop()
        self.isClosing = true
        self.drained.wakeAll()
    }
}
