internal import CCurl
internal import EventLoop
internal import Glibc
internal import HTTP
internal import Primitives

/// The loop's side of a ``StreamConnection``: a handle with CURLOPT_CONNECT_ONLY, alone in its multi.
///
/// Removing the handle from the multi would close the connection. The multi is not shared, because libcurl scans a
/// multi's connections for dead ones whenever it opens a new one.
@Net
final class StreamChannel: Multi.User {
    private enum State {
        case connecting
        case open(Int32)
        case failed(HTTPClientError)
        case closed
    }

    let easy: EasyHandle
    /// It reads from its socket itself.
    let localPort: Int32 = 0
    private let multi: Multi
    private let host: String
    private var state = State.connecting
    private var registration: Registration?
    /// The socket of a connection from elsewhere, of which libcurl knows nothing.
    private var own: FileDescriptor?
    private var hasEndedReading = false
    private let changed = WaitList()
    private var isWriting = false
    private let turn = WaitList()

    var socket: Int32? { if case .open(let socket) = self.state { socket } else { nil } }

    static func connected(host: String, port: Int, tls: TLSSettings?, timeout: Duration) async throws -> StreamChannel {
        let channel = try StreamChannel(host: host, port: port, tls: tls, timeout: timeout)
        do {
            try channel.multi.add(channel)
            while case .connecting = channel.state { try await channel.changed.wait() }
            if case .failed(let error) = channel.state { throw error }
        } catch {
            channel.close()
            throw error
        }
        return channel
    }

    /// Takes over a TCP connection, without libcurl, which before 8.0 tries to connect even a socket that is connected.
    static func resumed(_ socket: consuming FileDescriptor) throws -> StreamChannel {
        guard let peer = Socket.remoteAddress(socket.rawValue) else {
            throw HTTPClientError(.closed, "the connection was lost")
        }
        let channel = try StreamChannel(host: peer.host, port: Int(peer.port), tls: nil, timeout: .seconds(1))
        channel.own = consume socket
        channel.opened(channel.own?.rawValue ?? -1)
        if case .failed(let error) = channel.state {
            channel.close()
            throw error
        }
        return channel
    }

    private init(host: String, port: Int, tls: TLSSettings?, timeout: Duration) throws(HTTPClientError) {
        let plain = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        let isIPv6 = plain.utf8.contains(UInt8(ascii: ":"))
        guard !plain.isEmpty, plain.utf8.allSatisfy({ Self.hostBytes.contains($0) }), (1...65_535).contains(port) else {
            throw HTTPClientError(.invalidRequest, "the host or port to connect to is invalid")
        }
        self.host = isIPv6 ? "[\(plain)]:\(port)" : "\(plain):\(port)"
        guard let multi = Multi(maxConnections: nil, maxIdleConnections: 1) else {
            throw HTTPClientError(.local, "no memory for a connection")
        }
        self.multi = multi
        self.easy = try multi.handle()
        self.easy.setCommon(connectTimeout: timeout)
        // The scheme only selects TLS: no HTTP is sent.
        self.easy.set(CURLOPT_URL, "\(tls == nil ? "http" : "https")://\(self.host)/")
        self.easy.set(CURLOPT_CONNECT_ONLY, 1)
        self.easy.set(CURLOPT_FRESH_CONNECT, true)
        guard let tls else { return }
        self.easy.setTrust(caFile: tls.caFile)
        // ALPN would offer HTTP, which servers of other protocols may refuse.
        self.easy.set(CURLOPT_SSL_ENABLE_ALPN, false)
        if let certificate = tls.clientCertificate {
            self.easy.set(CURLOPT_SSLCERT, certificate)
            self.easy.set(CURLOPT_SSLKEY, tls.clientKey ?? certificate)
        }
    }

    private static let hostBytes = ByteSet(":").union(.unreserved)

    func finished(_ result: CURLcode) {
        guard case .connecting = self.state else { return }
        defer { self.changed.wakeAll() }
        guard result == CURLE_OK else {
            self.state = .failed(self.easy.failure(result, host: self.host, wasConnected: false).error)
            return
        }
        self.opened(unsafe ccurl_get_socket(self.easy.pointer))
    }

    private func opened(_ socket: Int32) {
        do {
            // Edge-triggered: reads and writes continue until they would block, so each event is new, and an unhandled
            // hang-up is not reported repeatedly.
            self.registration = try EventLoop.shared.watch(
                socket, [.readable, .writable, .peerClosed, .edgeTriggered]
            ) { [weak self] _ in
                // With TLS, a read may wait for room and a write for bytes, because TLS exchanges its own messages.
                self?.changed.wakeAll()
            }
            self.state = .open(socket)
        } catch {
            self.state = .failed(HTTPClientError(.local, "\(self.host): \(error.message)"))
        }
    }

    func close() {
        if case .closed = self.state { return }
        self.state = .closed
        self.registration?.cancel()
        self.registration = nil
        self.multi.remove(self)
        self.multi.close()
        self.easy.close()
        self.own = nil
        self.changed.wakeAll()
        self.turn.wakeAll()
    }

    // MARK: Bytes

    func read() async throws -> [UInt8]? {
        while !self.hasEndedReading {
            switch self.state {
            case .closed: return nil
            case .failed(let error): throw error
            case .connecting, .open: break
            }
            switch self.receive() {
            case .bytes(let bytes): return bytes.isEmpty ? nil : bytes
            case .nothing:
                // The peer may hold its next short line back until this one is acknowledged.
                if let socket = self.socket { Socket.acknowledge(socket) }
                try await self.changed.wait()
            case .failed(let code): throw self.lost(code)
            }
        }
        return nil
    }

    /// Bytes that have not been read yet stay in the socket.
    func endReading() {
        self.hasEndedReading = true
        self.changed.wakeAll()
    }

    func copyOfSocket() -> FileDescriptor? {
        guard let socket = self.socket else { return nil }
        let copy = fcntl(socket, F_DUPFD_CLOEXEC, 3)
        return copy < 0 ? nil : FileDescriptor(owning: copy)
    }

    private enum Received {
        /// Empty at the end.
        case bytes([UInt8])
        case nothing
        case failed(CURLcode)
    }

    private func receive() -> Received {
        unsafe withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 16) { buffer in
            var count = 0
            let code = unsafe self.receive(into: buffer, &count)
            return switch code {
            case CURLE_OK: .bytes(unsafe [UInt8](buffer.prefix(count)))
            case CURLE_AGAIN: .nothing
            default: .failed(code)
            }
        }
    }

    func write(_ bytes: [UInt8]) async throws {
        while self.isWriting { try await self.turn.wait() }
        self.isWriting = true
        defer {
            self.isWriting = false
            self.turn.wakeFirst()
        }
        // OpenSSL requires a blocked write to be repeated from the same address.
        let stable = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
        defer { unsafe stable.deallocate() }
        unsafe stable.copyBytes(from: bytes)
        var sent = 0
        while sent < bytes.count {
            switch self.state {
            case .open: break
            case .failed(let error): throw error
            case .connecting, .closed: throw HTTPClientError(.closed, "\(self.host): the connection is closed")
            }
            var count = 0
            let rest = unsafe UnsafeRawBufferPointer(rebasing: stable[sent...])
            let code = unsafe self.send(rest, &count)
            switch code {
            case CURLE_OK: sent += count
            case CURLE_AGAIN: try await self.room()
            default: throw self.lost(code)
            }
        }
    }

    private func send(_ bytes: UnsafeRawBufferPointer, _ count: inout Int) -> CURLcode {
        guard let own = self.own?.rawValue else {
            return unsafe curl_easy_send(self.easy.pointer, bytes.baseAddress, bytes.count, &count)
        }
        return Self.code(unsafe Socket.write(own, bytes), &count, failure: CURLE_SEND_ERROR)
    }

    private func receive(into buffer: UnsafeMutableRawBufferPointer, _ count: inout Int) -> CURLcode {
        guard let own = self.own?.rawValue else {
            return unsafe curl_easy_recv(self.easy.pointer, buffer.baseAddress, buffer.count, &count)
        }
        return Self.code(unsafe Socket.read(own, into: buffer), &count, failure: CURLE_RECV_ERROR)
    }

    /// What libcurl would say.
    private static func code(_ transfer: Socket.Transfer, _ count: inout Int, failure: CURLcode) -> CURLcode {
        switch transfer {
        case .moved(let number):
            count = number
            return CURLE_OK
        case .wouldBlock: return CURLE_AGAIN
        case .failed: return failure
        }
    }

    private func room() async throws {
        do {
            try await self.changed.wait()
        } catch {
            // With TLS even a write that was blocked entirely must be repeated unchanged.
            self.close()
            throw error
        }
    }

    private func lost(_ code: CURLcode) -> HTTPClientError {
        let error = HTTPClientError(
            .closed, "\(self.host): the connection was lost (\(unsafe String(cString: curl_easy_strerror(code))))",
            mayHaveReachedServer: true)
        self.close()
        return error
    }
}
