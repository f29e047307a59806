internal import Chat
internal import JSON
internal import Store

/// Parts of asks as JSON text in the tables.
extension StoredForm {
    static func text(of options: [AskRecord.Option]) -> String {
        JSON.array(
            options.map { option in
                .array([.string(option.key), .string(option.label)] + (option.isRecommended ? [true] : []))
            }
        ).text
    }

    static func options(from text: String) throws -> [AskRecord.Option] {
        try (try Self.parse(text).arrayValue ?? []).map { json in
            guard let key = json[0]?.stringValue, let label = json[1]?.stringValue else {
                throw Malformed(what: "option")
            }
            return AskRecord.Option(key: key, label: label, isRecommended: json[2]?.boolValue ?? false)
        }
    }

    /// One approval as an object, several as an array; nil for none.
    static func text(of requests: [ApprovalRequest]) -> String? {
        let all = requests.map { request -> JSON in
            var fields: JSONObject = [
                "action": .string(Self.stored(request.action).rawValue), "subject": .string(request.subject),
                "directory": .string(request.directory), "tool": .string(request.tool),
                "approver": .string(request.approver.rawValue),
            ]
            switch request.scope {
            case .turn: break
            case .call(let call): fields["call"] = .string(call)
            case .during(let call): fields["during"] = .string(call)
            }
            if request.action == .call { fields["extension"] = true }
            if let effect = request.effect { fields["effect"] = .string(effect) }
            return .object(fields)
        }
        return all.count > 1 ? JSON.array(all).text : all.first?.text
    }

    /// Earlier releases read asks too, and must not fail at an action that they don't know.
    private static func stored(_ action: ApprovalRequest.Action) -> ApprovalRequest.Action {
        action == .call ? .run : action
    }

    static func approvals(from text: String) throws -> [ApprovalRequest] {
        let json = try Self.parse(text)
        return try (json.arrayValue ?? [json]).map { try Self.approval(from: $0) }
    }

    static func text(of question: ThreadQuestion) -> String {
        // Earlier releases read it, and must not fail at a kind that they don't know.
        let isMemory = question.kind == .memory
        var json: JSONObject = [
            "kind": .string((isMemory ? .question : question.kind).rawValue), "text": .string(question.text),
            "answerer": .string(question.answerer.rawValue),
            "options": .array(
                question.options.map { ["label": .string($0.label), "recommended": .bool($0.isRecommended)] }),
        ]
        if isMemory { json["memory"] = true }
        return JSON.object(json).text
    }

    static func question(from text: String) throws -> ThreadQuestion {
        let json = try Self.parse(text)
        guard let kind = json["kind"]?.stringValue.flatMap({ ThreadQuestion.Kind(rawValue: $0) }),
            let text = json["text"]?.stringValue,
            let answerer = json["answerer"]?.stringValue.flatMap({ ThreadQuestion.Answerer(rawValue: $0) })
        else { throw Malformed(what: "question") }
        let options = try (json["options"]?.arrayValue ?? []).map { option in
            guard let label = option["label"]?.stringValue else { throw Malformed(what: "option") }
            return ThreadQuestion.Option(label, isRecommended: option["recommended"]?.boolValue ?? false)
        }
        let isMemory = json["memory"]?.boolValue == true
        return ThreadQuestion(isMemory ? .memory : kind, text, options: options, answerer: answerer)
    }

    private static func approval(from json: JSON) throws -> ApprovalRequest {
        guard let action = json["action"]?.stringValue.flatMap({ ApprovalRequest.Action(rawValue: $0) }),
            let subject = json["subject"]?.stringValue, let directory = json["directory"]?.stringValue,
            let tool = json["tool"]?.stringValue,
            let approver = json["approver"]?.stringValue.flatMap({ ApprovalRequest.Approver(rawValue: $0) })
        else { throw Malformed(what: "approval") }
        let scope =
            json["call"]?.stringValue.map { ApprovalRequest.Scope.call($0) }
            ?? json["during"]?.stringValue.map { ApprovalRequest.Scope.during(call: $0) } ?? .turn
        return ApprovalRequest(
            action: json["extension"]?.boolValue == true ? .call : action, subject: subject, directory: directory,
            tool: tool, approver: approver, scope: scope,
            effect: json["effect"]?.stringValue)
    }
}
