internal import JSON

/// Checks a view as Slack does when it is opened, and what a person can submit in it.
enum SlackViewCheck {
    private static let inputs: Set<String> = [
        "plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input", "checkboxes",
        "radio_buttons", "datepicker", "timepicker", "datetimepicker", "file_input", "static_select",
        "multi_static_select", "users_select", "multi_users_select", "conversations_select",
        "multi_conversations_select", "channels_select", "multi_channels_select", "external_select",
        "multi_external_select",
    ]

    static func check(_ view: JSON) throws(SlackRefusal) {
        guard view["type"] == "modal", view["title"] != nil else {
            throw SlackRefusal("invalid_arguments", messages: ["failed to match all allowed schemas"])
        }
        var messages: [String] = []
        for name in ["title", "submit", "close"] {
            guard let text = view[name] else { continue }
            guard text["type"] == "plain_text", let value = text["text"]?.stringValue, !value.isEmpty else {
                messages.append("must provide a plain_text object [json-pointer:/view/\(name)]")
                continue
            }
            if value.utf16.count > 24 {
                messages.append("must be less than 25 characters [json-pointer:/view/\(name)/text]")
            }
        }
        for (name, limit) in [("private_metadata", 3_000), ("callback_id", 255), ("external_id", 255)]
        where (view[name]?.stringValue ?? "").utf16.count > limit {
            messages.append("must be less than \(limit + 1) characters [json-pointer:/view/\(name)]")
        }
        let blocks = try SlackBlockCheck.checked(view["blocks"] ?? .null, limit: 100, isMessage: false)
        for (index, block) in blocks.enumerated() where block["type"] == "input" {
            let element = block["element"]
            let path = "[json-pointer:/view/blocks/\(index)/element"
            if !Self.inputs.contains(element?["type"]?.stringValue ?? "") {
                messages.append("unsupported type \(path)/type]")
            }
            if let limit = element?["max_length"]?.intValue, !(1...3_000).contains(limit) {
                messages.append("must be between 1 and 3000 \(path)/max_length]")
            }
        }
        if view["submit"] == nil, blocks.contains(where: { $0["type"] == "input" }) {
            messages.append("a view with an input block needs submit [json-pointer:/view/submit]")
        }
        guard messages.isEmpty else { throw SlackRefusal("invalid_arguments", messages: messages) }
    }

    /// Whether Slack's client lets a person submit these values: required fields are filled, and none is too long.
    static func isSubmittable(_ values: JSON, in view: JSON) -> Bool {
        (view["blocks"]?.arrayValue ?? []).allSatisfy { block in
            guard block["type"] == "input", let element = block["element"],
                element["type"] == "plain_text_input", let action = element["action_id"]?.stringValue,
                let id = block["block_id"]?.stringValue
            else { return true }
            let value = values[id]?[action]?["value"]?.stringValue ?? ""
            if value.isEmpty { return block["optional"] == true }
            return value.utf16.count <= (element["max_length"]?.intValue ?? 3_000)
                && value.utf16.count >= (element["min_length"]?.intValue ?? 0)
        }
    }
}
