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
        guard isWhole, let last = Self.lastMessage(in: body) else { return }
        self.isAgentTurn = Self.isAgents(JSONCursor(body, at: last))
    }

    /// Of chat completions, responses and messages.
    private static let imageKinds = ["\"image_url\"", "\"input_image\"", "\"image\""].map { Array($0.utf8) }

    /// Where the last message or item begins.
    private static func lastMessage(in body: [UInt8]) -> Int? {
        var cursor = JSONCursor(body)
        guard cursor.enterObject() else { return nil }
        var last: Int?
        while let name = cursor.nextMember() {
            if name.elementsEqual("messages".utf8) || name.elementsEqual("input".utf8), cursor.enterArray() {
                while cursor.nextElement() {
                    last = cursor.position
                    guard cursor.skipValue() else { return nil }
                }
                guard cursor.leaveArray() else { return last }
            } else {
                guard cursor.skipValue() else { return nil }
            }
        }
        return last
    }

    private static func isAgents(_ message: JSONCursor) -> Bool {
        var cursor = message
        guard cursor.enterObject() else { return false }
        while let name = cursor.nextMember() {
            let value = cursor
            if name.elementsEqual("role".utf8), let role = cursor.string() {
                if Self.roles.contains(where: { role.elementsEqual($0.utf8) }) { return true }
            } else if name.elementsEqual("type".utf8), let type = cursor.string() {
                if Self.isAgentsItem(String(decoding: type, as: UTF8.self)) { return true }
            } else if name.elementsEqual("content".utf8), Self.hasToolResult(value) {
                return true
            } else {
                cursor = value
                guard cursor.skipValue() else { return false }
            }
        }
        return false
    }

    /// `function` is the older form of `tool`.
    private static let roles = ["tool", "function", "assistant"]

    /// Items of the Responses API: calls of tools, what they gave, and the model's thoughts.
    private static func isAgentsItem(_ type: String) -> Bool {
        type.hasSuffix("_output") || type.hasSuffix("_call") || type == "reasoning"
    }

    /// Whether an array of blocks has the Messages API's results of tools.
    private static func hasToolResult(_ content: JSONCursor) -> Bool {
        var cursor = content
        guard cursor.enterArray() else { return false }
        while cursor.nextElement() {
            var block = cursor
            guard cursor.skipValue(), block.enterObject() else { return false }
            while let name = block.nextMember() {
                if name.elementsEqual("type".utf8), let type = block.string() {
                    // Also `web_search_tool_result` and the like.
                    if String(decoding: type, as: UTF8.self).hasSuffix("tool_result") { return true }
                } else {
                    guard block.skipValue() else { return false }
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
