package import HTTP
package import Logging

/// Opens WebSockets to servers on a separate thread, because name resolution blocks it. TLS is always verified.
///
/// Create one and keep it: libwebsockets 4.1.6 leaks its loaded certificates (0.7 MB) whenever a client's context is
/// destroyed while another exists.
package final class WebSocketClient: Sendable {
    /// The longest path and query, in bytes: libwebsockets 4.1.6 cuts `GET PATH HTTP/1.1` to 2,047 with its line's end.
    package static let pathLimit = 2_032

    private let service: WebSocketService
    private let settings: WebSocketClientSettings

    package init(
        _ settings: WebSocketClientSettings = WebSocketClientSettings(),
        logger: Logger = Logger(label: "websockets")
    ) {
        self.settings = settings
        self.service = WebSocketService(
            name: "ws-client",
            options: WebSocketServiceOptions(
                isClient: true, timeout: settings.connectSeconds, caFile: settings.caFile), logger: logger)
    }

    deinit {
        let service = self.service
        // Ends the thread; unstructured, because `deinit` can't wait.
        Task { await service.stop() }
    }

    /// Connects and performs the handshake. A redirect is an error. The request may have 16 KiB.
    ///
    /// Throws ``WebSocketError`` with `connect`, or with `plainTextRefused` for `ws:` to another machine unless the
    /// settings allow it; or `CancellationError`.
    package func connect(
        _ url: HTTPURL, headers: HTTPHeaders = HTTPHeaders(), subprotocols: [String] = []
    ) async throws -> WebSocket {
        guard url.isSecure || url.isLoopback || self.settings.allowsPlainText else {
            throw WebSocketError(
                .plainTextRefused,
                "\(url.scheme)://\(url.authority) is not encrypted; use wss, or explicitly allow plain text")
        }
        let target = WebSocketTarget(url: url, headers: headers, subprotocols: subprotocols)
        try target.check()
        return try await self.service.connect(target, settings: self.settings.socket)
    }

    /// Closes all sockets with 1001 and ends the thread.
    package func stop() async {
        await self.service.stop()
    }
}

package struct WebSocketClientSettings: Sendable, Hashable {
    /// PEM file of certificate authorities; replaces the system's.
    package var caFile: String?
    /// Whether `ws:` is allowed to other machines.
    package var allowsPlainText = false
    /// Time limit in whole seconds for connecting, and again for the handshake.
    package var connectSeconds = 15
    package var socket = WebSocketSettings()

    package init() {}
}
