internal import Chat
internal import JSON

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

    static func text(of request: ApprovalRequest) -> String {
        let json: JSON = [
            "action": .string(request.action.rawValue), "subject": .string(request.subject),
            "directory": .string(request.directory), "tool": .string(request.tool),
            "approver": .string(request.approver.rawValue),
        ]
        return json.text
    }

    static func approval(from text: String) throws -> ApprovalRequest {
        let json = try Self.parse(text)
        guard let action = json["action"]?.stringValue.flatMap({ ApprovalRequest.Action(rawValue: $0) }),
            let subject = json["subject"]?.stringValue, let directory = json["directory"]?.stringValue,
            let tool = json["tool"]?.stringValue,
            let approver = json["approver"]?.stringValue.flatMap({ ApprovalRequest.Approver(rawValue: $0) })
        else { throw Malformed(what: "approval") }
        return ApprovalRequest(
            action: action, subject: subject, directory: directory, tool: tool, approver: approver)
    }
}
