internal import EventLoop
package import Primitives

/// A raw TCP or TLS connection to a named host, for protocols such as IRC. libcurl resolves, connects and verifies.
///
/// One task may read while another writes. Releasing the last reference closes the connection.
package final class StreamConnection: Sendable {
    private let channel: StreamChannel

    private init(_ channel: StreamChannel) {
        self.channel = channel
    }

    deinit {
        self.close()
    }

    /// Connects; with `tls`, also performs the handshake and verifies the certificate.
    ///
    /// Throws an ``HTTPClientError``, whose code identifies certificate problems, or `CancellationError`.
    package static func connect(
        host: String, port: Int, tls: TLSSettings? = nil, timeout: Duration = .seconds(15)
    ) async throws -> StreamConnection {
        try await StreamConnection(StreamChannel.connected(host: host, port: port, tls: tls, timeout: timeout))
    }

    /// Takes over a TCP connection without TLS, of which another owner has read and written whole messages.
    package static func resume(_ socket: consuming FileDescriptor) async throws -> StreamConnection {
        try await StreamConnection(StreamChannel.resumed(socket))
    }

    /// The next bytes, at most 64 KB; `nil` at the end, or after ``close()`` or ``endReading()``.
    package func read() async throws -> [UInt8]? {
        try await self.channel.read()
    }

    /// Sends all of `bytes`, waiting for room; concurrent calls queue.
    ///
    /// Cancelling a call that waits for room closes the connection, because some of its bytes may already be sent.
    package func write(_ bytes: [UInt8]) async throws {
        try await self.channel.write(bytes)
    }

    /// From now on nothing is read from the socket, so that another owner of it can.
    package func endReading() {
        let channel = self.channel
        EventLoop.shared.runIfNeeded { channel.endReading() }
    }

    /// A copy of the socket, with which the connection lives on after ``close()``. Without TLS, of which a socket knows
    /// nothing, another owner can take it over.
    package func copyOfSocket() async -> FileDescriptor? { await self.channel.copyOfSocket() }

    /// Closes at once, from any thread; a pending read returns `nil`, a pending write throws.
    package func close() {
        let channel = self.channel
        EventLoop.shared.runIfNeeded { channel.close() }
    }
}

/// TLS options of a raw connection. The server is always verified.
package struct TLSSettings: Sendable, Hashable {
    /// PEM file of certificate authorities; replaces the system's.
    package var caFile: String?
    /// PEM file of the client certificate, for servers that request one.
    package var clientCertificate: String?
    /// PEM file of its key; `nil` means that the certificate's file contains it.
    package var clientKey: String?

    package init(caFile: String? = nil, clientCertificate: String? = nil, clientKey: String? = nil) {
        self.caFile = caFile
        self.clientCertificate = clientCertificate
        self.clientKey = clientKey
    }
}
