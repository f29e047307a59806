internal import Crypto
internal import EventLoop
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Models
internal import Primitives

/// Answers the requests to one ``LoopbackCopilot``.
struct CopilotRequestHandler: Sendable {
    /// The integrations that GitHub knows.
    private static let integrations = [
        "vscode-chat", "vscode", "copilot-developer-cli", "copilot-chat", "jetbrains-chat", "zed", "xcode", "jetbridge",
    ]

    private static let bodyLimit = 24 * 1024 * 1024

    let isLive: @Sendable (String) -> Bool
    let state: Protected<CopilotServerState>

    func answer(_ request: HTTPServerRequest) async -> HTTPServerResponse {
        let number = self.state.withLock { state in
            state.count += 1
            return state.count
        }
        var record = Self.record(of: request)
        var response: HTTPServerResponse
        do throws(CopilotRefusal) {
            response = try await self.route(request, number: number, &record)
        } catch {
            response = error.response
        }
        record.status = response.status.code
        let last = record
        let quota = self.state.withLock { state in
            state.log(last)
            return state.quotaHeader
        }
        response.headers.append("x-github-request-id", "LOOP:\(number)")
        response.headers.append("x-request-id", "req-\(number)")
        if last.path != "/models" { response.headers.append("x-quota-snapshot-premium_interactions", quota) }
        return response
    }

    private static func record(of request: HTTPServerRequest) -> CopilotServerRequest {
        let headers = request.headers
        return CopilotServerRequest(
            method: request.method.rawValue, path: String(request.path), status: 0,
            tokenMark: Self.token(of: request).map { String(Crypto.hex(Crypto.sha256($0)).prefix(8)) },
            initiator: headers["x-initiator"], intent: headers["openai-intent"],
            integration: headers["copilot-integration-id"], editor: headers["editor-version"],
            etag: headers["if-none-match"])
    }

    private func route(
        _ request: HTTPServerRequest, number: Int, _ record: inout CopilotServerRequest
    ) async throws(CopilotRefusal) -> HTTPServerResponse {
        let front = self.state.withLock { $0.fronts.isEmpty ? nil : $0.fronts.removeFirst() }
        if let front { throw .plain(HTTPStatus(front.status), front.text) }
        try self.check(request)
        switch (request.method, record.path) {
        case (.get, "/models"): return self.models(request)
        case (.post, "/chat/completions"), (.post, "/responses"):
            return try await self.chat(request, number: number, &record)
        case (.post, "/embeddings"):
            return try self.embeddings(try await Self.body(of: request, &record))
        default: throw .plain(404, "404 page not found")
        }
    }

    /// The rules for every request.
    private func check(_ request: HTTPServerRequest) throws(CopilotRefusal) {
        guard let token = Self.token(of: request) else { throw .plain(401, "unauthorized: no token") }
        guard self.isLive(token) else { throw .plain(401, "IDE token expired: unauthorized: token expired") }
        guard let integration = request.headers["copilot-integration-id"], !integration.isEmpty else {
            throw .plain(400, "bad request: missing required Copilot-Integration-Id header")
        }
        guard Self.integrations.contains(integration) else {
            throw .plain(400, "bad request: unknown Copilot-Integration-Id header")
        }
        guard let editor = request.headers["editor-version"], !editor.isEmpty else {
            throw .plain(400, "bad request: missing Editor-Version header for IDE auth")
        }
        guard editor.split(separator: "/").count == 2 else {
            throw .plain(400, "bad request: unknown Editor-Version header for IDE auth")
        }
        if let initiator = request.headers["x-initiator"], initiator != "user", initiator != "agent" {
            throw .plain(400, "bad request: invalid X-Initiator header")
        }
    }

    private static func token(of request: HTTPServerRequest) -> String? {
        guard let value = request.headers["authorization"], value.hasPrefix("Bearer "), value.utf8.count > 7 else {
            return nil
        }
        return String(value.dropFirst(7))
    }

    private func models(_ request: HTTPServerRequest) -> HTTPServerResponse {
        let (list, etag) = self.state.withLock { ($0.models, $0.etag) }
        if request.headers.list(of: "if-none-match").contains(etag) {
            return HTTPServerResponse(.notModified, headers: ["ETag": etag])
        }
        var response = HTTPServerResponse.json(list)
        response.headers.append("ETag", etag)
        return response
    }

    private static func body(
        of request: HTTPServerRequest, _ record: inout CopilotServerRequest
    ) async throws(CopilotRefusal) -> JSON {
        let bytes: [UInt8]
        do {
            bytes = try await request.body.collect()
        } catch {
            throw .coded(413, "request_too_large", "failed to parse request: request body too large")
        }
        guard bytes.count <= Self.bodyLimit else {
            throw .coded(413, "request_too_large", "failed to parse request: request body too large")
        }
        guard MediaType(parsing: request.headers["content-type"] ?? "")?.isJSON ?? false,
            let body = try? JSON.parse(bytes), case .object(let object) = body
        else { throw .coded(400, "invalid_request_body", "invalid request body") }
        record.members = object.keys
        record.model = body["model"]?.stringValue
        return body
    }
}

// MARK: - Chats

extension CopilotRequestHandler {
    private func chat(
        _ request: HTTPServerRequest, number: Int, _ record: inout CopilotServerRequest
    ) async throws(CopilotRefusal) -> HTTPServerResponse {
        let body = try await Self.body(of: request, &record)
        let isCompletions = record.path == "/chat/completions"
        let chat = isCompletions ? try CopilotChat.completions(body) : try CopilotChat.responses(body)
        record.question = chat.question
        record.images = chat.images
        try self.check(chat, body, request, isCompletions: isCompletions)
        try self.charge(chat, initiator: record.initiator)
        let behavior = self.state.withLock { state in
            state.queue.isEmpty ? state.byModel[chat.model] ?? .echo : state.queue.removeFirst()
        }
        switch behavior {
        case .refusal(let status, let code, let message, let retryAfter):
            throw .coded(HTTPStatus(status), code, message, retryAfter: retryAfter)
        case .silence:
            self.note(true)
            // Not even a header; ends when the client disconnects.
            try? await EventLoop.shared.sleep(for: .seconds(86_400))
            self.note(false)
        default: break
        }
        // A tool's result gets a plain-text answer whatever the queued behaviour.
        var chosen = behavior
        if case .toolCall = behavior, chat.toolResult != nil { chosen = .echo }
        return isCompletions
            ? CopilotChatWriter(chat: chat, behavior: chosen, number: number, note: self.note).response
            : CopilotResponsesWriter(chat: chat, behavior: chosen, number: number, note: self.note).response
    }

    private func note(_ isBegin: Bool) {
        self.state.withLock { $0.underWay += isBegin ? 1 : -1 }
    }

    private func check(
        _ chat: CopilotChat, _ body: JSON, _ request: HTTPServerRequest, isCompletions: Bool
    ) throws(CopilotRefusal) {
        let model = self.state.withLock { $0.model(chat.model) }
        guard let model, model["capabilities"]?["type"]?.stringValue == "chat",
            model["policy"]?["state"]?.stringValue ?? "enabled" == "enabled"
        else { throw .coded(400, "model_not_supported", "The requested model is not supported.", parameter: "model") }
        let path = isCompletions ? "/chat/completions" : "/responses"
        let endpoints = (model["supported_endpoints"]?.arrayValue ?? ["/chat/completions"]).compactMap(\.stringValue)
        guard endpoints.contains(path) else {
            throw .coded(
                400, "unsupported_api_for_model", "model \"\(chat.model)\" is not accessible via the \(path) endpoint")
        }
        let supports = model["capabilities"]?["supports"]
        if chat.images > 0 {
            guard request.headers["copilot-vision-request"] == "true" else {
                throw .plain(400, "missing required Copilot-Vision-Request header for vision requests")
            }
            guard supports?["vision"]?.boolValue == true else {
                throw .coded(400, "invalid_request_body", "vision is not supported by model \(chat.model)")
            }
            let most = model["capabilities"]?["limits"]?["vision"]?["max_prompt_images"]?.intValue ?? 1
            guard chat.images <= most else {
                throw .coded(400, "invalid_request_body", "at most \(most) image(s) may be provided in one request")
            }
        }
        if body["parallel_tool_calls"] != nil, supports?["parallel_tool_calls"]?.boolValue != true {
            throw .coded(
                400, "unsupported_parameter", "Unsupported parameter: 'parallel_tool_calls'",
                parameter: "parallel_tool_calls")
        }
        let isNewer = chat.model.hasPrefix("gpt-5") || chat.model.hasPrefix("o")
        if isCompletions, isNewer, body["max_tokens"] != nil {
            throw .coded(
                400, "unsupported_parameter",
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' "
                    + "instead.", parameter: "max_tokens")
        }
        let limit = model["capabilities"]?["limits"]?["max_prompt_tokens"]?.intValue ?? 64_000
        guard chat.promptTokens <= limit else {
            throw .coded(
                400, "model_max_prompt_tokens_exceeded",
                "prompt token count of \(chat.promptTokens) exceeds the limit of \(limit)")
        }
    }

    /// Only requests initiated by a user count.
    private func charge(_ chat: CopilotChat, initiator: String?) throws(CopilotRefusal) {
        let isPaid = self.state.withLock { state in
            guard let credits = state.credits, initiator != "agent" else { return true }
            let cost = state.model(chat.model)?["billing"]?["multiplier"]?.doubleValue ?? 0
            guard cost <= credits else { return false }
            state.credits = credits - cost
            return true
        }
        guard isPaid else {
            throw .coded(402, "quota_exceeded", "You have exceeded your monthly quota of premium requests.")
        }
    }

    private func embeddings(_ body: JSON) throws(CopilotRefusal) -> HTTPServerResponse {
        let model = body["model"]?.stringValue ?? ""
        guard self.state.withLock({ $0.model(model) })?["capabilities"]?["type"]?.stringValue == "embeddings" else {
            throw .coded(400, "model_not_supported", "The requested model is not supported.", parameter: "model")
        }
        let inputs =
            body["input"]?.arrayValue?.compactMap(\.stringValue) ?? body["input"]?.stringValue.map { [$0] } ?? []
        guard !inputs.isEmpty else { throw .coded(400, "invalid_request_body", "input: must not be empty") }
        let data = inputs.enumerated().map { index, text -> JSON in
            let digest = Crypto.sha256(text).prefix(8).map { JSON.number(Double($0) / 255) }
            return ["object": "embedding", "index": JSON(index), "embedding": .array(digest)]
        }
        let tokens = inputs.reduce(0) { $0 + Int(TokenEstimator.weight(of: $1).rounded(.up)) }
        return .json([
            "object": "list", "model": .string(model), "data": .array(data),
            "usage": ["prompt_tokens": JSON(tokens), "total_tokens": JSON(tokens)],
        ])
    }
}
