import EventLoop
import HTTP
import HTTPServer
import Logging
import Primitives
import TestSupport
import WebSockets

/// A WebSocket server behind an HTTP server.
struct WebSocketTestServer: Sendable {
    let http: HTTPServer
    let sockets: WebSocketServer

    var url: HTTPURL {
        get throws { try HTTPURL("ws://\(self.http.boundAddress?.description ?? "")/live?x=1") }
    }

    /// Runs `handler` for every connection during `body`.
    static func with(
        _ settings: WebSocketSettings = WebSocketSettings(), subprotocols: [String] = [],
        handler: @escaping @concurrent @Sendable (WebSocket) async throws -> Void,
        _ body: (WebSocketTestServer) async throws -> Void
    ) async throws {
        let quiet = Logger(label: "test", output: LogOutput(level: .error, format: .json) { _ in })
        let sockets = WebSocketServer(settings, logger: quiet)
        let http = HTTPServer(HTTPServerSettings(), logger: quiet) { request in
            try sockets.response(to: request, subprotocols: subprotocols, body: handler)
        }
        try await http.start()
        async let running: Void = http.run()
        async let serving: Void = sockets.run()
        var failure: (any Error)?
        do {
            try await body(WebSocketTestServer(http: http, sockets: sockets))
        } catch {
            failure = error
        }
        await sockets.stop()
        await http.stop()
        try await running
        try await serving
        if let failure { throw failure }
    }

    @concurrent @Sendable
    static func echo(_ socket: WebSocket) async throws {
        while let message = try await socket.next() { try await socket.send(message) }
    }
}

/// Runs `body` with a client and stops the client afterwards.
func withClient(
    _ settings: WebSocketClientSettings = WebSocketClientSettings(), _ body: (WebSocketClient) async throws -> Void
) async throws {
    let client = WebSocketClient(
        settings, logger: Logger(label: "test", output: LogOutput(level: .error, format: .json) { _ in }))
    do {
        try await body(client)
    } catch {
        await client.stop()
        throw error
    }
    await client.stop()
}

/// A value that one task sets and another waits for.
final class Outcome<Value: Sendable>: Sendable {
    private let stream: AsyncStream<Value>
    private let continuation: AsyncStream<Value>.Continuation

    init() {
        (self.stream, self.continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
    }

    func set(_ value: Value) { self.continuation.yield(value) }

    func value() async throws -> Value {
        for await value in self.stream { return value }
        throw CancellationError()
    }
}
