internal import HTTP
internal import HTTPClient
internal import Host
internal import JSON
internal import Logging
internal import WebSockets

/// A connection to a host: the one that is serving the data directory, or one in this process.
struct ChatLink: Sendable {
    struct Frame: Sendable {
        let type: String
        let content: String
        /// A command's standard error.
        var isError = false
        /// A piece of what the model thinks.
        var isThought = false
        var isLast: Bool { self.type == "complete" || self.type == "error" }
    }

    private let base: HTTPURL
    private let headers: HTTPHeaders
    private let client = HTTPClient()
    private let sockets = WebSocketClient(logger: Logger(label: "chat"))

    init(address: String, token: String) throws {
        self.base = try HTTPURL("http://\(ServingHost.reachable(address))")
        self.headers = ["Authorization": "Bearer \(token)", "Content-Type": "application/json"]
    }

    func newThread() async throws -> String {
        let answer = try await self.post("/api/v1/threads", [:])
        guard let id = answer["id"]?.stringValue else { throw CommandFailure("the host created no thread; try again") }
        return id
    }

    /// Sends a message, follows its operation to the end, and returns it.
    func ask(_ text: String, in thread: String, show: (Frame) async throws -> Void) async throws -> JSON {
        try await self.follow(try await self.send(text, in: thread), show: show)
    }

    /// Sends a message, and returns its operation.
    func send(_ text: String, in thread: String) async throws -> String {
        let answer = try await self.post("/api/v1/threads/\(thread)/messages", ["text": .string(text)])
        guard let operation = answer["operation_id"]?.stringValue else {
            throw CommandFailure("the host did not accept the message; try again")
        }
        return operation
    }

    func operation(_ id: String) async throws -> JSON { try await self.call(.get, "/api/v1/operations/\(id)", nil) }

    /// Follows an operation to its end, and returns it.
    func follow(_ operation: String, show: (Frame) async throws -> Void) async throws -> JSON {
        var url = self.base
        url.path = "/api/v1/live"
        let socket = try await self.sockets.connect(url, headers: self.headers)
        try await socket.send(JSON.object(["subscribe": .string(operation), "last_sequence": 0]).text)
        while case .text(let text)? = try await socket.next() {
            let json = try JSON.parse(Array(text.utf8))
            guard let type = json["type"]?.stringValue, let content = json["content"]?.stringValue else { continue }
            let frame = Frame(
                type: type, content: content, isError: json["stream"]?.stringValue == "stderr",
                isThought: json["stream"]?.stringValue == "reasoning")
            try await show(frame)
            if frame.isLast { break }
        }
        await socket.close()
        return try await self.operation(operation)
    }

    /// The operation that runs in a thread, or waits to.
    func activeOperation(of thread: String) async throws -> String? {
        try await self.call(.get, "/api/v1/threads/\(thread)", nil)["active_operation"]?.stringValue
    }

    /// What a thread asks people, oldest first.
    func asks(of thread: String) async throws -> [JSON] {
        try await self.call(.get, "/api/v1/threads/\(thread)/asks", nil)["items"]?.arrayValue ?? []
    }

    /// The ids of the available models.
    func models() async throws -> [String] {
        let answer = try await self.call(.get, "/api/v1/models", nil)
        return answer["items"]?.arrayValue?.compactMap { $0["id"]?.stringValue } ?? []
    }

    /// Stops a thread's running answer.
    func stop(_ thread: String) async throws {
        _ = try await self.post("/api/v1/threads/\(thread)/messages", ["text": "/stop"])
    }

    /// Deletes a thread with its messages.
    func delete(_ thread: String) async throws { _ = try await self.call(.delete, "/api/v1/threads/\(thread)", nil) }

    /// Answers an ask. Returns the decision.
    func answer(_ ask: String, with key: String, reason: String?) async throws -> JSON {
        let body: JSON = ["answer": .string(key), "text": reason.map { .string($0) } ?? .null]
        let answer = try await self.exchange(.post, "/api/v1/asks/\(ask)", body)
        guard answer.status != 404 else {
            throw CommandFailure("there is no ask '\(ask)'. 'jetbridge asks' lists the open ones.")
        }
        return try Self.checked(answer)
    }

    /// Changes somebody's access: a role, or nil to remove them.
    func change(_ person: String, to role: String?) async throws {
        let body: JSON? = role.map { ["role": .string($0)] }
        _ = try await self.call(body == nil ? .delete : .patch, "/api/v1/people/\(person)", body)
    }

    /// Lets the host close the connections that a credential has opened, which is revoked already.
    func closeConnections(ofCredential id: String) async throws {
        let status = try await self.exchange(.delete, "/api/v1/credentials/\(id)", nil).status
        guard status == 204 || status == 404 else { throw CommandFailure("the host answered \(status)") }
    }

    /// What the host says about its hooks.
    ///
    /// - Parameter path: below `/api/v1/hooks`.
    func hooks(_ method: HTTPMethod, _ path: String) async throws -> JSON {
        let below = path.split(separator: "/").map { PercentEncoding.encode(String($0), keeping: .pathSegment) }
        return try await self.call(method, (["/api/v1/hooks"] + below).joined(separator: "/"), nil)
    }

    /// The commands of a thread.
    func jobs(of thread: String) async throws -> [JSON] {
        try await self.call(.get, "/api/v1/threads/\(thread)/jobs", nil)["items"]?.arrayValue ?? []
    }

    /// Ids of the threads that were active last.
    func threads() async throws -> [String] {
        let page = try await self.call(.get, "/api/v1/threads", nil)
        return page["items"]?.arrayValue?.compactMap { $0["id"]?.stringValue } ?? []
    }

    func close() async { await self.sockets.stop() }

    private func post(_ path: String, _ body: JSON) async throws -> JSON { try await self.call(.post, path, body) }

    private func call(_ method: HTTPMethod, _ path: String, _ body: JSON?) async throws -> JSON {
        try Self.checked(try await self.exchange(method, path, body))
    }

    private static func checked(_ answer: (status: Int, json: JSON)) throws -> JSON {
        guard 200..<300 ~= answer.status else {
            throw CommandFailure(answer.json["detail"]?.stringValue ?? "the host answered \(answer.status); try again")
        }
        return answer.json
    }

    func exchange(
        _ method: HTTPMethod, _ path: String, _ body: JSON?, query: String? = nil, headers: HTTPHeaders = [:]
    ) async throws -> (status: Int, json: JSON) {
        var url = self.base
        (url.path, url.query) = (path, query)
        var all = self.headers
        for header in headers { all[header.name] = header.value }
        var request = HTTPClientRequest(method, url, headers: all)
        if let body { request.body = .bytes(body.bytes) }
        let response = try await self.client.execute(request)
        let bytes = try await response.body.collect(upTo: 16 << 20)
        return (Int(response.status.code), response.status == .noContent ? .null : try JSON.parse(bytes))
    }
}
