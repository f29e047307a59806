package import HTTP
package import Logging

/// Opens WebSockets to servers, on a thread of its own, because name resolution blocks it. TLS is always verified.
///
/// Make one and keep it: libwebsockets 4.1.6 loses the certificates that it read (0.7 MB) whenever a client's context
/// ends while another one lives.
package final class WebSocketClient: Sendable {
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
        // Ends the thread; nobody is left to wait for it.
        Task { await service.stop() }
    }

    /// Connects and shakes hands.
    ///
    /// Throws ``WebSocketError`` with `connect`, or `plainTextRefused` for `ws:` to another machine unless the settings
    /// allow it; `CancellationError`.
    package func connect(
        _ url: HTTPURL, headers: HTTPHeaders = HTTPHeaders(), subprotocols: [String] = []
    ) async throws -> WebSocket {
        guard url.isSecure || url.isLoopback || self.settings.allowsPlainText else {
            throw WebSocketError(
                .plainTextRefused, "\(url.scheme)://\(url.authority) is not encrypted; use wss, or allow it expressly")
        }
        return try await self.service.connect(
            WebSocketTarget(url: url, headers: headers, subprotocols: subprotocols), settings: self.settings.socket)
    }

    /// Closes every socket with 1001 and ends the thread.
    package func stop() async {
        await self.service.stop()
    }
}
