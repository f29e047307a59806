/// The facts about a model request's body that its headers must state. Found without building a tree, because the body may
/// have megabytes of images. Pure.
struct ModelRequestFacts: Sendable, Equatable {
    var hasImage = false
    /// The last message is a tool's result or the model's own, not a person's.
    var isAgentTurn = false

    init() {}

    /// `isWhole` is false for the beginning of a longer body. Its last message is unknown and taken for a person's.
    init(body: [UInt8], isWhole: Bool) {
        self.hasImage = Self.imageKinds.contains { Self.find($0, in: body) != nil }
        guard isWhole, let last = try? Self.lastMessage(in: body) else { return }
        self.isAgentTurn = (try? Self.isAgents(body, at: last)) ?? false
    }

    /// Of chat completions, responses and messages.
    private static let imageKinds = ["\"image_url\"", "\"input_image\"", "\"image\""].map { Array($0.utf8) }

    /// Where the last message or item begins.
    private static func lastMessage(in body: [UInt8]) throws(JSONScanner.Malformed) -> Int? {
        var scanner = JSONScanner(body)
        guard scanner.enterObject() else { return nil }
        var last: Int?
        while let name = try scanner.nextMember() {
            if ["messages", "input"].contains(where: { body[name].elementsEqual($0.utf8) }), scanner.enterArray() {
                while try scanner.nextElement() {
                    last = scanner.position
                    try scanner.skipValue()
                }
            } else {
                try scanner.skipValue()
            }
        }
        return last
    }

    private static func isAgents(_ body: [UInt8], at position: Int) throws(JSONScanner.Malformed) -> Bool {
        var scanner = JSONScanner(body, at: position)
        guard scanner.enterObject() else { return false }
        while let name = try scanner.nextMember() {
            let key = body[name], value = scanner
            try scanner.skipValue()
            if key.elementsEqual("role".utf8), let role = try Self.string(value, in: body) {
                if Self.roles.contains(role) { return true }
            } else if key.elementsEqual("type".utf8), let type = try Self.string(value, in: body) {
                if Self.isAgentsItem(type) { return true }
            } else if key.elementsEqual("content".utf8), try Self.hasToolResult(value, in: body) {
                return true
            }
        }
        return false
    }

    /// The value as it is written; nil if it is no string.
    private static func string(_ value: JSONScanner, in body: [UInt8]) throws(JSONScanner.Malformed) -> String? {
        guard value.isAtString else { return nil }
        var scanner = value
        return String(decoding: body[try scanner.string()], as: UTF8.self)
    }

    /// `function` is the older form of `tool`.
    private static let roles = ["tool", "function", "assistant"]

    /// Items of the Responses API: calls of tools, what they gave, and the model's thoughts.
    private static func isAgentsItem(_ type: String) -> Bool {
        type.hasSuffix("_output") || type.hasSuffix("_call") || type == "reasoning"
    }

    /// Whether an array of blocks has the Messages API's results of tools.
    private static func hasToolResult(
        _ content: JSONScanner, in body: [UInt8]
    ) throws(JSONScanner.Malformed) -> Bool {
        var scanner = content
        guard scanner.enterArray() else { return false }
        while try scanner.nextElement() {
            guard scanner.enterObject() else {
                try scanner.skipValue()
                continue
            }
            while let name = try scanner.nextMember() {
                let value = scanner
                try scanner.skipValue()
                // Also `web_search_tool_result` and the like.
                if body[name].elementsEqual("type".utf8), let type = try Self.string(value, in: body),
                    type.hasSuffix("tool_result")
                {
                    return true
                }
            }
        }
        return false
    }

    private static func find(_ text: [UInt8], in body: [UInt8]) -> Int? {
        guard body.count >= text.count else { return nil }
        for start in 0...(body.count - text.count) where body[start] == text[0] && body[start + 2] == text[2] {
            if body[start..<start + text.count].elementsEqual(text) { return start }
        }
        return nil
    }
}
