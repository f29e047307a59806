internal import EventLoop
internal import HTTP
internal import HTTPClient
internal import JSON
internal import Primitives

/// A server that is reached over streamable HTTP, in either era.
@Net
final class HTTPConnection: ServerConnection {
    /// For messages that nobody waits for: notifications, answers to questions, the session's end.
    private static let shortLimit = Duration.seconds(10)
    /// Answers to the server's requests that are open at once; further requests are not answered.
    private static let requestLimit = 16
    private static let renewLimit = Duration.seconds(30)

    var onChange: (@Net () -> Void)?
    var onEnd: (@Net (String) -> Void)?
    var agreement: Agreement?
    let needsTurns = false
    let droppedLines = 0
    let errorOutput = ""

    private let name: String
    private let post: HTTPPost
    /// Of the legacy era.
    private var session: String?
    private var renewing: Task<Void, any Error>?
    private var lastID: Int64 = 0
    private var isClosed = false
    /// Requests that run.
    private var running: [RPCID: Task<JSON, any Error>] = [:]
    private var replies: [RPCID: Task<Void, Never>] = [:]

    /// Throws ``ExtensionFailure`` if the address is neither `https` nor this machine's.
    init(
        to address: HTTPURL, headers: [String: Secret], over client: HTTPClient, name: String,
        signIn: (any ExtensionAuthorizing)? = nil
    ) throws {
        self.post = try HTTPPost(to: address, headers: headers, over: client, name: name, signIn: signIn)
        self.name = name
    }

    // MARK: Requests

    func request(_ request: ServerRequest) async throws -> JSON {
        do {
            return try await self.attempt(request)
        } catch is HTTPPost.SessionEnded {
            // The server has been restarted, and has not seen the request.
            try await self.renew()
            do {
                return try await self.attempt(request)
            } catch is HTTPPost.SessionEnded {
                throw ExtensionFailure(.down, "\(self.name) forgets its sessions at once. Try again later.")
            }
        }
    }

    private func attempt(_ request: ServerRequest) async throws -> JSON {
        guard !self.isClosed else { throw ExtensionFailure(.lost, "\(self.name) was stopped.") }
        self.lastID += 1
        let id = RPCID.number(self.lastID)
        let open = OpenRequest(request, server: self.name)
        var late: ExtensionFailure?
        // Unstructured, so that the time limit can end it while the caller waits; the caller's end cancels it.
        let task = Task { try await self.exchange(request, id, open) }
        self.running[id] = task
        open.start {
            late = open.late
            task.cancel()
        }
        defer {
            open.end()
            self.running[id] = nil
        }
        do {
            return try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
        } catch is CancellationError {
            self.withdraw(id, request)
            if let late { throw late }
            try Task.checkCancellation()
            throw ExtensionFailure(
                .lost, "\(self.name) was stopped. The call may have run; check before you repeat it.")
        }
    }

    /// In the modern era the closed stream says it.
    private func withdraw(_ id: RPCID, _ request: ServerRequest) {
        guard self.agreement?.era == .legacy, request.isCancellable else { return }
        // Unstructured: the caller, who was cancelled, does not wait for it.
        Task { await self.send(.notification(method: "notifications/cancelled", params: ["requestId": id.json])) }
    }

    private func exchange(_ request: ServerRequest, _ id: RPCID, _ open: OpenRequest) async throws -> JSON {
        let era = self.agreement?.era
        let message = request.message(id, era)
        let isInitialize = request.method == "initialize"
        let response = try await self.post.send(
            message, self.headers(for: request), session: isInitialize || era == .modern ? nil : self.session)
        if isInitialize { self.session = try self.post.session(of: response) }
        guard MediaType(parsing: response.headers["Content-Type"] ?? "")?.essence == "text/event-stream" else {
            return try self.answer(try await self.post.message(of: response), id)
        }
        return try await self.stream(response, id, open)
    }

    private func answer(_ message: RPCMessage?, _ id: RPCID) throws -> JSON {
        switch message {
        case .result(id, let result)?: return result
        case .failure(_, let error)?: throw error
        default:
            throw ExtensionFailure(.malformed, "\(self.name) answered with something that is not an answer.")
        }
    }

    private func headers(for request: ServerRequest) -> [HTTPPost.Header] {
        if request.method == "initialize" { return [] }
        guard request.method == "server/discover" || self.agreement?.era == .modern else { return self.versionHeaders }
        var headers: [HTTPPost.Header] = [
            ("MCP-Protocol-Version", Revision.modern), ("Mcp-Method", request.method),
        ]
        if ["tools/call", "prompts/get", "resources/read"].contains(request.method),
            let name = (request.params["name"] ?? request.params["uri"])?.stringValue
        {
            headers.append(("Mcp-Name", HeaderValues.encode(name)))
        }
        return headers + request.headers
    }

    // MARK: Streams

    /// Reads the answer from a stream. In the legacy era a stream that ends without it is continued, if its events have
    /// ids.
    private func stream(_ first: HTTPClientResponse, _ id: RPCID, _ open: OpenRequest) async throws -> JSON {
        var response = first
        var reader = EventReader(name: self.name)
        while true {
            do {
                for try await bytes in response.body {
                    for message in try await reader.take(bytes) {
                        if let answer = try self.take(message, id, open) { return answer }
                    }
                }
            } catch let error as HTTPClientError {
                guard reader.lastID != nil else { throw self.post.failure(error) }
            }
            guard self.agreement?.era != .modern, let last = reader.lastID else { throw self.brokenOff }
            try await EventLoop.shared.sleep(for: reader.retry)
            do {
                response = try await self.post.resume(after: last, self.versionHeaders, session: self.session)
            } catch  where !(error is CancellationError) {
                throw self.brokenOff
            }
            reader.beginNext()
        }
    }

    private var brokenOff: ExtensionFailure {
        ExtensionFailure(.lost, "\(self.name) broke off its answer. The call may have run; check before you repeat it.")
    }

    /// Returns the answer, if the message is it.
    private func take(_ message: RPCMessage, _ id: RPCID?, _ open: OpenRequest?) throws -> JSON? {
        switch message {
        case .result(let answered, let result) where answered == id: return result
        case .failure(let answered, let error) where answered == id || answered == nil && id != nil: throw error
        case .result, .failure: break
        case .notification("notifications/progress", let params):
            if let id, RPCID(params["progressToken"]) == id { open?.report(params) }
        case .notification("notifications/cancelled", let params):
            if let asked = RPCID(params["requestId"]) { open?.asking[asked]?.cancel() }
        case .notification("notifications/tools/list_changed", _),
            .notification("notifications/prompts/list_changed", _):
            self.onChange?()
        case .notification: break
        case .request(let asked, let method, let params): self.serve(asked, method, params, open)
        }
        return nil
    }

    /// The request of a server, which only the legacy era has. The answer is a message by itself.
    private func serve(_ id: RPCID, _ method: String, _ params: JSON, _ open: OpenRequest?) {
        guard self.replies.count < Self.requestLimit, self.replies[id] == nil else { return }
        let isQuestion = method == Elicitation.method && self.agreement?.era == .legacy
        // Unstructured: the stream is read on while a person answers. The end of the call cancels it.
        let task = Task { [weak self] in
            let reply: RPCMessage
            if isQuestion {
                let answer = if let open { await open.answer(params) } else { Elicitation.json(.decline) }
                open?.asking[id] = nil
                reply = .result(id, answer)
            } else {
                reply = method == "ping" ? .result(id, [:]) : .failure(id, .notOffered(method))
            }
            await self?.send(reply)
            self?.replies[id] = nil
        }
        self.replies[id] = task
        if isQuestion { open?.asking[id] = task }
    }

    /// Sends what has no answer; a failure shows in the call that it is about.
    private func send(_ message: RPCMessage) async {
        let (post, session, headers) = (self.post, self.session, self.versionHeaders)
        _ = try? await withDeadline(Self.shortLimit) { try await post.send(message, headers, session: session) }
    }

    private var versionHeaders: [HTTPPost.Header] {
        self.agreement.map { [("MCP-Protocol-Version", $0.revision)] } ?? []
    }

    func notify(_ method: String) async { await self.send(.notification(method: method, params: .null)) }

    // MARK: Changes and the end

    func listen() async throws {
        guard self.agreement?.era == .legacy else {
            _ = try await self.request(.listen)
            return
        }
        let response: HTTPClientResponse
        do {
            response = try await self.post.resume(after: nil, self.versionHeaders, session: self.session)
        } catch is HTTPPost.SessionEnded {
            // The next call begins another.
            return
        }
        var reader = EventReader(name: self.name)
        for try await bytes in response.body {
            for message in try await reader.take(bytes) { _ = try self.take(message, nil, nil) }
        }
    }

    /// Begins another session; calls that need one at the same time share it.
    private func renew() async throws {
        if let renewing = self.renewing { return try await renewing.sharedValue() }
        // Unstructured: several calls wait for it, and none may cut it short.
        let task = Task {
            defer { self.renewing = nil }
            self.session = nil
            do {
                let params = Revision.initialize.objectValue ?? [:]
                let answer = try await self.attempt(
                    ServerRequest(method: "initialize", params: params, limit: Self.renewLimit))
                guard let agreement = Agreement(initialization: answer) else {
                    throw ExtensionFailure(.down, "\(self.name) was restarted with another protocol. Try again.")
                }
                self.agreement = agreement
                await self.notify("notifications/initialized")
            } catch {
                self.onEnd.take()?("it has ended its session and begins no other")
                throw error
            }
        }
        self.renewing = task
        try await task.sharedValue()
    }

    func close() async {
        self.isClosed = true
        self.onEnd = nil
        self.onChange = nil
        let running = self.running.values
        for task in running { task.cancel() }
        for task in self.replies.values { task.cancel() }
        for task in running { _ = await task.result }
        guard let session = self.session.take() else { return }
        let (post, headers) = (self.post, self.versionHeaders)
        _ = try? await withDeadline(Self.shortLimit) { try await post.end(session, headers) }
    }
}
