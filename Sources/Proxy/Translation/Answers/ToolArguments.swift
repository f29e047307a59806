internal import JSON

/// The arguments of a call, which are a text at OpenAI and an object at Anthropic. Pure.
enum ToolArguments {
    /// The object that the text contains. A model may have written something else; the conversation must be able to
    /// continue after that, so the text becomes the only member.
    static func object(_ text: String) -> JSON {
        guard !text.utf8.allSatisfy({ $0 <= 0x20 }) else { return [:] }
        if let value = try? JSON.parse(text), case .object = value { return value }
        return ["arguments": .string(text)]
    }

    /// The input of a custom tool, which travels as the only member of a function's arguments. Models also choose
    /// other names for it, or write the input itself.
    static func customInput(_ text: String) -> String {
        guard let value = try? JSON.parse(text), case .object(let members) = value else { return text }
        if let input = members[Self.customKey]?.stringValue { return input }
        if members.isEmpty { return "" }
        guard members.count == 1, let input = members.first?.value.stringValue else { return text }
        return input
    }

    static func wrapped(customInput text: String) -> String {
        JSON.object([Self.customKey: .string(text)]).text
    }

    static let customKey = "input"
}
