internal import EventLoop
internal import HTTP
internal import Primitives

/// An HTTP/1.1 connection without TLS, for one request at a time.
///
/// The registration's handler owns it until ``close()``.
@Net
final class PlainConnection {
    /// How long an unused connection is kept; the same as in libcurl.
    private static let idleLimit = Duration.seconds(118)
    /// How long a connection that was opened ahead waits for a request; servers close silent connections.
    private static let aheadLimit = Duration.seconds(15)
    /// Bytes of a streamed body that are framed ahead of the socket.
    private static let highWater = 64 * 1_024
    private static let scratch = ScratchBuffer(count: 64 * 1_024)

    let host: String
    private let pool: PlainPool
    private var addresses: [SocketAddress] = []
    private var descriptor: FileDescriptor?
    private var registration: Registration?
    private var timer: Timer?
    private var isConnected = false
    /// Whether it was opened ahead of a request and is still connecting.
    private(set) var isAhead: Bool

    /// The current request.
    private var transfer: PlainTransfer?
    private var reader: ResponseReader
    private var output = OutputQueue()
    private var isWriteBlocked = false
    private var isUploaded = true
    /// The remaining bytes of a streamed body; nil if unknown.
    private var uploadLeft: Int?
    /// The bytes sent of this request.
    private var sentCount = 0
    /// Whether the connection was idle before this request, so that the server may have closed it meanwhile.
    private var hasWaited = false
    private var hasReceived = false
    /// The response's head is among the bytes being read.
    private var isAnswering = false

    /// - Parameter transfer: The request to send; nil to open the connection ahead of one.
    init(to host: String, for transfer: PlainTransfer? = nil, in pool: PlainPool) {
        self.host = host
        self.pool = pool
        self.transfer = transfer
        self.isAhead = transfer == nil
        self.reader = ResponseReader(to: .get, limit: 0, host: host)
        transfer?.connection = self
    }

    /// Whether an idle connection still appears to be open.
    var isUsable: Bool { self.registration.map { Socket.isQuiet($0.descriptor) } ?? false }

    // MARK: Connecting

    /// Connects, then sends the request for which it was created.
    func connect() {
        self.addresses = self.pool.addresses(of: self.host)
        // Cancelled by `close()`, which releases this connection.
        self.timer = EventLoop.shared.schedule(after: self.pool.settings.connectTimeout) { self.timedOut() }
        self.tryNextAddress()
    }

    /// - Parameter reason: Why the previous address could not be reached, as an `errno` value.
    private func tryNextAddress(after reason: Int32? = nil) {
        var reason = reason
        while !self.addresses.isEmpty {
            do throws(SystemError) {
                let socket = try Socket.startConnecting(to: self.addresses.removeFirst())
                // On this machine a connection is established at once; another machine may vanish silently.
                let isThere = Socket.remoteAddress(socket.rawValue) != nil
                if !isThere { Socket.keepAlive(socket.rawValue) }
                self.registration = try EventLoop.shared.watch(socket.rawValue, isThere ? .readable : .writable) {
                    self.handle($0)
                }
                self.descriptor = consume socket
                if isThere { self.connected() }
                return
            } catch {
                reason = error.code
            }
        }
        let transfer = self.transfer
        self.close()
        guard let reason else { transfer?.fail(.resolve, "not an address"); return }
        transfer?.fail(.connect, SystemError("no connection", code: reason).message)
    }

    private func connectingEnded() {
        guard let registration = self.registration else { return }
        let error = Socket.pendingError(registration.descriptor)
        guard error == 0 else {
            registration.cancel()
            self.descriptor = nil
            return self.tryNextAddress(after: error)
        }
        self.connected()
    }

    private func connected() {
        self.isConnected = true
        if let transfer = self.transfer { self.begin(transfer) } else { self.wait(upTo: Self.aheadLimit) }
    }

    private func timedOut() {
        if let transfer = self.transfer, self.isConnected { return transfer.idled() }
        let transfer = self.transfer
        self.close()
        transfer?.fail(.connectTimeout, "no connection within \(self.pool.settings.connectTimeout)")
    }

    // MARK: Requests

    /// Sends a request on an idle connection.
    func begin(_ transfer: PlainTransfer) {
        let plan = transfer.plan
        self.transfer = transfer
        transfer.connection = self
        transfer.isConnected = true
        transfer.idleTimer = self.timer
        self.reader = ResponseReader(to: plan.method, limit: self.pool.settings.maximumHeadBytes, host: self.host)
        self.sentCount = 0
        self.hasReceived = false
        var head = plan.plainHead
        switch plan.body {
        case .none: self.output.append(head)
        case .bytes(let bytes) where bytes.count <= Self.highWater:
            head += bytes
            self.output.append(head)
        case .bytes(let bytes):
            self.output.append(head)
            self.output.append(bytes)
        case .stream(let length, _):
            self.isUploaded = false
            self.uploadLeft = length
            self.output.append(head)
        }
        // The connect timeout may still be pending.
        if plan.idleTimeout == nil { self.timer?.stop() }
        transfer.moved()
        self.send()
    }

    /// Sends as much as the socket and the body's writer allow.
    func send() {
        guard self.isConnected, let registration = self.registration else { return }
        while !self.isWriteBlocked {
            guard self.frameUpload() else { return }
            if self.output.isEmpty { break }
            self.flush(to: registration.descriptor)
        }
        self.updateInterest()
    }

    private func flush(to socket: Int32) {
        var isBroken = false
        self.output.drain { bytes, start in
            switch Socket.write(socket, bytes, from: start) {
            case .moved(let count):
                self.sentCount += count
                if count < bytes.count - start { self.isWriteBlocked = true }
                return count
            case .wouldBlock: self.isWriteBlocked = true
            case .failed: isBroken = true
            }
            return nil
        }
        if self.sentCount > 0 { self.transfer?.moved() }
        guard isBroken else { return }
        // The server may have responded before closing: its bytes are still read.
        self.output = OutputQueue()
        self.isUploaded = true
        self.transfer?.isSendPaused = false
    }

    /// Adds bytes of a streamed body to the output. Returns false if the request has ended.
    private func frameUpload() -> Bool {
        guard let transfer = self.transfer, let upload = transfer.upload else { return true }
        while !self.isUploaded, self.output.count < Self.highWater {
            if let bytes = upload.takeAll() {
                guard self.frame(bytes) else { return false }
                continue
            }
            switch upload.end {
            case nil:
                transfer.isSendPaused = true
                return true
            case .failure(let error):
                transfer.end(throwing: error)
                return false
            case .success:
                if self.uploadLeft == nil {
                    self.output.append(Array("0\r\n\r\n".utf8))
                } else if self.uploadLeft != 0 {
                    transfer.fail(.invalidRequest, "the request's body is shorter than its Content-Length")
                    return false
                }
                self.isUploaded = true
            }
        }
        return true
    }

    private func frame(_ bytes: [UInt8]) -> Bool {
        if let left = self.uploadLeft {
            guard bytes.count <= left else {
                self.transfer?.fail(.invalidRequest, "the request's body is longer than its Content-Length")
                return false
            }
            self.uploadLeft = left - bytes.count
            self.output.append(bytes)
            return true
        }
        var start: [UInt8] = []
        start.appendHexadecimal(bytes.count)
        start += "\r\n".utf8
        self.output.append(start)
        self.output.append(bytes)
        self.output.append(Array("\r\n".utf8))
        return true
    }

    // MARK: Responses

    private func handle(_ readiness: EpollEvents) {
        guard self.isConnected else { return self.connectingEnded() }
        // The server closed an idle connection or sent unrequested bytes.
        guard self.transfer != nil else { return self.close() }
        if readiness.contains(.writable) {
            self.isWriteBlocked = false
            self.send()
        }
        if readiness.contains(.readable) || readiness.contains(.error) || readiness.contains(.hangUp) { self.receive() }
    }

    private func receive() {
        guard let registration = self.registration, let transfer = self.transfer else { return }
        let scratch = unsafe Self.scratch.buffer
        switch unsafe Socket.read(registration.descriptor, into: scratch) {
        case .wouldBlock: return
        case .failed, .moved(0): self.ended(transfer)
        case .moved(let count):
            let bytes = unsafe Span<UInt8>(_unsafeBytes: UnsafeRawBufferPointer(rebasing: scratch[..<count]))
            transfer.holdingNotices { self.read(bytes, for: transfer) }
            // After the response's head has been passed on.
            if self.isAnswering, self.transfer != nil, self.reader.keepsConnection {
                self.pool.openAhead(to: self.host)
            }
            self.isAnswering = false
        }
    }

    private func read(_ bytes: Span<UInt8>, for transfer: PlainTransfer) {
        self.hasReceived = true
        transfer.moved()
        var position = 0
        do throws(HTTPClientError) {
            while true {
                switch try self.reader.next(bytes, from: &position) {
                case .needsMore:
                    if !transfer.body.hasRoom { transfer.pauseReceiving() }
                    return self.updateInterest()
                case .head(let head):
                    self.isAnswering = true
                    transfer.plan.wasSent()
                    transfer.take(head)
                case .body(let range): transfer.body.offer(bytes.extracting(range))
                case .end: return self.finish(transfer, isClean: position == bytes.count)
                }
            }
        } catch {
            transfer.end(throwing: error)
        }
    }

    private func finish(_ transfer: PlainTransfer, isClean: Bool) {
        self.transfer = nil
        transfer.connection = nil
        if isClean, self.reader.keepsConnection, self.output.isEmpty, self.isUploaded {
            self.wait(upTo: Self.idleLimit)
        } else {
            self.close()
        }
        transfer.end(throwing: nil)
    }

    /// Waits for a request.
    private func wait(upTo limit: Duration) {
        self.hasWaited = true
        self.timer?.reschedule(after: limit)
        self.updateInterest()
        self.pool.keep(self)
        self.isAhead = false
    }

    /// The server has closed the connection.
    private func ended(_ transfer: PlainTransfer) {
        // A request on a previously idle connection may have crossed the server's close.
        let isRepeatable = transfer.plan.method.isIdempotent || self.sentCount == 0
        if self.hasWaited, !self.hasReceived, isRepeatable, transfer.isRepeatable {
            self.transfer = nil
            transfer.connection = nil
            transfer.idleTimer = nil
            self.close()
            return self.pool.open(for: transfer)
        }
        transfer.holdingNotices {
            do throws(HTTPClientError) {
                guard self.hasReceived else {
                    throw HTTPClientError(
                        .closed, "\(self.host): the connection ended without an answer", mayHaveReachedServer: true)
                }
                try self.reader.end()
                self.finish(transfer, isClean: false)
            } catch {
                transfer.end(throwing: error)
            }
        }
    }

    func updateInterest() {
        guard let last = self.registration else { return }
        var interest: EpollEvents = []
        if self.transfer?.isReceivePaused != true { interest.insert(.readable) }
        if self.isWriteBlocked { interest.insert(.writable) }
        if interest.isEmpty {
            // An empty interest would still report a hang-up, repeatedly.
            last.cancel()
        } else if last.isActive {
            last.modify(interest)
        } else {
            self.watchAgain(last.descriptor, interest)
        }
    }

    private func watchAgain(_ socket: Int32, _ interest: EpollEvents) {
        do {
            self.registration = try EventLoop.shared.watch(socket, interest) { self.handle($0) }
        } catch {
            // Without a watch the request would wait until it times out.
            let transfer = self.transfer
            self.close()
            transfer?.fail(.local, error.message)
        }
    }

    // MARK: The end

    /// Closes the connection because its request has ended before its response.
    func drop() {
        self.transfer = nil
        self.close()
    }

    func close() {
        guard self.timer != nil else { return }
        self.timer?.cancel()
        self.timer = nil
        self.transfer = nil
        self.registration?.cancel()
        self.registration = nil
        self.descriptor = nil
        self.pool.closed(self)
    }
}
