package import JSON
package import Models

/// One request in its session, from `session.create` to `session.idle`. Pure: the CLI's messages in, actions for
/// ``CopilotCLIConversation`` out.
package struct CopilotCLITurn: Sendable {
    /// Our requests whose answers matter here.
    package enum Call: Sendable, Equatable { case create, send, other }

    package enum Input: Sendable, Equatable {
        case answered(Call, Result<JSON, JSONRPCError>)
        /// An event of this session.
        case event(JSON)
        case decided(requestID: String, CopilotCLIPermission.Decision)
    }

    package enum Action: Sendable, Equatable {
        case call(Call, method: String, JSON)
        case emit(ModelEvent)
        /// Ask the gate; its answer comes as ``Input/decided(requestID:_:)``.
        case ask(CopilotCLIPermission)
        /// The turn is over; nil means success.
        case end(ModelError?)
    }

    /// The text in place of an answer that a content filter removed; version 1.0.57 gives no other sign.
    static let filteredText = "The model returned no content because the response was blocked by content filtering."
    static let nobodyThere =
        "Nobody can be asked here. Decide yourself, and say in the answer what you have assumed."

    private let request: CopilotCLIRequest
    private var draft = CopilotCLIDraft()
    /// The number of complete messages.
    private var messages = 0
    /// The text between the last complete message and the next one.
    private var separator = ""
    private var retries = 0
    private var usage: TokenUsage?
    private var finish: String?
    private var failure: ModelError?
    /// The last failed request of the CLI to the endpoint.
    private var failedCall: JSON?
    /// The CLI has begun with the prompt; a `session.idle` before that is ignored.
    private var isUnderWay = false
    private var isOver = false
    /// The number of undecided permissions.
    package private(set) var pendingPermissions = 0
    /// Whether a piece of the answer was forwarded.
    package private(set) var hasAnswer = false

    package init(_ request: CopilotCLIRequest) {
        self.request = request
    }

    package func start() -> [Action] { [.call(.create, method: "session.create", self.request.creation)] }

    package mutating func receive(_ input: Input) -> [Action] {
        guard !self.isOver else { return [] }
        switch input {
        case .answered(.create, .success):
            return [.call(.send, method: "session.send", self.request.sending)]
        case .answered(.create, .failure(let error)), .answered(.send, .failure(let error)):
            return self.end(CopilotCLIFailure.call(error, model: self.request.model))
        case .answered: return []
        case .decided(let id, let decision):
            self.pendingPermissions -= 1
            return [
                self.call(
                    "session.permissions.handlePendingPermissionRequest",
                    ["requestId": .string(id), "result": decision.result])
            ]
        case .event(let event): return self.receive(event: event)
        }
    }

    private func call(_ method: String, _ parameters: JSONObject) -> Action {
        var parameters = parameters
        parameters["sessionId"] = .string(self.request.session)
        return .call(.other, method: method, .object(parameters))
    }

    private mutating func end(_ error: ModelError?) -> [Action] {
        self.isOver = true
        return [.end(error)]
    }
}

// MARK: - Events

extension CopilotCLITurn {
    private mutating func receive(event: JSON) -> [Action] {
        let data = event["data"] ?? .null
        // A sub-agent's text is not part of the answer, but its requests need an answer.
        let isHelper = event["agentId"].map { !$0.isNull } ?? data["parentToolCallId"].map { !$0.isNull } ?? false
        switch event["type"]?.stringValue {
        case "permission.requested": return self.ask(data)
        case "user_input.requested": return self.refuseQuestion(data)
        case "elicitation.requested": return self.declineForm(data)
        case _ where isHelper: return []
        case "user.message", "assistant.turn_start": self.isUnderWay = true
        case "assistant.message_delta": return self.show { $0.delta(data["deltaContent"]?.stringValue ?? "") }
        case "assistant.message_start": self.draft.restart()
        case "assistant.reasoning_delta": return self.think(data["deltaContent"]?.stringValue ?? "")
        case "assistant.message": return self.complete(data)
        case "assistant.usage": self.count(data)
        case "session.info" where data["infoType"]?.stringValue == "model_retry": return self.retry()
        case "session.error":
            self.isUnderWay = true
            self.failure = CopilotCLIFailure.session(
                data, model: self.request.model, hasEndpoint: self.request.endpoint != nil, call: self.failedCall)
        case "model.call_failure": self.failedCall = data
        case "session.idle": return self.idle(data)
        default: break
        }
        return []
    }

    private mutating func show(_ change: (inout CopilotCLIDraft) -> CopilotCLIDraft.Outcome) -> [Action] {
        let isFirst = self.draft.isEmpty
        switch change(&self.draft) {
        case .show(""): return []
        case .show(let text):
            self.hasAnswer = true
            defer { if isFirst { self.separator = "" } }
            return [.emit(.delta(isFirst ? self.separator + text : text))]
        case .diverged: return self.end(CopilotCLIFailure.restarted)
        }
    }

    private func think(_ text: String) -> [Action] {
        text.isEmpty ? [] : [.emit(.reasoning(text))]
    }

    private mutating func retry() -> [Action] {
        self.draft.restart()
        self.retries += 1
        // Notices are only for people who see no text yet.
        guard !self.hasAnswer else { return [] }
        let notice = RetryNotice(
            reason: "the model's endpoint failed", delay: .seconds(1), attempt: self.retries + 1)
        return [.emit(.waiting(notice))]
    }

    private mutating func complete(_ data: JSON) -> [Action] {
        let content = data["content"]?.stringValue ?? ""
        if content == Self.filteredText, self.draft.isEmpty {
            self.finish = "content_filter"
            return []
        }
        let actions = self.show { $0.complete(content) }
        guard !self.isOver else { return actions }
        self.messages += 1
        self.draft = CopilotCLIDraft()
        // After a tool call a new text begins; otherwise the CLI continues an answer that was truncated at its limit.
        let callsTools = !(data["toolRequests"]?.arrayValue ?? []).isEmpty
        self.separator = callsTools && self.hasAnswer ? "\n\n" : ""
        return actions
    }

    private mutating func count(_ data: JSON) {
        let usage = TokenUsage(
            input: data["inputTokens"]?.intValue ?? 0, output: data["outputTokens"]?.intValue ?? 0)
        self.usage = TokenUsage(
            input: (self.usage?.input ?? 0) + usage.input, output: (self.usage?.output ?? 0) + usage.output)
        if let finish = data["finishReason"]?.stringValue { self.finish = finish }
    }

    private mutating func idle(_ data: JSON) -> [Action] {
        guard self.isUnderWay else { return [] }
        let usage = self.usage.map { [Action.emit(.usage($0))] } ?? []
        if let failure = self.failure { return usage + self.end(failure) }
        if data["aborted"]?.boolValue == true { return usage + self.end(CopilotCLIFailure.aborted) }
        return usage + [.emit(.finished(self.reason))] + self.end(nil)
    }

    private var reason: FinishReason {
        switch self.finish?.lowercased() {
        case "length", "max_tokens": .length
        case "content_filter", "refusal": .contentFilter
        case nil, "stop", "tool_calls", "end_turn":
            // The CLI continues a truncated answer twice; a third message without a tool call means that it gave up.
            self.messages >= Self.messagesOfCutAnswer && self.separator.isEmpty ? .length : .stop
        case let other?: .other(other)
        }
    }

    private static let messagesOfCutAnswer = 3
}

// MARK: - What it asks

extension CopilotCLITurn {
    private mutating func ask(_ data: JSON) -> [Action] {
        guard let permission = CopilotCLIPermission(data, session: self.request.session),
            data["resolvedByHook"]?.boolValue != true
        else { return [] }
        self.pendingPermissions += 1
        return [.ask(permission)]
    }

    private func refuseQuestion(_ data: JSON) -> [Action] {
        guard let id = data["requestId"] else { return [] }
        return [
            self.call(
                "session.ui.handlePendingUserInput",
                ["requestId": id, "response": ["answer": .string(Self.nobodyThere), "wasFreeform": true]])
        ]
    }

    private func declineForm(_ data: JSON) -> [Action] {
        guard let id = data["requestId"] else { return [] }
        return [
            self.call("session.ui.handlePendingElicitation", ["requestId": id, "result": ["action": "decline"]])
        ]
    }
}
