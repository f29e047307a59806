import EventLoop
import HTTP
import HTTPClient
import JSON
import TestSupport
import Testing
import WebSockets

/// A Slack app of the tests, which also does things that no client does.
@Net
struct SlackApp {
    let slack: LoopbackSlack
    private let client = HTTPClient()
    private let sockets = WebSocketClient()

    /// Starts a workspace. Its clock runs; tests advance it with `advance(by:)`.
    init(_ change: (inout LoopbackSlack.Settings) -> Void = { _ in }) async throws {
        var settings = LoopbackSlack.Settings()
        settings.rateLimits = .off
        change(&settings)
        self.slack = try await LoopbackSlack.started(settings)
    }

    /// Stops the workspace.
    func stop() async {
        await self.sockets.stop()
        await self.slack.stop()
    }

    /// Calls a method with a JSON body; returns status, headers and body of the answer.
    func response(
        _ method: String, _ arguments: JSON = [:], token: String? = nil, totalTimeout: Duration? = .seconds(10)
    ) async throws -> (status: Int, headers: HTTPHeaders, body: JSON) {
        var request = HTTPClientRequest(
            .post, try HTTPURL(self.slack.apiURL + method),
            headers: [
                "Authorization": "Bearer \(token ?? self.slack.botToken)",
                "Content-Type": "application/json; charset=utf-8",
            ], body: .bytes(arguments.bytes))
        request.totalTimeout = totalTimeout
        let response = try await self.client.execute(request)
        let body = try await response.body.collect(upTo: 4 << 20)
        return (Int(response.status.code), response.headers, (try? JSON.parse(body)) ?? .null)
    }

    /// Calls a method that must succeed.
    @discardableResult
    func call(_ method: String, _ arguments: JSON = [:]) async throws -> JSON {
        let body = try await self.response(method, arguments).body
        expectEqual(body["ok"], true, "\(method): \(body)")
        return body
    }

    /// The error of a call that must fail.
    func refusal(_ method: String, _ arguments: JSON = [:], token: String? = nil) async throws -> String {
        try await self.response(method, arguments, token: token).body["error"]?.stringValue ?? "ok"
    }

    /// Posts a text into the general channel; returns the ts.
    @discardableResult
    func post(_ text: String, thread: String? = nil) async throws -> String {
        var message: JSONObject = ["channel": .string(LoopbackSlack.general), "text": .string(text)]
        if let thread { message["thread_ts"] = .string(thread) }
        return try await self.call("chat.postMessage", .object(message))["ts"]?.stringValue ?? ""
    }

    /// Sends bytes to any address of the workspace.
    func send(_ body: JSON, to url: String) async throws -> (status: Int, text: String) {
        let response = try await self.client.execute(
            HTTPClientRequest(
                .post, try HTTPURL(url), headers: ["Content-Type": "application/json"], body: .bytes(body.bytes)))
        return (
            Int(response.status.code), String(decoding: try await response.body.collect(upTo: 1 << 20), as: UTF8.self)
        )
    }

    /// The address of a WebSocket, valid for one use.
    func ticket() async throws -> HTTPURL {
        let body = try await self.response("apps.connections.open", token: self.slack.appToken).body
        return try HTTPURL(try #require(body["url"]?.stringValue))
    }

    /// Opens a connection and reads its `hello`.
    func connect() async throws -> SlackConnection {
        let connection = SlackConnection(socket: try await self.sockets.connect(try await self.ticket()))
        try await expectEqual(connection.frame()["type"], "hello")
        return connection
    }

    func open(_ url: HTTPURL) async throws -> WebSocket { try await self.sockets.connect(url) }
}

/// The app's end of a Socket Mode connection.
@Net
struct SlackConnection {
    let socket: WebSocket

    func frame() async throws -> JSON {
        guard case .text(let text) = try await self.socket.next() else { throw RawConnection.Ended() }
        return try JSON.parse(Array(text.utf8))
    }

    func acknowledge(_ frame: JSON, payload: JSON? = nil) async throws {
        var answer: JSONObject = ["envelope_id": frame["envelope_id"] ?? .null]
        if let payload { answer["payload"] = payload }
        try await self.socket.send(JSON(answer).text)
    }

    /// Reads and acknowledges the next event.
    func event() async throws -> JSON {
        let frame = try await self.frame()
        try await self.acknowledge(frame)
        return frame["payload"]?["event"] ?? .null
    }

    /// Types and subtypes of the next events.
    func events(_ count: Int) async throws -> [String] {
        var kinds: [String] = []
        for _ in 0..<count {
            let event = try await self.event()
            let subtype = event["subtype"]?.stringValue.map { "/" + $0 } ?? ""
            kinds.append((event["type"]?.stringValue ?? "") + subtype)
        }
        return kinds
    }
}
