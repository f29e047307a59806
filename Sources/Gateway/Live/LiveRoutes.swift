internal import Chat
internal import HTTP
internal import HTTPServer
internal import WebSockets

/// The WebSocket route of the live protocol.
struct LiveRoutes: Sendable {
    let context: GatewayContext

    static let routes: [APIRoute] = [
        APIRoute(
            .get, "/api/v1/live", "live",
            "A WebSocket of frames: send {\"subscribe\":OPERATION,\"last_sequence\":0} or {\"subscribe_thread\":THREAD}, "
                + "with \"presence\":true also who else has it open; {\"subscribe_asks\":true} brings {\"asks\":[ID],"
                + "\"mentions\":[ID]} whenever other asks "
                + "wait for you or other texts name you, {\"subscribe_all\":true,\"last_event_id\":ID} the events of /api/v1/events. "
                + "{\"visible\":true} says that somebody looks at the page: nothing is pushed to them meanwhile.",
            .watching(from: .guest),
            answers: [
                .init(status: .switchingProtocols, text: "The connection speaks the live protocol."),
                .problem(HTTPStatus(426), "Not a WebSocket request."),
            ], isLive: true
        ) { (context, call: PlainCall) in try Self(context: context).open(call.request) }
    ]

    private func open(_ request: APIRequest) throws -> HTTPServerResponse {
        let principal = try request.person()
        return try self.context.sockets.response(to: request.http) { socket in
            let connection = LiveConnection(
                context: self.context, principal: principal, headers: request.http.headers, socket: socket,
                logger: request.logger,
                isValid: { try await self.context.authenticator.isValid(principal) })
            await self.context.connections.with(connection) { await connection.run() }
        }
    }

    /// Small buffers: commands are short, and a slow client's frames wait in storage.
    static var settings: WebSocketSettings {
        var settings = WebSocketSettings()
        settings.messageLimit = 8192
        settings.receiveCount = 16
        settings.sendHighWater = 64 * 1024
        return settings
    }
}
