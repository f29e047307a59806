internal import CCurl
internal import EventLoop
internal import HTTP

/// The loop's side of a ``StreamConnection``: a handle with CURLOPT_CONNECT_ONLY in a multi of its own.
///
/// The handle stays in the multi, for to remove it closes the connection; and no other one comes into it, for libcurl
/// looks through a multi's connections for dead ones whenever it makes a new one.
@Net
final class StreamChannel: Multi.User {
    private enum State {
        case connecting
        case open(Int32)
        case failed(HTTPClientError)
        case closed
    }

    let easy: EasyHandle
    private let multi: Multi
    private let host: String
    private var state = State.connecting
    private var registration: Registration?
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

    private init(host: String, port: Int, tls: TLSSettings?, timeout: Duration) throws(HTTPClientError) {
        let plain = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        let isIPv6 = plain.utf8.contains(UInt8(ascii: ":"))
        guard !plain.isEmpty, plain.utf8.allSatisfy({ Self.hostBytes.contains($0) }), (1...65_535).contains(port) else {
            throw HTTPClientError(.invalidRequest, "the host or port to connect to is wrong")
        }
        self.host = isIPv6 ? "[\(plain)]:\(port)" : "\(plain):\(port)"
        guard let multi = Multi(maxConnections: nil, maxIdleConnections: 1) else {
            throw HTTPClientError(.local, "no memory for a connection")
        }
        self.multi = multi
        self.easy = try multi.handle()
        self.easy.setCommon(connectTimeout: timeout)
        // The scheme only says whether there is TLS: no HTTP is spoken.
        self.easy.set(CURLOPT_URL, "\(tls == nil ? "http" : "https")://\(self.host)/")
        self.easy.set(CURLOPT_CONNECT_ONLY, 1)
        self.easy.set(CURLOPT_FRESH_CONNECT, true)
        guard let tls else { return }
        self.easy.setTrust(caFile: tls.caFile)
        // ALPN would offer HTTP, which other servers may refuse.
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
        let socket = unsafe ccurl_get_socket(self.easy.pointer)
        do {
            // Edge-triggered: everything is read and written until there is no more, so each event is something new, and
            // a hang-up that nobody waits for is not reported over and over.
            self.registration = try EventLoop.shared.watch(
                socket, [.readable, .writable, .peerClosed, .edgeTriggered]
            ) { [weak self] _ in
                // Reading may have waited for room and writing for bytes: TLS has messages of its own.
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
        self.changed.wakeAll()
        self.turn.wakeAll()
    }

    // MARK: Bytes

    func read() async throws -> [UInt8]? {
        while true {
            switch self.state {
            case .closed: return nil
            case .failed(let error): throw error
            case .connecting, .open: break
            }
            switch self.receive() {
            case .bytes(let bytes): return bytes.isEmpty ? nil : bytes
            case .nothing:
                // Lines are short and the next one may wait for the answer to this one.
                if let socket = self.socket { Socket.acknowledge(socket) }
                try await self.changed.wait()
            case .failed(let code): throw self.lost(code)
            }
        }
    }

    private enum Received {
        /// None is the end.
        case bytes([UInt8])
        case nothing
        case failed(CURLcode)
    }

    private func receive() -> Received {
        unsafe withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 16) { buffer in
            var count = 0
            let code = unsafe curl_easy_recv(self.easy.pointer, buffer.baseAddress, buffer.count, &count)
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
        // OpenSSL wants a write that found no room repeated from the same place.
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
            let code = unsafe curl_easy_send(self.easy.pointer, rest.baseAddress, rest.count, &count)
            switch code {
            case CURLE_OK: sent += count
            case CURLE_AGAIN: try await self.room()
            default: throw self.lost(code)
            }
        }
    }

    private func room() async throws {
        do {
            try await self.changed.wait()
        } catch {
            // With TLS even a write of which nothing was taken must be repeated as it was.
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
