internal import JSON

/// The facts about a model request's body that its headers must state. Found without building a tree, because the body may
/// have megabytes of images. Pure.
struct ModelRequestFacts: Sendable, Equatable {
    var hasImage = false
    /// The last message is a tool's result or the model's own, not a person's.
    var isAgentTurn = false

    init() {}

    /// `isWhole` is false for the beginning of a longer body. Its last message is unknown and taken for a person's.
    init(body: [UInt8], isWhole: Bool) {
        let words = Words(of: body)
        self.hasImage = words.haveImage
        guard isWhole, words.mayBeAgents, let last = try? Self.lastMessage(in: body) else { return }
        self.isAgentTurn = (try? Self.isAgents(body, at: last)) ?? false
    }

    /// What the strings of a body show, wherever they are: one quick pass.
    private struct Words {
        var haveImage = false
        /// Some string marks a message as an agent's.
        var mayBeAgents = false

        /// Of chat completions, responses and messages.
        private static let imageKinds: [StaticString] = ["image_url\"", "input_image\"", "image\""]
        /// The beginnings and ends of the strings that ``isAgents(_:at:)`` looks for.
        private static let beginnings: [StaticString] = ["tool", "function\"", "assistant\"", "reasoning\""]
        private static let endings: [StaticString] = ["_output", "_call", "tool_result"]

        init(of body: [UInt8]) {
            for quote in body.indices.dropLast() where body[quote] == UInt8(ascii: "\"") {
                switch body[quote + 1] {
                case UInt8(ascii: "i"):
                    self.haveImage = self.haveImage || Self.imageKinds.contains { body.has($0, at: quote + 1) }
                case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "a"), UInt8(ascii: "r"):
                    self.mayBeAgents = self.mayBeAgents || Self.beginnings.contains { body.has($0, at: quote + 1) }
                case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: " "), 0x09...0x0D:
                    self.mayBeAgents = self.mayBeAgents || Self.endings.contains { body.ends($0, before: quote) }
                default: break
                }
            }
        }
    }

    /// Where the last message or item begins.
    private static func lastMessage(in body: [UInt8]) throws(JSONError) -> Int? {
        var scanner = JSONScanner(body)
        guard scanner.enterObject() else { return nil }
        var last: Int?
        while let name = try scanner.nextMember() {
            if body.is("messages", at: name) || body.is("input", at: name), scanner.enterArray() {
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

    private static func isAgents(_ body: [UInt8], at position: Int) throws(JSONError) -> Bool {
        var scanner = JSONScanner(body, at: position)
        guard scanner.enterObject() else { return false }
        while let name = try scanner.nextMember() {
            let value = scanner
            try scanner.skipValue()
            if body.is("role", at: name), let role = try Self.string(value) {
                if Self.roles.contains(where: { body.is($0, at: role) }) { return true }
            } else if body.is("type", at: name), let type = try Self.string(value) {
                if Self.isAgentsItem(body[type]) { return true }
            } else if body.is("content", at: name), try Self.hasToolResult(value, in: body) {
                return true
            }
        }
        return false
    }

    /// Where the value is, as it is written; nil if it is not a string.
    private static func string(_ value: JSONScanner) throws(JSONError) -> Range<Int>? {
        var scanner = value
        return try scanner.string()
    }

    /// `function` is the older form of `tool`.
    private static let roles: [StaticString] = ["tool", "function", "assistant"]

    /// Items of the Responses API: calls of tools, what they gave, and the model's thoughts.
    private static func isAgentsItem(_ type: ArraySlice<UInt8>) -> Bool {
        type.hasSuffix("_output") || type.hasSuffix("_call") || type.elementsEqual("reasoning".utf8)
    }

    /// Whether an array of blocks has the Messages API's results of tools.
    private static func hasToolResult(
        _ content: JSONScanner, in body: [UInt8]
    ) throws(JSONError) -> Bool {
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
                if body.is("type", at: name), let type = try Self.string(value), body[type].hasSuffix("tool_result") {
                    return true
                }
            }
        }
        return false
    }
}

extension [UInt8] {
    /// Whether the bytes from `start` on begin with `word`.
    fileprivate func has(_ word: StaticString, at start: Int) -> Bool {
        guard self.count - start >= word.utf8CodeUnitCount else { return false }
        return word.withUTF8Buffer { word in word.indices.allSatisfy { self[start + $0] == word[$0] } }
    }

    /// Whether the bytes before `end` end with `word`.
    fileprivate func ends(_ word: StaticString, before end: Int) -> Bool {
        end >= word.utf8CodeUnitCount && self.has(word, at: end - word.utf8CodeUnitCount)
    }

    /// Whether the bytes there are `word`.
    fileprivate func `is`(_ word: StaticString, at range: Range<Int>) -> Bool {
        range.count == word.utf8CodeUnitCount && self.has(word, at: range.lowerBound)
    }
}

extension ArraySlice<UInt8> {
    fileprivate func hasSuffix(_ text: String) -> Bool { self.suffix(text.utf8.count).elementsEqual(text.utf8) }
}
