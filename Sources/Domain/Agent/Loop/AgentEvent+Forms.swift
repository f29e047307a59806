internal import JSON
internal import Models

// The stored forms of the larger events.

extension AgentEvent.Answer {
    var json: JSON {
        var form: JSONObject = [
            "model": .string(self.model), "text": .string(self.text), "reasoning": .string(self.reasoning),
            "input": JSON(self.usage.input), "output": JSON(self.usage.output), "finish": .optional(self.finish?.name),
            "breakage": .optional(self.breakage),
        ]
        form["calls"] = .array(
            self.calls.map { call in
                [
                    "id": .string(call.id), "wire": .string(call.wireID), "name": .string(call.name),
                    "arguments": .string(call.arguments),
                ]
            })
        // As text: the canonical form reorders members, and a provider wants its items back unchanged.
        if !self.items.isEmpty { form["items"] = .string(JSON.array(self.items).text) }
        return .object(form)
    }

    init?(json: JSON) {
        guard let model = json.text("model"), let text = json.text("text") else { return nil }
        let items = json.text("items").flatMap { try? JSON.parse($0).arrayValue }
        self.init(
            model: model, text: text, reasoning: json.text("reasoning") ?? "",
            calls: (json["calls"]?.arrayValue ?? []).compactMap { call in
                guard let id = call.text("id"), let name = call.text("name") else { return nil }
                return AgentCall(
                    id: id, wireID: call.text("wire") ?? id, name: name, arguments: call.text("arguments") ?? "{}")
            },
            items: items ?? [], usage: TokenUsage(input: json.number("input"), output: json.number("output")),
            finish: json.text("finish").map { FinishReason(name: $0) }, breakage: json.text("breakage"))
    }
}

extension FinishReason {
    fileprivate var name: String {
        switch self {
        case .stop: "stop"
        case .length: "length"
        case .contentFilter: "content_filter"
        case .toolCalls: "tool_calls"
        case .other(let reason): "other:" + reason
        }
    }

    fileprivate init(name: String) {
        self =
            switch name {
            case "stop": .stop
            case "length": .length
            case "content_filter": .contentFilter
            case "tool_calls": .toolCalls
            default: .other(name.hasPrefix("other:") ? String(name.dropFirst(6)) : name)
            }
    }
}

extension AgentEvent.Decision {
    var json: JSON {
        var form: JSONObject = ["call": .string(self.call), "digest": .string(self.digest)]
        switch self.decision {
        case .allowed(let rule):
            form["decision"] = "allowed"
            form["rule"] = .string(rule)
        case .approved(let person, let ask):
            form["decision"] = "approved"
            form["by"] = .string(person)
            form["ask"] = .optional(ask)
        case .denied(let reason):
            form["decision"] = "denied"
            form["reason"] = .string(reason)
        case .expired: form["decision"] = "expired"
        }
        return .object(form)
    }

    init?(json: JSON) {
        guard let call = json.text("call"), let digest = json.text("digest") else { return nil }
        let decision: GateDecision
        switch json.text("decision") {
        case "allowed": decision = .allowed(rule: json.text("rule") ?? "")
        case "approved": decision = .approved(by: json.text("by") ?? "", ask: json.text("ask"))
        case "denied": decision = .denied(reason: json.text("reason") ?? "")
        case "expired": decision = .expired
        default: return nil
        }
        self.init(call: call, digest: digest, decision: decision)
    }
}

extension AgentEvent.Start {
    init?(json: JSON) {
        guard let call = json.text("call"), let title = json.text("title") else { return nil }
        self.init(call: call, title: title, files: json.texts("files"))
    }
}

extension AgentEvent.Finish {
    var json: JSON {
        var form: JSONObject = [
            "call": .string(self.call), "outcome": .string(self.result.outcome.rawValue),
            "text": .string(self.result.text), "summary": .string(self.result.summary),
            "changes": .bool(self.result.hasChanges), "marked": .bool(self.result.isMarked),
            "digest": .string(self.digest),
        ]
        if self.result.tokens > 0 { form["tokens"] = JSON(self.result.tokens) }
        return .object(form)
    }

    init?(json: JSON) {
        guard let call = json.text("call"), let text = json.text("text"), let digest = json.text("digest"),
            let outcome = json.text("outcome").flatMap({ ToolResult.Outcome(rawValue: $0) })
        else { return nil }
        let result = ToolResult(
            outcome, text: text, summary: json.text("summary") ?? "", hasChanges: json["changes"]?.boolValue ?? false,
            isMarked: json["marked"]?.boolValue ?? false, tokens: json.number("tokens"))
        self.init(call: call, result: result, digest: digest)
    }
}

extension AgentEvent.Note {
    init?(json: JSON) {
        guard let text = json.text("text"), let cause = json.text("cause").flatMap({ Cause(rawValue: $0) }) else {
            return nil
        }
        self.init(cause, text)
    }
}

extension AgentEvent.Summary {
    var json: JSON {
        [
            "through": JSON(self.through), "text": .string(self.text), "people": .strings(self.people),
            "tasks": .optional(self.tasks), "files": .strings(self.files), "tally": self.tally.json,
            "before": JSON(self.before), "after": JSON(self.after),
        ]
    }

    init?(json: JSON) {
        guard let text = json.text("text"), let tally = json["tally"] else { return nil }
        self.init(
            through: json.number("through"), text: text, people: json.texts("people"), tasks: json.text("tasks"),
            files: json.texts("files"), tally: AgentTally(json: tally), before: json.number("before"),
            after: json.number("after"))
    }
}

extension AgentTally {
    var json: JSON {
        [
            "answers": JSON(self.answers), "steps": JSON(self.steps), "tokens": JSON(self.tokens),
            "since": JSON(self.since), "calls": JSON(self.calls), "all_tokens": JSON(self.allTokens),
            "effects": .bool(self.hasEffects),
            "failures": .object(JSONObject(dictionary: self.failures.mapValues { JSON($0) })),
            "denials": .object(JSONObject(dictionary: self.denials.mapValues { JSON($0) })),
        ]
    }

    init(json: JSON) {
        self.init()
        self.answers = json.number("answers")
        self.steps = json.number("steps")
        self.tokens = json.number("tokens")
        self.since = json.number("since")
        self.calls = json.number("calls")
        self.allTokens = json.number("all_tokens")
        self.hasEffects = json["effects"]?.boolValue ?? false
        self.failures = json.counts("failures")
        self.denials = json.counts("denials")
    }
}

extension AgentEnding {
    var json: JSON {
        switch self {
        case .answered: ["why": "answered"]
        case .steps(let limit): ["why": "steps", "limit": JSON(limit)]
        case .tokens(let limit): ["why": "tokens", "limit": JSON(limit)]
        case .time(let limit): ["why": "time", "limit": JSON(limit)]
        case .repeated(let tool): ["why": "repeated", "tool": .string(tool)]
        case .failures(let tool): ["why": "failures", "tool": .string(tool)]
        case .denied(let kind): ["why": "denied", "kind": .string(kind.rawValue)]
        case .full: ["why": "full"]
        case .interrupted: ["why": "interrupted"]
        case .cut(let reason): ["why": "cut", "reason": .string(reason)]
        case .filtered: ["why": "filtered"]
        case .failed(let message, let isAboutContent):
            ["why": "failed", "message": .string(message), "content": .bool(isAboutContent)]
        }
    }

    init?(json: JSON) {
        switch json.text("why") {
        case "answered": self = .answered
        case "steps": self = .steps(json.number("limit"))
        case "tokens": self = .tokens(json.number("limit"))
        case "time": self = .time(json.number("limit"))
        case "repeated": self = .repeated(tool: json.text("tool") ?? "")
        case "failures": self = .failures(tool: json.text("tool") ?? "")
        case "denied":
            guard let kind = json.text("kind").flatMap({ ToolDefinition.Kind(rawValue: $0) }) else { return nil }
            self = .denied(kind)
        case "full": self = .full
        case "interrupted": self = .interrupted
        case "cut": self = .cut(json.text("reason") ?? "")
        case "filtered": self = .filtered
        case "failed":
            self = .failed(json.text("message") ?? "", isAboutContent: json["content"]?.boolValue ?? false)
        default: return nil
        }
    }
}
