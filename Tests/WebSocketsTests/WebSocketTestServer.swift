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

/// A client that sends raw frames, valid or not.
@Net
struct RawWebSocket {
    let connection: RawConnection
    let handshake: String

    init(_ server: WebSocketTestServer, headers: String = "") async throws {
        self.connection = try await RawConnection(to: server.http.boundAddress)
        try await self.connection.send(
            "GET /live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\(headers)\r\n")
        self.handshake = try await self.connection.receive(through: "\r\n\r\n")
    }

    /// Sends a masked frame; `head` is its first byte: the opcode, plus 0x80 for the final fragment.
    func send(_ head: UInt8, _ payload: [UInt8]) async throws {
        let mask: [UInt8] = [1, 2, 3, 4]
        precondition(payload.count < 126)
        try await self.connection.send(
            [head, 0x80 | UInt8(payload.count)] + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] })
    }

    /// Receives a small frame: its first byte and its payload.
    func receive() async throws -> (head: UInt8, payload: [UInt8]) {
        let start = try await self.connection.receive(count: 2)
        return (start[0], try await self.connection.receive(count: Int(start[1])))
    }

    /// Waits for the close frame, responds to it and returns its code.
    func receiveClose() async throws -> Int {
        while true {
            let (head, payload) = try await self.receive()
            guard head == 0x88 else { continue }
            try? await self.send(0x88, Array(payload.prefix(2)))
            return payload.count < 2 ? 1005 : Int(payload[0]) << 8 | Int(payload[1])
        }
    }
}
