internal import EventLoop
internal import HTTP
internal import HTTPServer
internal import JSON

/// Routes the requests to a ``LoopbackSlack``.
struct SlackDispatcher: HTTPDispatcher {
    let slack: LoopbackSlack

    func dispatch(_ head: RequestHead) -> HTTPDispatch {
        let slack = self.slack
        return HTTPDispatch(.loop { request in try await slack.answer(request) })
    }
}

extension LoopbackSlack {
    @Net func answer(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let path = String(request.path)
        if path == "/link/" { return self.answer(link: request) }
        if path.hasPrefix("/files-pri/") { return try await self.answer(download: path, request) }
        guard request.method == .post || path.hasPrefix("/api/") else {
            return .html("<html><body>Slack</body></html>", .notFound)
        }
        let body = try await request.body.collect()
        if path.hasPrefix("/api/") { return try await self.answer(call: String(path.dropFirst(5)), request, body) }
        if path.hasPrefix("/upload/") {
            return try await self.faulted("upload") {
                let (status, text) = self.change { $0.upload(path, body) }
                return .text(text, HTTPStatus(status))
            }
        }
        if path.hasPrefix("/commands/") || path.hasPrefix("/actions/") {
            return try await self.faulted("response_url") {
                let (status, text) = self.change { $0.response(path, body) }
                return .text(text, HTTPStatus(status))
            }
        }
        return .html("<html><body>Slack</body></html>", .notFound)
    }

    @Net private func answer(
        call name: String, _ request: HTTPServerRequest, _ body: [UInt8]
    ) async throws -> HTTPServerResponse {
        let call: SlackCall
        do throws(SlackRefusal) {
            call = try SlackCall(method: name, headers: request.headers, query: request.query, body: body)
        } catch {
            self.change { $0.counts[name, default: 0] += 1 }
            return .json(.object(error.body))
        }
        return try await self.faulted(name) {
            let reply = self.change { $0.call(call) }
            var response = HTTPServerResponse.json(reply.body, HTTPStatus(reply.status))
            for (name, value) in reply.headers { response.headers.append(name, value) }
            return response
        }
    }

    /// Plays a queued fault instead of or in addition to the work.
    @Net private func faulted(
        _ name: String, _ work: @Net () -> HTTPServerResponse
    ) async throws -> HTTPServerResponse {
        let fault = self.change { state in
            let fault = state.takeFault(name)
            if fault?.isInstead == true { state.counts[name, default: 0] += 1 }
            return fault
        }
        switch fault {
        case nil: return work()
        case .status(let status, let retryAfter):
            let error = status == 429 ? "ratelimited" : "internal_error"
            if status == 429 { self.change { $0.refusals["ratelimited", default: 0] += 1 } }
            var response = HTTPServerResponse.json(["ok": false, "error": .string(error)], HTTPStatus(status))
            if let retryAfter { response.headers.append("Retry-After", String(retryAfter)) }
            return response
        case .error(let error):
            self.change { $0.refusals[error, default: 0] += 1 }
            return .json(["ok": false, "error": .string(error)])
        case .webPage: return .html("<html><body><h1>502 Bad Gateway</h1></body></html>", HTTPStatus(502))
        case .cut: throw CancellationError()
        case .loseAnswer:
            _ = work()
            throw CancellationError()
        case .hang: break
        case .hangAfter: _ = work()
        case .delay(let seconds):
            let response = work()
            try await EventLoop.shared.sleep(for: .milliseconds(Int64(seconds * 1_000)))
            return response
        }
        // Ends when the client disconnects.
        try await EventLoop.shared.sleep(for: .seconds(86_400))
        throw CancellationError()
    }

    /// The bytes of a file, or the page that asks people to sign in: with status 200, as Slack does it.
    @Net private func answer(download path: String, _ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let words = (request.headers["authorization"] ?? "").split(separator: " ").map(String.init)
        let token = words.count == 2 ? words[1] : nil
        return try await self.faulted("download") {
            guard let file = self.look({ $0.download(path, token: token) }) else {
                return .html("<!DOCTYPE html><html><head><title>Sign in | Slack</title></head><body></body></html>")
            }
            return HTTPServerResponse(.ok, headers: ["Content-Type": file.type], body: .bytes(file.bytes))
        }
    }

    /// The WebSocket of a ticket.
    @Net private func answer(link request: HTTPServerRequest) -> HTTPServerResponse {
        let ticket = request.query["ticket"] ?? ""
        guard request.head.wantsUpgrade else { return .text("Upgrade Required", HTTPStatus(426)) }
        guard self.change({ $0.redeem(ticket) }) else { return .text("invalid ticket", .notFound) }
        let seconds = request.query["debug_reconnects"] == "true" ? 360 : Double(self.settings.connectionSeconds)
        return .upgrade { [weak self] handover in
            guard let self else { return }
            await self.wire.adopt(handover, seconds: seconds, for: self)
        }
    }

    /// A frame from the app over a WebSocket.
    func heard(_ text: String, from connection: Int) {
        guard let frame = try? JSON.parse(Array(text.utf8)), let envelope = frame["envelope_id"]?.stringValue else {
            return self.change { $0.delivery.note("sent a frame without an envelope_id") }
        }
        let payload = frame["payload"]
        self.change { state in
            let hasPayload = payload?.objectValue?.isEmpty == false
            guard let item = state.delivery.acknowledge(envelope, from: connection, hasPayload: hasPayload) else {
                return
            }
            state.acknowledged(item, payload: payload)
        }
    }
}

extension LoopbackSlack.Fault {
    /// Whether the call has no effect.
    fileprivate var isInstead: Bool {
        switch self {
        case .status, .error, .webPage, .hang, .cut: true
        case .loseAnswer, .hangAfter, .delay: false
        }
    }
}
