internal import EventLoop
internal import HTTP
internal import HTTPServer
internal import JSON

extension LoopbackTelegram {
    private static let uploadLimit = 50 << 20
    private static let downloadLimit = 20 << 20

    func answer(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let path = PercentEncoding.decode(String(request.path)) ?? ""
        if path.hasPrefix("/file/bot") { return self.download(String(path.dropFirst("/file/bot".count))) }
        do throws(TelegramRefusal) {
            let method = try self.method(of: path)
            let parameters = try await self.parameters(of: request)
            return try await self.answer(method, parameters)
        } catch {
            if error.code == 0 { throw CancellationError() }
            return error.response
        }
    }

    /// The method named by a path with the right token.
    private func method(of path: String) throws(TelegramRefusal) -> String {
        guard path.hasPrefix("/bot") else { throw .notFound }
        let parts = path.dropFirst("/bot".count).split(separator: "/", omittingEmptySubsequences: false)
        guard let token = parts.first, parts.count == 2 || parts.count == 3 && parts[1] == "test" else {
            throw .notFound
        }
        let halves = token.split(separator: ":", omittingEmptySubsequences: false)
        guard halves.count == 2, Int64(halves[0]) != nil, halves[1].utf8.count >= 20 else { throw .notFound }
        guard self.look({ $0.settings.token == token && !$0.isRevoked }) else { throw .unauthorized }
        return String(parts[parts.count - 1])
    }

    private func parameters(of request: HTTPServerRequest) async throws(TelegramRefusal) -> TelegramParameters {
        guard request.method == .get || request.method == .post else { throw .notFound }
        let body: [UInt8]
        do {
            body = try await request.body.collect(upTo: Self.uploadLimit + 64 << 10)
        } catch {
            throw .tooLarge
        }
        let type = request.headers["content-type"] ?? ""
        guard let parameters = TelegramParameters(query: request.query, contentType: type, body: body) else {
            throw .bad("can't parse the request body")
        }
        guard parameters.uploads.values.allSatisfy({ $0.bytes.count <= Self.uploadLimit }) else { throw .tooLarge }
        return parameters
    }

    private func answer(
        _ method: String, _ call: TelegramParameters
    ) async throws(TelegramRefusal) -> HTTPServerResponse {
        let name = TelegramState.name(of: method)
        let fault = self.change { state, _ in state.faults.next(method) }
        var record = TelegramServerCall(
            method: name ?? method, chat: call.text("chat_id").flatMap { Int64($0) }, status: 200, error: nil,
            time: self.now)
        do throws(TelegramRefusal) {
            if let page = try await self.before(fault) {
                record.status = page.status.code
                self.note(record)
                return page
            }
            let result =
                name == "getUpdates"
                ? try await self.poll(call)
                : try self.change { state, now throws(TelegramRefusal) in
                    state.expire(now: now)
                    return try state.call(method, call, now: now)
                }
            if name == "setWebhook" { self.beginWebhook() }
            if fault == .answerLost { record.status = 0 }
            self.note(record)
            try await self.after(fault)
            return .json(.object(["ok": true, "result": result]))
        } catch {
            if record.status == 200 {
                record.status = error.code
                record.error = error.description
                self.note(record)
            }
            throw error
        }
    }

    private func beginWebhook() {
        let number = self.look(\.webhook.number)
        // Lives as long as the webhook, beyond the call that set it.
        Task { [weak self] in await self?.serveWebhook(number) }
    }

    private func note(_ call: TelegramServerCall) {
        self.change { state, _ in state.log.add(call) }
    }

    /// The effect of a fault instead of the call.
    private func before(_ fault: TelegramFault?) async throws(TelegramRefusal) -> HTTPServerResponse? {
        switch fault {
        case .flood(let seconds): throw .flood(seconds)
        case .refusal(let code, let text): throw TelegramRefusal(code: code, description: text)
        case .page(let status):
            let status = HTTPStatus(status)
            return .html("<html><head><title>\(status)</title></head><body><h1>\(status)</h1></body></html>", status)
        case .hang: try await self.pause(86_400)
        default: break
        }
        return nil
    }

    private func after(_ fault: TelegramFault?) async throws(TelegramRefusal) {
        switch fault {
        case .answerLost: throw TelegramRefusal(code: 0, description: "the connection ends")
        case .late(let seconds): try await self.pause(seconds)
        default: break
        }
    }

    /// Waits; a bot that disconnects ends the wait and the call.
    private func pause(_ seconds: Double) async throws(TelegramRefusal) {
        do {
            try await EventLoop.shared.sleep(for: .milliseconds(Int64(seconds * 1_000)))
        } catch {
            throw TelegramRefusal(code: 0, description: "the bot disconnected")
        }
    }

    // MARK: getUpdates

    @Net private func poll(_ call: TelegramParameters) async throws(TelegramRefusal) -> JSON {
        do throws(TelegramRefusal) {
            let poll = try self.change { state, now throws(TelegramRefusal) in try state.beginPoll(call, now) }
            let end = self.now + Double(poll.timeout)
            let timer = EventLoop.shared.schedule(after: .seconds(poll.timeout)) { [weak self] in
                self?.updatesChanged.wakeAll()
            }
            defer { timer.cancel() }
            while true {
                let updates = try self.peek { state, now throws(TelegramRefusal) in
                    try state.answer(poll, now: now)
                }
                if let updates { return updates }
                // A timer may fire slightly early by the other clock.
                if self.now >= end - 0.01 { return [] }
                do {
                    try await self.updatesChanged.wait()
                } catch {
                    throw TelegramRefusal(code: 0, description: "the bot disconnected")
                }
            }
        } catch {
            if error.code == 409 { try await self.delayConflict() }
            throw error
        }
    }

    /// The first conflict is reported at once, those soon after it with a delay.
    private func delayConflict() async throws(TelegramRefusal) {
        let delay = self.change { state, now in
            guard now < state.poll.nextConflict else {
                state.poll.nextConflict = now + state.settings.conflictDelay
                return 0.0
            }
            return state.settings.conflictDelay
        }
        if delay > 0 { try await self.pause(delay) }
    }

    // MARK: Files

    private func download(_ target: String) -> HTTPServerResponse {
        guard let slash = target.firstIndex(of: "/") else { return TelegramRefusal.notFound.response }
        let path = String(target[target.index(after: slash)...])
        guard self.look({ $0.settings.token == target[..<slash] && !$0.isRevoked }) else {
            return TelegramRefusal.unauthorized.response
        }
        guard let file = self.look({ $0.files.file(path: path) }), file.size <= Self.downloadLimit else {
            return TelegramRefusal.notFound.response
        }
        return HTTPServerResponse(.ok, .binary, bytes: file.bytes)
    }
}
