package import JSON
package import Models
internal import Primitives

/// One turn of the Copilot CLI, talking or working, from `session.create` or `session.resume` to `session.idle`. Pure: the CLI's messages
/// and our decisions in, actions for ``CopilotCLISession`` out.
package struct CopilotCLITurn: Sendable {
    /// Our requests whose answers matter here.
    package enum Call: Sendable, Equatable { case resume, create, options, pending, send, steer, other }

    package enum Input: Sendable, Equatable {
        case answered(Call, Result<JSON, JSONRPCError>)
        /// An event of this session.
        case event(JSON)
        case decided(CopilotCLIAsk, CopilotCLIAsk.Decision)
        case called(requestID: String, CopilotCLIToolAnswer)
        /// Words for the running turn.
        case steered(String)
    }

    package enum Action: Sendable, Equatable {
        case call(Call, method: String, JSON)
        case emit(CopilotCLIEvent)
        /// Decide; the answer comes as ``Input/decided(_:_:)``.
        case ask(CopilotCLIAsk)
        /// Run one of our tools; the answer comes as ``Input/called(requestID:_:)``.
        case run(CopilotCLIToolCall)
        /// The turn is over; nil means success.
        case end(ModelError?)
    }

    private enum Phase { case opening, working, over }

    /// A request of the CLI for permission.
    private struct Request {
        let id: String
        /// It is about a path outside or an address of the call; one about the call itself follows.
        let isPartial: Bool
    }

    /// A question that the CLI has put once or several times.
    private struct Question {
        let ask: CopilotCLIAsk
        var waiting: [Request]
        var decision: CopilotCLIAsk.Decision?

        var bytes: Int { self.ask.bytes + self.waiting.reduce(0) { $0 + $1.id.utf8.count } }
    }

    /// How many of each a turn may have at once: tool calls (the CLI's tools and our own), questions, and permission
    /// requests.
    package static let limit = 256
    /// Of the calls and questions that are remembered: one may hold a file's new content.
    package static let byteLimit = 32 << 20
    /// Approvals that the CLI has not reported yet are fewer by far.
    private static let approvalLimit = 1_024

    /// Calls of these have an effect, so none may succeed that was not approved.
    private static let gated: Set<String> = ["bash", "edit", "create", "apply_patch", "write_bash"]

    /// Tools whose calls are asked about again after a path or an address.
    private static let twice: Set<String> = ["bash", "edit", "create", "apply_patch", "view", "grep", "rg", "glob"]

    /// The text in place of an answer that a content filter removed; version 1.0.57 gives no other sign.
    private static let filteredText =
        "The model returned no content because the response was blocked by content filtering."
    /// The CLI continues a truncated answer twice; a third message without a tool call means that it gave up.
    private static let messagesOfCutAnswer = 3

    private let request: CopilotCLIRequest
    private var phase = Phase.opening
    private var isNew: Bool
    private var draft = CopilotCLIDraft()
    /// The text between the last complete message and the next one.
    private var separator = ""
    /// The number of complete messages since the last call of a tool.
    private var messages = 0
    private var finish: String?
    /// The tokens of all requests.
    package private(set) var usage: TokenUsage?
    /// Whether a piece of the answer was passed on.
    package private(set) var hasText = false
    private var retries = 0
    private var calls: [String: CopilotCLICall] = [:]
    private var questions: [Question] = []
    /// Requests for permission that we approved, the newest and those before them, and calls with at least one such.
    private var approved: Set<String> = []
    private var approvedBefore: Set<String> = []
    private var approvedCalls: Set<String> = []
    private var failure: ModelError?
    private var failedCall: JSON?
    /// Words for the turn from before its first message; they follow it.
    private var early: [String] = []
    /// Messages that the CLI has, and those that it has begun with.
    private var sent = 0
    private var begun = 0

    package init(_ request: CopilotCLIRequest) {
        self.request = request
        self.isNew = !request.isResumed
    }

    /// Whether the CLI waits for us, so that its silence means nothing.
    package var isWaitingForUs: Bool { self.questions.contains { $0.decision == nil } || !self.running.isEmpty }
    /// Whether the CLI has our message, so that the session needs an abort.
    package var hasSent: Bool { self.sent > 0 }
    /// Calls that have begun and not ended; the CLI may be silent for long.
    package var runningCalls: Int { self.calls.count }
    /// Our tools' calls without an answer.
    private var running: Set<String> = []

    package func start() -> [Action] {
        self.request.isResumed
            ? [.call(.resume, method: "session.resume", self.request.creation)]
            : [.call(.create, method: "session.create", self.request.creation)]
    }

    package mutating func receive(_ input: Input) -> [Action] {
        guard self.phase != .over else { return [] }
        switch input {
        case .answered(let call, let result): return self.receive(call, result)
        case .event(let event): return self.receive(event)
        case .decided(let ask, let decision): return self.decide(ask, decision)
        case .called(let id, let answer):
            guard self.running.remove(id) != nil else { return [] }
            return [
                self.call(
                    "session.tools.handlePendingToolCall", ["requestId": .string(id), "result": answer.result])
            ]
        case .steered(let text):
            guard self.phase == .working else {
                self.early.append(text)
                return []
            }
            return [self.steer(text)]
        }
    }

    /// Continues a turn that has ended, with words that arrived in its last moment.
    package mutating func `continue`(with words: [String]) -> [Action] {
        self.phase = .working
        return words.map { self.steer($0, mode: "enqueue") }
    }

    private mutating func steer(_ text: String, mode: String = "immediate") -> Action {
        self.sent += 1
        if self.hasText { self.separator = "\n\n" }
        return .call(.steer, method: "session.send", self.request.sending(text, mode: mode))
    }

    private mutating func end(_ error: ModelError?) -> [Action] {
        self.phase = .over
        return [.end(error)]
    }

    private func call(_ method: String, _ parameters: JSONObject = [:]) -> Action {
        var parameters = parameters
        parameters["sessionId"] = .string(self.request.session)
        return .call(.other, method: method, .object(parameters))
    }
}

// MARK: - The beginning

extension CopilotCLITurn {
    private mutating func receive(_ call: Call, _ result: Result<JSON, JSONRPCError>) -> [Action] {
        switch (call, result) {
        case (.resume, .failure(let error)) where error.message.contains("Session not found"):
            // Creating is safe only because there is nothing: it would empty a session that exists.
            self.isNew = true
            return [.call(.create, method: "session.create", self.request.creation)]
        case (.resume, .success), (.create, .success):
            guard let options = self.request.options else { return self.send() }
            return [.call(.options, method: "session.options.update", options)]
        case (.options, .success):
            guard self.isNew else {
                return [
                    .call(
                        .pending, method: "session.permissions.pendingRequests",
                        ["sessionId": .string(self.request.session)])
                ]
            }
            return self.send()
        case (.pending, .success(let answer)):
            // What a killed host left undecided is not decided now: the model asks again if it still wants it.
            let isPending = !(answer["items"]?.arrayValue ?? []).isEmpty
            return (isPending ? [self.call("session.abort")] : []) + self.send()
        case (.pending, .failure): return self.send()
        case (.send, .success): return [.emit(.began(isNew: self.isNew))]
        case (.resume, .failure(let error)), (.create, .failure(let error)), (.options, .failure(let error)),
            (.send, .failure(let error)), (.steer, .failure(let error)):
            return self.end(CopilotCLIFailure.call(error, model: self.request.model))
        case (.steer, .success), (.other, _): return []
        }
    }

    private mutating func send() -> [Action] {
        self.phase = .working
        self.sent += 1
        let prompt = self.isNew ? self.request.fullPrompt : self.request.prompt
        defer { self.early = [] }
        return [.call(.send, method: "session.send", self.request.sending(prompt, mode: "enqueue"))]
            + self.early.map { self.steer($0) }
    }
}

// MARK: - Events

extension CopilotCLITurn {
    private mutating func receive(_ event: JSON) -> [Action] {
        let data = event["data"] ?? .null
        let type = event["type"]?.stringValue ?? ""
        let isHelper = event["agentId"].map { !$0.isNull } ?? data["parentToolCallId"].map { !$0.isNull } ?? false
        switch type {
        case "permission.requested": return self.bounded(self.ask(data))
        case "permission.completed": return self.check(data)
        case "external_tool.requested": return self.bounded(self.run(data))
        case "user_input.requested", "elicitation.requested": return self.decline(type, data)
        case "tool.execution_start":
            guard let id = data["toolCallId"]?.stringValue, let tool = data["toolName"]?.stringValue else { return [] }
            self.calls[id] = CopilotCLICall(tool: tool, arguments: data["arguments"] ?? .null)
            return self.bounded([])
        case "tool.execution_complete": return self.complete(call: data)
        case _ where isHelper: return []
        case "user.message":
            guard self.phase == .working else { return [] }
            self.begun += 1
        case "assistant.message_delta": return self.show { $0.delta(data["deltaContent"]?.stringValue ?? "") }
        case "assistant.message_start": self.draft.restart()
        case "assistant.reasoning_delta":
            let text = data["deltaContent"]?.stringValue ?? ""
            return text.isEmpty ? [] : [.emit(.thinking(text))]
        case "assistant.message": return self.complete(message: data)
        case "assistant.usage":
            let (input, output) = (data["inputTokens"]?.intValue ?? 0, data["outputTokens"]?.intValue ?? 0)
            self.usage = TokenUsage(
                input: (self.usage?.input ?? 0) + input, output: (self.usage?.output ?? 0) + output)
            if let finish = data["finishReason"]?.stringValue { self.finish = finish }
            return [
                .emit(
                    .usage(
                        TokenUsage(
                            input: input, output: output, cached: data["cacheReadTokens"]?.intValue ?? 0,
                            written: data["cacheWriteTokens"]?.intValue ?? 0, model: data["model"]?.stringValue)))
            ]
        case "session.info" where data["infoType"]?.stringValue == "model_retry": return self.retry()
        case "session.error":
            self.failure = CopilotCLIFailure.session(
                data, model: self.request.model, hasEndpoint: self.request.hasEndpoint, call: self.failedCall)
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
            self.hasText = true
            guard isFirst else { return [.emit(.text(text))] }
            defer { self.separator = "" }
            return [.emit(.text(self.separator + text))]
        case .diverged: return self.end(CopilotCLIFailure.restarted)
        }
    }

    private mutating func retry() -> [Action] {
        self.draft.restart()
        self.retries += 1
        guard self.draft.isEmpty else { return [] }
        return [
            .emit(
                .waiting(
                    RetryNotice(
                        reason: "the model's endpoint failed", delay: .seconds(1), attempt: self.retries + 1)))
        ]
    }

    private mutating func complete(message data: JSON) -> [Action] {
        var content = data["content"]?.stringValue ?? ""
        if content == Self.filteredText, self.draft.isEmpty {
            self.finish = "content_filter"
            content = ""
        }
        let actions = self.show { $0.complete(content) }
        guard self.phase != .over else { return actions }
        self.draft = CopilotCLIDraft()
        let requests = data["toolRequests"]?.arrayValue ?? []
        self.messages = requests.isEmpty ? self.messages + 1 : 0
        // After a tool call a new text begins; otherwise the CLI continues an answer that was truncated at its limit.
        if !requests.isEmpty, self.hasText { self.separator = "\n\n" }
        let calls = requests.compactMap { call -> CopilotCLIEvent.Call? in
            guard let id = call["toolCallId"]?.stringValue, let name = call["name"]?.stringValue else { return nil }
            return CopilotCLIEvent.Call(id: id, tool: name, arguments: call["arguments"] ?? .null)
        }
        return actions + [.emit(.answered(text: content, calls: calls))]
    }

    private mutating func complete(call data: JSON) -> [Action] {
        guard let id = data["toolCallId"]?.stringValue else { return [] }
        let tool = self.calls.removeValue(forKey: id)?.tool ?? ""
        self.questions.removeAll { $0.decision != nil && $0.ask.toolCallID.hasBytes(of: id) }
        let isSuccess = data["success"]?.boolValue ?? false
        if isSuccess, Self.gated.contains(tool), !self.approvedCalls.contains(id) {
            return self.end(CopilotCLIFailure.ungated(tool))
        }
        self.approvedCalls.remove(id)
        let text = data["result"]?["content"]?.stringValue ?? data["error"]?["message"]?.stringValue ?? ""
        return [
            .emit(
                .finished(
                    CopilotCLIEvent.Result(
                        id: id, tool: tool, isSuccess: isSuccess, code: data["error"]?["code"]?.stringValue,
                        text: text)))
        ]
    }

    private mutating func idle(_ data: JSON) -> [Action] {
        // One that belongs to a message before ours, or comes before words that are on their way.
        guard self.phase == .working, self.begun >= self.sent || self.failure != nil else { return [] }
        if let failure = self.failure { return self.end(failure) }
        return self.end(data["aborted"]?.boolValue == true ? CopilotCLIFailure.aborted : nil)
    }

    /// How the answer ended.
    package var finishReason: FinishReason {
        switch self.finish?.lowercased() {
        case "length", "max_tokens": .length
        case "content_filter", "refusal": .contentFilter
        case nil, "stop", "tool_calls", "end_turn":
            self.messages >= Self.messagesOfCutAnswer ? .length : .stop
        case let other?: .other(other)
        }
    }
}

// MARK: - What it asks

extension CopilotCLITurn {
    private mutating func ask(_ data: JSON) -> [Action] {
        // Nothing may approve but our gate.
        if data["resolvedByHook"]?.boolValue == true { return self.end(CopilotCLIFailure.decidedElsewhere) }
        guard let id = data["requestId"]?.stringValue else { return [] }
        let call = (data["permissionRequest"]?["toolCallId"]?.stringValue).flatMap { self.calls[$0] }
        let ask = CopilotCLIAsk(data, call: call)
        let kind = data["promptRequest"]?["kind"]?.stringValue
        let isPartial = Self.twice.contains(ask.tool) && (kind == "path" || kind == "url")
        let request = Request(id: id, isPartial: isPartial)
        if let index = self.questions.firstIndex(where: { $0.ask == ask }) {
            guard let decision = self.questions[index].decision else {
                self.questions[index].waiting.append(request)
                return []
            }
            return [self.answer(request, ask, decision)]
        }
        self.forgetDecided(for: ask)
        self.questions.append(Question(ask: ask, waiting: [request]))
        return [.ask(ask)]
    }

    /// Makes room for a question among those whose calls never end: what was decided longest ago is asked again if the
    /// CLI puts it once more.
    private mutating func forgetDecided(for ask: CopilotCLIAsk) {
        while self.questions.count >= Self.limit
            || self.questions.reduce(ask.bytes, { $0 + $1.bytes }) > Self.byteLimit,
            let oldest = self.questions.firstIndex(where: { $0.decision != nil })
        {
            self.questions.remove(at: oldest)
        }
    }

    /// Ends the turn if more is open than a model asks for: nothing of it can be forgotten, and each costs memory.
    private mutating func bounded(_ actions: [Action]) -> [Action] {
        guard self.phase != .over else { return actions }
        let waiting = self.questions.reduce(0) { $0 + $1.waiting.count }
        let counts = [
            self.calls.count, self.running.count, self.questions.count, waiting, self.approvedCalls.count,
        ]
        let bytes =
            self.calls.reduce(0) { $0 + $1.key.utf8.count + $1.value.bytes }
            + self.questions.reduce(0) { $0 + $1.bytes }
        guard counts.contains(where: { $0 > Self.limit }) || bytes > Self.byteLimit else { return actions }
        return self.end(CopilotCLIFailure.tooMuchAtOnce)
    }

    private mutating func decide(_ ask: CopilotCLIAsk, _ decision: CopilotCLIAsk.Decision) -> [Action] {
        guard let index = self.questions.firstIndex(where: { $0.ask == ask && $0.decision == nil }) else { return [] }
        self.questions[index].decision = decision
        let waiting = self.questions[index].waiting
        self.questions[index].waiting = []
        return waiting.map { self.answer($0, ask, decision) }
    }

    private mutating func answer(
        _ request: Request, _ ask: CopilotCLIAsk, _ decision: CopilotCLIAsk.Decision
    ) -> Action {
        // The CLI drops the reason of a refused path, and ends the turn for it. What decides is the request about the
        // call itself, which follows and gives the reason to the model.
        let decision = request.isPartial ? .approve : decision
        if decision == .approve {
            self.noteApproval(request.id)
            if !request.isPartial { self.approvedCalls.insert(ask.toolCallID) }
        }
        return self.call(
            "session.permissions.handlePendingPermissionRequest",
            ["requestId": .string(request.id), "result": decision.result])
    }

    /// The report follows at once, and may come again, so the newest are kept for as long as they can matter.
    private mutating func noteApproval(_ request: String) {
        self.approved.insert(request)
        guard self.approved.count >= Self.approvalLimit else { return }
        self.approvedBefore = self.approved
        self.approved = []
    }

    /// The CLI's report of a decision: only those that we made.
    private mutating func check(_ data: JSON) -> [Action] {
        guard let id = data["requestId"]?.stringValue else { return [] }
        let isApproved = data["result"]?["kind"]?.stringValue?.hasPrefix("approved") ?? false
        guard isApproved, !self.approved.contains(id), !self.approvedBefore.contains(id) else { return [] }
        return self.end(CopilotCLIFailure.decidedElsewhere)
    }

    private mutating func run(_ data: JSON) -> [Action] {
        guard let id = data["requestId"]?.stringValue, let name = data["toolName"]?.stringValue else { return [] }
        self.running.insert(id)
        return [
            .run(
                CopilotCLIToolCall(
                    requestID: id, toolCallID: data["toolCallId"]?.stringValue ?? id, name: name,
                    arguments: data["arguments"] ?? .null))
        ]
    }

    private func decline(_ type: String, _ data: JSON) -> [Action] {
        guard let id = data["requestId"] else { return [] }
        return type == "user_input.requested"
            ? [
                self.call(
                    "session.ui.handlePendingUserInput",
                    [
                        "requestId": id,
                        "response": ["answer": .string(CopilotCLIServer.nobodyThere), "wasFreeform": true],
                    ])
            ]
            : [
                self.call(
                    "session.ui.handlePendingElicitation", ["requestId": id, "result": ["action": "decline"]])
            ]
    }
}
