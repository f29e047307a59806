internal import HTTP
internal import HTTPClient
package import JSON
internal import Primitives

/// A client of the gateway's HTTP API.
package struct GatewayClient: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let status: Int
        package let body: String
        package var description: String { "the gateway answered \(self.status): \(self.body)" }
    }

    package let base: String
    private let client: HTTPClient
    private let headers: HTTPHeaders

    /// Signs in with the printed code, and with a name if there is one.
    package init(signingInAt address: String, code: String, name: String? = nil) async throws {
        self.base = "http://\(address)"
        self.client = HTTPClient()
        let body: JSON = ["code": .string(code), "name": name.map { .string($0) } ?? .null]
        var request = HTTPClientRequest(.post, try HTTPURL(self.base + "/api/v1/signin"), body: .bytes(body.bytes))
        request.headers = ["Content-Type": "application/json", "Origin": self.base]
        let response = try await self.client.execute(request)
        guard response.status.code == 204, let cookie = response.headers["set-cookie"]?.split(separator: ";").first
        else {
            throw Failure(
                status: response.status.code,
                body: String(decoding: try await response.body.collect(upTo: 65_536), as: UTF8.self))
        }
        self.headers = ["Cookie": String(cookie), "Origin": self.base]
    }

    package init(address: String, token: String) {
        self.base = "http://\(address)"
        self.client = HTTPClient()
        self.headers = ["Authorization": "Bearer \(token)"]
    }

    /// Sends no credential.
    package init(strangerAt address: String) {
        self.init(base: "http://\(address)", headers: HTTPHeaders())
    }

    private init(base: String, headers: HTTPHeaders) {
        self.base = base
        self.client = HTTPClient()
        self.headers = headers
    }

    /// The same browser or token after a restart of the host, possibly on another port.
    package func moved(to address: String) -> GatewayClient {
        var headers = self.headers
        if headers.contains("Origin") { headers["Origin"] = "http://\(address)" }
        return GatewayClient(base: "http://\(address)", headers: headers)
    }

    package var cookie: String? { self.headers["cookie"] }

    package func get(_ path: String) async throws -> JSON { try await self.call(.get, path, nil) }

    package func post(_ path: String, _ body: JSON = [:], key: String? = nil) async throws -> JSON {
        try await self.call(.post, path, body, key: key)
    }

    package func page(_ path: String) async throws -> (status: Int, text: String) {
        let target = path.hasPrefix("http") ? path : self.base + path
        let response = try await self.client.execute(
            HTTPClientRequest(.get, try HTTPURL(target), headers: self.headers))
        return (response.status.code, String(decoding: try await response.body.collect(upTo: 16 << 20), as: UTF8.self))
    }

    /// Creates a web thread and returns its id.
    package func newThread() async throws -> String {
        try await self.post("/api/v1/threads")["id"]?.stringValue ?? ""
    }

    /// Sends a file for the next message.
    package func upload(_ bytes: [UInt8], named name: String, to thread: String) async throws -> JSON {
        let query = HTTPQuery([.init(name: "name", value: name)]).encoded
        var request = HTTPClientRequest(
            .post, try HTTPURL("\(self.base)/api/v1/threads/\(thread)/files?\(query)"), headers: self.headers,
            body: .bytes(bytes))
        request.headers["Content-Type"] = "application/octet-stream"
        let response = try await self.client.execute(request)
        let body = try await response.body.collect(upTo: 1 << 20)
        guard response.status == .created else {
            throw Failure(status: response.status.code, body: String(decoding: body, as: UTF8.self))
        }
        return try JSON.parse(body)
    }

    /// Posts a message to a thread. Returns the operation's id.
    package func send(_ text: String, to thread: String, key: String? = nil) async throws -> String {
        try await self.post("/api/v1/threads/\(thread)/messages", ["text": .string(text)], key: key)["operation_id"]?
            .stringValue ?? ""
    }

    /// Waits until an operation has ended, and returns it.
    package func ended(_ operation: String, within limit: Duration = .seconds(30)) async throws -> JSON {
        let deadline = ContinuousClock.now + limit
        while true {
            let state = try await self.get("/api/v1/operations/\(operation)")
            if !["queued", "running"].contains(state["state"]?.stringValue ?? "") { return state }
            if ContinuousClock.now > deadline { throw Failure(status: 200, body: "still \(state.text)") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Opens the live protocol with the same credential.
    package func live() async throws -> LiveClient {
        let names = self.headers.contains("Cookie") ? ["Cookie", "Origin"] : ["Authorization"]
        let pairs = names.compactMap { name in self.headers[name].map { (name, $0) } }
        return try await LiveClient.connect(to: self.base, headers: Dictionary(uniqueKeysWithValues: pairs))
    }

    /// What a browser gets that follows no redirects.
    package struct Step: Sendable {
        package let status: Int
        package let location: String?
        /// Set by the answer, as `NAME=VALUE`.
        package let cookie: String?
    }

    /// - Parameter target: A path here, or any address.
    package func step(_ target: String, cookie: String? = nil) async throws -> Step {
        let url = try HTTPURL(target.hasPrefix("http") ? target : self.base + target)
        var request = HTTPClientRequest(.get, url)
        if let cookie { request.headers["Cookie"] = cookie }
        let response = try await self.client.execute(request)
        _ = try await response.body.collect(upTo: 1 << 20)
        return Step(
            status: response.status.code, location: response.headers["location"],
            cookie: response.headers["set-cookie"].map { String($0.prefix { $0 != ";" }) })
    }

    /// Every frame of an operation, from the first to the last.
    package func frames(of operation: String) async throws -> [JSON] {
        let live = try await self.live()
        try await live.subscribe(to: operation)
        let frames = try await live.frames()
        await live.close()
        return frames
    }

    /// Role and text of every message in a thread.
    package func transcript(of thread: String) async throws -> [(role: String, text: String)] {
        var items: [JSON] = []
        var cursor: String?
        repeat {
            let query = cursor.map { "&cursor=\($0)" } ?? ""
            let page = try await self.get("/api/v1/threads/\(thread)/messages?limit=100\(query)")
            items += page["items"]?.arrayValue ?? []
            cursor = page["next_cursor"]?.stringValue
        } while cursor != nil
        return items.map { ($0["role"]?.stringValue ?? "", $0["text"]?.stringValue ?? "") }
    }

    package struct Answer: Sendable {
        package let status: Int
        package let contentType: String
        package let retryAfter: String?
        package let text: String
        package var json: JSON? { try? JSON.parse(Array(self.text.utf8)) }
    }

    /// Sends any request; `headers` override the client's own.
    package func answer(
        _ method: String, _ path: String, body: String? = nil, headers: [String: String] = [:]
    ) async throws -> Answer {
        var request = HTTPClientRequest(
            HTTPMethod(rawValue: method), try HTTPURL(self.base + path), headers: self.headers)
        if let body {
            request.headers["Content-Type"] = "application/json"
            request.body = .bytes(Array(body.utf8))
        }
        for (name, value) in headers { request.headers[name] = value }
        let response = try await self.client.execute(request)
        let bytes = try await response.body.collect(upTo: 16 << 20)
        return Answer(
            status: response.status.code, contentType: response.headers["content-type"] ?? "",
            retryAfter: response.headers["retry-after"], text: String(decoding: bytes, as: UTF8.self))
    }

    /// Waits until a metric's line, including its labels, reaches a value.
    package func waitForMetric(_ line: String, toReach value: Double, within limit: Duration = .seconds(20))
        async throws
    {
        let deadline = ContinuousClock.now + limit
        while true {
            let text = try await self.answer("GET", "/metrics").text
            let found = text.split(separator: "\n").first { $0.hasPrefix(line + " ") }
            if let number = found?.split(separator: " ").last.flatMap({ Double(untrusted: $0) }), number >= value {
                return
            }
            if ContinuousClock.now > deadline { throw Failure(status: 200, body: "no \(line) of \(value) in\n\(text)") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private func call(_ method: HTTPMethod, _ path: String, _ body: JSON?, key: String? = nil) async throws -> JSON {
        var request = HTTPClientRequest(method, try HTTPURL(self.base + path), headers: self.headers)
        if let body {
            request.headers["Content-Type"] = "application/json"
            request.body = .bytes(body.bytes)
        }
        if let key { request.headers["Idempotency-Key"] = key }
        let response = try await self.client.execute(request)
        let bytes = try await response.body.collect(upTo: 16 << 20)
        guard response.status.isSuccess else {
            throw Failure(status: response.status.code, body: String(decoding: bytes, as: UTF8.self))
        }
        return bytes.isEmpty ? .null : try JSON.parse(bytes)
    }
}
