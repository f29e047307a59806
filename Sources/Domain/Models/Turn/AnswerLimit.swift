/// How much a model may write for one answer; what exceeds it ends the answer.
package struct AnswerLimit: Sendable, Equatable {
    /// Bytes of the text, and of the reasoning.
    package var bytes: Int
    /// Tokens of text and reasoning together, by estimate.
    package var tokens: Int

    /// The defaults of `model.answer_size` and `model.answer_tokens`. The tokens are the longest output that models
    /// offer; the size is what they amount to in English.
    package init(bytes: Int = 512 << 10, tokens: Int = 128_000) {
        self.bytes = bytes
        self.tokens = tokens
    }

    /// The setting whose limit was reached.
    enum Kind: String, Sendable {
        case size = "model.answer_size"
        case tokens = "model.answer_tokens"
    }

    /// The beginning of `text` that fits into `room` bytes, whole characters only.
    static func prefix(of text: String, within room: Int) -> String {
        guard text.utf8.count > room else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: max(0, room))
        while end > text.startIndex, end.samePosition(in: text.unicodeScalars) == nil {
            end = text.utf8.index(before: end)
        }
        return String(text[..<end])
    }
}
