internal import HTTP
package import JSON
internal import Logging
internal import WebSockets

/// A connection to the gateway's live protocol.
package final class LiveClient: Sendable {
    private let client: WebSocketClient
    private let socket: WebSocket

    /// Connects; `origin` is the header that a browser would send.
    package static func connect(to base: String, headers: [String: String]) async throws -> LiveClient {
        let client = WebSocketClient(logger: .silent)
        var fields = HTTPHeaders()
        for (name, value) in headers { fields.append(name, value) }
        let url = try HTTPURL("ws" + base.dropFirst("http".count) + "/api/v1/live")
        do {
            return LiveClient(client: client, socket: try await client.connect(url, headers: fields))
        } catch {
            await client.stop()
            throw error
        }
    }

    private init(client: WebSocketClient, socket: WebSocket) {
        self.client = client
        self.socket = socket
    }

    /// Subscribes to an operation's frames after `sequence`.
    package func subscribe(to operation: String, after sequence: Int = 0) async throws {
        let command: JSON = ["subscribe": .string(operation), "last_sequence": .integer(Int64(sequence))]
        try await self.socket.send(command.text)
    }

    /// Subscribes to all frames of a thread.
    package func subscribe(toThread thread: String) async throws {
        let command: JSON = ["subscribe_thread": .string(thread)]
        try await self.socket.send(command.text)
    }

    package func send(_ text: String) async throws { try await self.socket.send(text) }

    /// The next frame; nil at the connection's end, which comes after a minute without a frame.
    package func next() async throws -> JSON? {
        // Otherwise a test would reach its own limit, which does not say where it waited.
        let end = Task {
            try await Task.sleep(for: .seconds(60))
            await self.socket.close()
        }
        defer { end.cancel() }
        guard case .text(let text) = try await self.socket.next() else { return nil }
        return try JSON.parse(Array(text.utf8))
    }

    /// Frames up to the last one of an operation, or to the connection's end.
    package func frames() async throws -> [JSON] {
        var frames: [JSON] = []
        while let frame = try await self.next() {
            frames.append(frame)
            if ["complete", "error"].contains(frame["type"]?.stringValue ?? "") { break }
        }
        return frames
    }

    package func close() async {
        await self.socket.close()
        await self.client.stop()
    }
}
