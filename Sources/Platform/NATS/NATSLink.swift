internal import EventLoop
internal import HTTPClient
internal import JSON
internal import Primitives
internal import TLS

/// One connection to a server, from the TCP connection to its end.
///
/// One task may receive while another sends.
@Net final class NATSLink {
    private let stream: StreamConnection
    private var tls: TLSSession?
    private var parser = NATSParser()
    /// Received, and not asked for yet.
    private var lines: ArraySlice<NATSParser.Line> = []
    /// Signalled when TLS itself has something to send.
    private let mustSend: Signal

    /// Connects and signs in, within the settings' time.
    nonisolated static func opened(
        _ address: NATSAddress, _ settings: NATSSettings, mustSend: Signal
    ) async throws -> (NATSLink, NATSInfo) {
        let opened = try await withDeadline(settings.connectTimeout) { () async throws -> (NATSLink, NATSInfo) in
            let stream = try await StreamConnection.connect(
                host: address.host, port: address.port, timeout: settings.connectTimeout)
            let link = await NATSLink(stream, mustSend: mustSend)
            return (link, try await link.signIn(address, settings))
        }
        if let opened { return opened }
        try Task.checkCancellation()
        throw NATSError(.timeout, "\(address.host):\(address.port) does not answer as a NATS server in time")
    }

    private init(_ stream: StreamConnection, mustSend: Signal) {
        self.stream = stream
        self.mustSend = mustSend
    }

    nonisolated func close() { self.stream.close() }

    // MARK: Signing in

    private func signIn(_ address: NATSAddress, _ settings: NATSSettings) async throws -> NATSInfo {
        guard case .info(let info) = try await self.nextLine() else {
            throw NATSError(.invalidAnswer, "\(address.host):\(address.port) is no NATS server")
        }
        if address.hasTLS || settings.caFile != nil || info.requiresTLS {
            guard info.requiresTLS || info.offersTLS else {
                throw NATSError(.disconnected, "the NATS server has no TLS")
            }
            try await self.startTLS(address.host, settings.caFile)
        }
        var greeting: JSONObject = [
            "verbose": false, "pedantic": false, "lang": "swift", "version": "1", "protocol": 1, "headers": true,
            "no_responders": true, "name": .string(settings.name), "tls_required": .bool(self.tls != nil),
        ]
        if let secret = settings.credentials {
            greeting.merge(try NATSCredentials(secret).members(nonce: info.nonce))
        }
        try await self.send(Array("CONNECT \(JSON.object(greeting).text)\r\nPING\r\n".utf8))
        while true {
            switch try await self.nextLine() {
            case .pong: return info
            case .error(let text): throw Self.refusal(text)
            case .ping: try await self.send(Array("PONG\r\n".utf8))
            case .ok, .info, .message: continue
            }
        }
    }

    /// The server's complaint, before it closes the connection.
    nonisolated static func refusal(_ text: String) -> NATSError {
        let isAuthorization = text.lowercased().contains("authorization") || text.lowercased().contains("permissions")
        return NATSError(isAuthorization ? .unauthorized : .disconnected, "the NATS server says: \(text)")
    }

    private func startTLS(_ host: String, _ caFile: String?) async throws {
        let tls = try Self.withTLS { () throws(TLSError) in
            let context = try TLSContext(trusting: caFile.map { .also(file: $0) } ?? .system)
            return try TLSSession(context, host: host, isAddress: SocketAddress(host: host, port: 0) != nil)
        }
        while true {
            let isDone = try Self.withTLS { () throws(TLSError) in try tls.shakeHands() }
            let output = tls.takeOutput()
            if !output.isEmpty { try await self.stream.write(output) }
            if isDone { break }
            guard let bytes = try await self.stream.read() else { throw Self.ended }
            unsafe bytes.withUnsafeBytes { unsafe tls.receive($0) }
        }
        self.tls = tls
        self.parser.append(try self.open(tls))
    }

    /// The clear text of what was received.
    private func open(_ tls: TLSSession) throws -> [UInt8] {
        var clear: [UInt8] = []
        while true {
            let bytes = try Self.withTLS { () throws(TLSError) in
                try unsafe [UInt8](unsafeUninitializedCapacity: 16 << 10) { buffer, count throws(TLSError) in
                    count = try unsafe tls.open(into: UnsafeMutableRawBufferPointer(buffer))
                }
            }
            if bytes.isEmpty { return clear }
            clear += bytes
        }
    }

    private nonisolated static func withTLS<Value>(_ body: () throws(TLSError) -> Value) throws(NATSError) -> Value {
        do throws(TLSError) {
            return try body()
        } catch {
            switch error.code {
            case .badCertificateFile: throw NATSError(.invalidSettings, "TLS with NATS: \(error)")
            case .certificate:
                throw NATSError(.disconnected, "TLS with NATS: the certificate is not trusted: \(error)")
            case .failed: throw NATSError(.disconnected, "TLS with NATS: \(error)")
            }
        }
    }

    // MARK: Lines

    private func nextLine() async throws -> NATSParser.Line {
        while true {
            if let line = self.lines.popFirst() { return line }
            self.lines = try await self.receive()[...]
        }
    }

    /// What has arrived; waits if that is nothing.
    ///
    /// - Throws: At the end of the connection, too.
    func receive() async throws -> [NATSParser.Line] {
        var lines = Array(self.lines)
        self.lines = []
        while lines.isEmpty {
            try self.parser.append(await self.read())
            while let line = try self.parser.next() { lines.append(line) }
        }
        return lines
    }

    private func read() async throws -> [UInt8] {
        guard let bytes = try await self.stream.read() else { throw Self.ended }
        guard let tls = self.tls else { return bytes }
        unsafe bytes.withUnsafeBytes { unsafe tls.receive($0) }
        let clear = try self.open(tls)
        if clear.isEmpty, tls.hasEnded { throw Self.ended }
        self.mustSend.signal()
        return clear
    }

    /// Sends all of it, and what TLS itself has to send. Only one task may call it, so that TLS keeps its order.
    func send(_ bytes: [UInt8]) async throws {
        guard let tls = self.tls else { return try await self.stream.write(bytes) }
        try Self.withTLS { () throws(TLSError) in try tls.seal(bytes[...]) }
        let output = tls.takeOutput()
        if !output.isEmpty { try await self.stream.write(output) }
    }

    private nonisolated static var ended: NATSError {
        NATSError(.disconnected, "the NATS server closed the connection")
    }
}
