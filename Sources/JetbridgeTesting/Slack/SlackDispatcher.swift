internal import EventLoop
internal import HTTP
internal import HTTPServer
internal import JSON

/// Who answers a request to a ``LoopbackSlack``.
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
        if path.hasPrefix("/api/") { return try await self.answer(call: String(path.dropFirst(5)), request) }
        if path == "/link/" { return self.answer(link: request) }
        return HTTPServerResponse.html("<html><body>Slack</body></html>", .notFound)
    }

    @Net private func answer(call name: String, _ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let body = try await request.body.collect()
        let reply = self.reply(name, request, body)
        var response = HTTPServerResponse.json(reply.body, HTTPStatus(reply.status))
        for (name, value) in reply.headers { response.headers.append(name, value) }
        return response
    }

    private func reply(_ name: String, _ request: HTTPServerRequest, _ body: [UInt8]) -> Reply {
        do throws(SlackRefusal) {
            let call = try SlackCall(method: name, headers: request.headers, query: request.query, body: body)
            return self.change { $0.call(call) }
        } catch {
            return Reply(body: .object(error.body))
        }
    }

    /// The WebSocket of a ticket.
    @Net private func answer(link request: HTTPServerRequest) -> HTTPServerResponse {
        let ticket = request.query["ticket"] ?? ""
        guard request.head.wantsUpgrade else { return .text("Upgrade Required", HTTPStatus(426)) }
        guard self.change({ $0.redeem(ticket) }) else { return .text("invalid ticket", .notFound) }
        return .upgrade { [weak self] handover in
            guard let self else { return }
            await self.wire.adopt(handover, for: self)
        }
    }

    /// What the app sent over a WebSocket.
    func heard(_ text: String, from connection: Int) {
        guard let frame = try? JSON.parse(Array(text.utf8)), let envelope = frame["envelope_id"]?.stringValue else {
            return self.change { $0.delivery.note("sent a frame without an envelope_id") }
        }
        let payload = frame["payload"]?.objectValue.map { JSON.object($0) }
        self.change { state in
            let hasPayload = payload?.objectValue?.isEmpty == false
            guard let item = state.delivery.acknowledge(envelope, from: connection, hasPayload: hasPayload) else {
                return
            }
            if hasPayload, let payload, let interaction = item.interaction {
                state.respond(payload, to: interaction)
            }
        }
    }
}
