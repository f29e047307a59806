internal import EventLoop
internal import HTTP
internal import Primitives
internal import TLS

/// An HTTP/1.1 connection, with TLS or without, for one request at a time.
///
/// The registration's handler owns it until ``close()``.
@Net
final class HTTP1Connection {
    /// How long an unused connection is kept; the same as in libcurl.
    private static let idleLimit = Duration.seconds(118)
    /// How long a connection that was opened ahead waits for a request; servers close silent connections.
    private static let aheadLimit = Duration.seconds(15)
    /// Bytes of a streamed body that are framed ahead of the socket.
    private static let highWater = 64 * 1_024
    private static let scratch = ScratchBuffer(count: 64 * 1_024)
    /// The clear text of what was read, and of a record of TLS (at most 16 KB) that had begun before.
    private static let clear = ScratchBuffer(count: 96 * 1_024)

    let host: String
    private let pool: HTTP1Pool
    private var addresses: [SocketAddress] = []
    private var dial: Dial?
    private var descriptor: FileDescriptor?
    private var registration: Registration?
    private var timer: Timer?
    /// Nil without TLS, and until the server is reached.
    private var tls: TLSSession?
    /// The server is reached, and TLS begins.
    private var isShakingHands = false
    /// Requests can be sent.
    private var isConnected = false
    /// Whether it was opened ahead of a request and is still connecting.
    private(set) var isAhead: Bool

    /// The current request.
    private var transfer: HTTP1Transfer?
    private var reader: ResponseReader
    /// Encrypted, if there is TLS.
    private var output = OutputQueue()
    /// The rest of a long body that is not streamed; encrypted piece by piece.
    private var longBody: ArraySlice<UInt8> = []
    private var isWriteBlocked = false
    private var isUploaded = true
    /// The remaining bytes of a streamed body; nil if unknown.
    private var uploadLeft: Int?
    /// The bytes sent of this request.
    private var sentCount = 0
    /// Whether the connection was idle before this request, so that the server may have closed it meanwhile.
    private var hasWaited = false
    private var hasReceived = false
    private var hasTicket = false
    /// The response's head is among the bytes being read.
    private var isAnswering = false

    /// - Parameter transfer: The request to send; nil to open the connection ahead of one.
    init(to host: String, for transfer: HTTP1Transfer? = nil, in pool: HTTP1Pool) {
        self.host = host
        self.pool = pool
        self.transfer = transfer
        self.isAhead = transfer == nil
        self.reader = ResponseReader(to: .get, limit: 0, host: host)
        transfer?.connection = self
    }

    /// Whether an idle connection still appears to be open.
    func isUsable() -> Bool {
        guard let registration = self.registration else { return false }
        if Socket.isQuiet(registration.descriptor) { return true }
        self.receiveIdle()
        return self.registration != nil
    }

    // MARK: Connecting

    /// Connects, then sends the request for which it was created.
    func connect() {
        // Cancelled by `close()`, which releases this connection.
        self.timer = EventLoop.shared.schedule(after: self.pool.settings.connectTimeout) { self.timedOut() }
        let server = self.pool.server(self.host)
        if let server, let security = self.pool.security, server.addresses.isEmpty {
            return self.connect(to: server, by: security)
        }
        self.addresses = server?.addresses ?? []
        self.tryNextAddress()
    }

    private func connect(to server: HTTP1Server, by security: HTTP1Security) {
        do throws(HTTPClientError) {
            self.dial = try security.dial(server, timeout: self.pool.settings.connectTimeout) { self.dialled($0) }
        } catch {
            self.fail(error)
        }
    }

    private func dialled(_ failure: HTTPClientError?) {
        guard let socket = self.dial.take()?.takeSocket() else {
            return self.fail(failure ?? HTTPClientError(.connect, "\(self.host): no connection"))
        }
        do throws(SystemError) {
            self.registration = try EventLoop.shared.watch(socket.rawValue, .readable) { self.handle($0) }
            self.descriptor = consume socket
            self.reached()
        } catch {
            self.fail(HTTPClientError(.local, "\(self.host): \(error.message)"))
        }
    }

    /// Ends the connection, and the request for which it was created.
    private func fail(_ error: HTTPClientError) {
        let transfer = self.transfer
        self.close()
        transfer?.end(throwing: error)
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
                if isThere { self.reached() }
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
        self.reached()
    }

    /// The TCP connection is there.
    private func reached() {
        guard let security = self.pool.security, let server = self.pool.server(self.host) else {
            return self.connected()
        }
        do throws(TLSError) {
            self.tls = try security.session(with: server)
            self.isShakingHands = true
        } catch {
            return self.fail(HTTPClientError(error, host: self.host))
        }
        self.shakeHands()
    }

    private func shakeHands() {
        guard let tls = self.tls, let registration = self.registration else { return }
        do throws(TLSError) {
            let isDone = try tls.shakeHands()
            self.output.append(tls.takeOutput())
            self.flush(to: registration.descriptor)
            guard isDone else { return self.updateInterest() }
        } catch {
            // The alert tells the server why.
            _ = Socket.write(registration.descriptor, tls.takeOutput())
            self.tls = nil
            return self.fail(HTTPClientError(error, host: self.host))
        }
        self.isShakingHands = false
        self.connected()
    }

    private func receiveHandshake(_ readiness: EpollEvents) {
        guard let tls = self.tls, let registration = self.registration else { return }
        if readiness.contains(.writable) {
            self.isWriteBlocked = false
            self.flush(to: registration.descriptor)
        }
        let scratch = unsafe Self.scratch.buffer
        switch unsafe Socket.read(registration.descriptor, into: scratch) {
        case .wouldBlock: self.updateInterest()
        case .moved(let count) where count > 0:
            unsafe tls.receive(UnsafeRawBufferPointer(rebasing: scratch[..<count]))
            self.shakeHands()
        case .failed, .moved:
            self.fail(HTTPClientError(.tls, "\(self.host): the server ended the connection before TLS was set up"))
        }
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
    func begin(_ transfer: HTTP1Transfer) {
        let plan = transfer.plan
        self.transfer = transfer
        transfer.connection = self
        transfer.isConnected = true
        transfer.idleTimer = self.timer
        self.reader = ResponseReader(to: plan.method, limit: self.pool.settings.maximumHeadBytes, host: self.host)
        self.sentCount = 0
        self.hasReceived = false
        var head = plan.http1Head
        switch plan.body {
        case .none: self.append(head)
        case .bytes(let bytes) where bytes.count <= Self.highWater:
            head += bytes
            self.append(head)
        case .bytes(let bytes):
            self.append(head)
            if self.tls == nil { self.output.append(bytes) } else { self.longBody = bytes[...] }
        case .stream(let length, _):
            self.isUploaded = false
            self.uploadLeft = length
            self.append(head)
        }
        // The connect timeout may still be pending.
        if plan.idleTimeout == nil { self.timer?.stop() }
        transfer.moved()
        self.send()
    }

    private func append(_ bytes: [UInt8]) {
        guard let tls = self.tls else { return self.output.append(bytes) }
        self.seal(bytes[...], by: tls)
    }

    private func seal(_ bytes: ArraySlice<UInt8>, by tls: TLSSession) {
        do throws(TLSError) {
            try tls.seal(bytes)
            self.output.append(tls.takeOutput())
        } catch {
            self.stopSending()
        }
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
        if self.sentCount > 0, self.isConnected { self.transfer?.moved() }
        if isBroken { self.stopSending() }
    }

    /// The server may have responded before closing: its bytes are still read.
    private func stopSending() {
        self.output = OutputQueue()
        self.longBody = []
        self.isUploaded = true
        self.transfer?.isSendPaused = false
    }

    /// Adds bytes of a long or a streamed body to the output. Returns false if the request has ended.
    private func frameUpload() -> Bool {
        while let tls = self.tls, !self.longBody.isEmpty, self.output.count < Self.highWater {
            let piece = self.longBody.prefix(Self.highWater)
            self.longBody = self.longBody.dropFirst(piece.count)
            self.seal(piece, by: tls)
        }
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
                    self.append(Array("0\r\n\r\n".utf8))
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
            self.append(bytes)
            return true
        }
        var start: [UInt8] = []
        start.appendHexadecimal(bytes.count)
        start += "\r\n".utf8
        self.append(start)
        self.append(bytes)
        self.append(Array("\r\n".utf8))
        return true
    }

    // MARK: Responses

    private func handle(_ readiness: EpollEvents) {
        if self.isShakingHands { return self.receiveHandshake(readiness) }
        guard self.isConnected else { return self.connectingEnded() }
        guard self.transfer != nil else { return self.receiveIdle() }
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
            let bytes = unsafe UnsafeRawBufferPointer(rebasing: scratch[..<count])
            guard let tls = self.tls else { return unsafe self.received(bytes, for: transfer) }
            do throws(TLSError) {
                let clear = try unsafe self.open(bytes, by: tls)
                if unsafe !clear.isEmpty { unsafe self.received(clear, for: transfer) } else { transfer.moved() }
            } catch {
                return transfer.fail(.closed, "TLS failed: \(error)")
            }
            guard tls.hasEnded else { return }
            if self.transfer === transfer { self.ended(transfer) } else if self.transfer == nil { self.close() }
        }
    }

    /// The clear text of what was read.
    private func open(
        _ bytes: UnsafeRawBufferPointer, by tls: TLSSession
    ) throws(TLSError) -> UnsafeRawBufferPointer {
        unsafe tls.receive(bytes)
        let clear = unsafe Self.clear.buffer
        return unsafe UnsafeRawBufferPointer(rebasing: clear[..<(try tls.open(into: clear))])
    }

    private func received(_ bytes: UnsafeRawBufferPointer, for transfer: HTTP1Transfer) {
        let bytes = unsafe Span<UInt8>(_unsafeBytes: bytes)
        transfer.holdingNotices { self.read(bytes, for: transfer) }
        // After the response's head has been passed on.
        if self.isAnswering, self.transfer != nil, self.reader.keepsConnection {
            self.pool.openAhead(to: self.host)
        }
        self.isAnswering = false
    }

    /// Between requests the server may renew TLS's keys or tickets; otherwise it has closed the connection, or sent
    /// unrequested bytes.
    private func receiveIdle() {
        guard let tls = self.tls, let registration = self.registration else { return self.close() }
        let scratch = unsafe Self.scratch.buffer
        guard case .moved(let count) = unsafe Socket.read(registration.descriptor, into: scratch), count > 0,
            let clear = try? unsafe self.open(UnsafeRawBufferPointer(rebasing: scratch[..<count]), by: tls),
            unsafe clear.isEmpty, !tls.hasEnded
        else { return self.close() }
    }

    private func read(_ bytes: Span<UInt8>, for transfer: HTTP1Transfer) {
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

    private func finish(_ transfer: HTTP1Transfer, isClean: Bool) {
        self.keepTicket()
        self.transfer = nil
        transfer.connection = nil
        // A server may end TLS together with an answer that would keep the connection.
        if isClean, self.tls?.hasEnded != true, self.reader.keepsConnection, self.output.isEmpty, self.longBody.isEmpty,
            self.isUploaded
        {
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

    /// Once, after the first answer: with TLS 1.3 the server sends its ticket after the handshake.
    private func keepTicket() {
        guard !self.hasTicket, let tls = self.tls, let server = self.pool.server(self.host) else {
            return
        }
        self.hasTicket = true
        self.pool.security?.keepTicket(of: tls, with: server)
    }

    /// The server has closed the connection.
    private func ended(_ transfer: HTTP1Transfer) {
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
                try self.reader.end(isCut: self.tls?.hasEnded == false)
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
        self.dial.take()?.cancel()
        if let tls = self.tls.take(), self.isConnected, self.output.isEmpty, let registration = self.registration {
            tls.end()
            _ = Socket.write(registration.descriptor, tls.takeOutput())
        }
        self.registration?.cancel()
        self.registration = nil
        self.descriptor = nil
        self.pool.closed(self)
    }
}
