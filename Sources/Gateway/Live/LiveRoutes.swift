internal import HTTP
internal import HTTPServer
internal import Sessions
internal import WebSockets

/// The live WebSocket.
struct LiveRoutes: Sendable {
    let context: GatewayContext
    let authenticator: Authenticator
    let sockets: WebSocketServer

    var routes: [APIRoute] {
        [
            APIRoute(
                method: .get, pattern: "/api/v1/live", operation: "live",
                summary:
                    "A WebSocket of frames: send {\"subscribe\":OPERATION,\"last_sequence\":0} or {\"subscribe_thread\":THREAD}.",
                access: .scopes([.chat, .read]),
                answers: [
                    .init(status: .switchingProtocols, description: "The connection speaks the live protocol."),
                    .init(status: HTTPStatus(426), description: "Not a WebSocket request.", schema: "Problem"),
                ], isLive: true, handle: { try self.open($0) })
        ]
    }

    private func open(_ request: APIRequest) throws -> HTTPServerResponse {
        let principal = try request.person()
        return try self.sockets.response(to: request.http) { socket in
            await LiveConnection(
                context: self.context, principal: principal, socket: socket, logger: request.logger,
                isValid: { try await self.authenticator.isValid(principal) }
            ).run()
        }
    }

    /// Commands are short and frames are few: what waits for a slow client stays in storage.
    static var settings: WebSocketSettings {
        var settings = WebSocketSettings()
        settings.messageLimit = 8192
        settings.receiveCount = 16
        settings.sendHighWater = 64 * 1024
        // Deflate costs each connection some hundred kilobytes; frames are too short to repay it.
        settings.hasCompression = false
        return settings
    }
}
