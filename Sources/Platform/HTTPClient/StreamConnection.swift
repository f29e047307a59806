internal import CCurl
package import EventLoop
internal import HTTP

/// A raw TCP or TLS connection to a named host, for protocols such as IRC. libcurl resolves, connects and verifies.
///
/// One task may read while another one writes. When the last reference goes away the connection is closed.
package final class StreamConnection: Sendable {
    private let channel: StreamChannel

    private init(_ channel: StreamChannel) {
        self.channel = channel
    }

    deinit {
        self.close()
    }

    /// Connects, with `tls` including the handshake and the check of the certificate.
    ///
    /// Throws an ``HTTPClientError``, whose code tells a certificate's fault, or `CancellationError`.
    package static func connect(
        host: String, port: Int, tls: TLSSettings? = nil, timeout: Duration = .seconds(15)
    ) async throws -> StreamConnection {
        try await StreamConnection(StreamChannel.connected(host: host, port: port, tls: tls, timeout: timeout))
    }

    /// The next bytes, at most 64 KB; `nil` at the end or after ``close()``.
    package func read() async throws -> [UInt8]? {
        try await self.channel.read()
    }

    /// Sends all of `bytes`, waiting for room; calls are served in turn.
    ///
    /// A call that is cancelled while it waits for room closes the connection, for its peer could not tell where to go on.
    package func write(_ bytes: [UInt8]) async throws {
        try await self.channel.write(bytes)
    }

    /// Closes at once, from any thread; a task that reads gets the end, one that writes an error.
    package func close() {
        let channel = self.channel
        EventLoop.shared.runIfNeeded { channel.close() }
    }

    /// This end's address; `nil` when closed.
    package var localAddress: SocketAddress? {
        get async { await self.channel.socket.flatMap { Socket.localAddress($0) } }
    }

    /// The peer's address; `nil` when closed.
    package var remoteAddress: SocketAddress? {
        get async { await self.channel.socket.flatMap { Socket.remoteAddress($0) } }
    }
}
