/// The facts about a model request's body that its headers must state. Found without parsing, because the body may be
/// 20 MB of images of which only the beginning has arrived. Pure.
struct ModelRequestFacts: Sendable, Equatable {
    var hasImage = false
    /// The last message is a tool's result or the model's own, not a person's.
    var isAgentTurn = false

    init() {}

    /// `isWhole` is false for the beginning of a longer body. Its last message is unknown and taken for a person's.
    init(body: [UInt8], isWhole: Bool) {
        self.hasImage = Self.imageKinds.contains { Self.find($0, in: body) != nil }
        guard isWhole else { return }
        // The last role or item type in the body decides; quotes inside message text are escaped.
        let role = Self.lastRole(in: body)
        self.isAgentTurn = role == "tool" || role == "assistant" || role == "function_call_output"
    }

    private static let imageKinds = ["\"image_url\"", "\"input_image\""].map { Array($0.utf8) }
    private static let roleKey = Array("\"role\"".utf8)
    private static let outputKind = Array("\"function_call_output\"".utf8)

    private static func lastRole(in body: [UInt8]) -> String? {
        var end = body.count
        let output = Self.findLast(Self.outputKind, in: body, before: end)
        while let position = Self.findLast(Self.roleKey, in: body, before: end) {
            if let value = Self.text(after: position + Self.roleKey.count, in: body) {
                return (output ?? -1) > position ? "function_call_output" : value
            }
            end = position
        }
        return output == nil ? nil : "function_call_output"
    }

    /// The string that follows a key and its colon; nil for a value of another type.
    private static func text(after position: Int, in body: [UInt8]) -> String? {
        var position = Self.skipBlanks(from: position, in: body)
        guard position < body.count, body[position] == 0x3A else { return nil }
        position = Self.skipBlanks(from: position + 1, in: body)
        guard position < body.count, body[position] == 0x22 else { return nil }
        let start = position + 1
        guard let end = body[start...].prefix(32).firstIndex(of: 0x22) else { return nil }
        return String(decoding: body[start..<end], as: UTF8.self)
    }

    private static func skipBlanks(from position: Int, in body: [UInt8]) -> Int {
        var position = position
        while position < body.count, [0x20, 0x09, 0x0A, 0x0D].contains(body[position]) { position += 1 }
        return position
    }

    private static func find(_ text: [UInt8], in body: [UInt8]) -> Int? {
        guard body.count >= text.count else { return nil }
        for start in 0...(body.count - text.count) where body[start] == text[0] && body[start + 2] == text[2] {
            if body[start..<start + text.count].elementsEqual(text) { return start }
        }
        return nil
    }

    private static func findLast(_ text: [UInt8], in body: [UInt8], before end: Int) -> Int? {
        var start = end - text.count
        while start >= 0 {
            if body[start] == text[0], body[start + 2] == text[2],
                body[start..<start + text.count].elementsEqual(text)
            {
                return start
            }
            start -= 1
        }
        return nil
    }
}
