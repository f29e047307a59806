/// The text of one CLI message, from deltas that may restart.
///
/// After a failure between CLI and endpoint the answer restarts, but our stream can only grow. So a new draft is
/// skipped as long as it repeats the shown text, and continues from there; one that differs ends the answer. Pure.
/// Compares bytes, because a delta may end within a grapheme.
package struct CopilotCLIDraft: Sendable {
    package enum Outcome: Sendable, Equatable {
        /// New text, which may be empty.
        case show(String)
        /// The text differs from what was shown.
        case diverged
    }

    /// The text of this message that was forwarded.
    private var shown: [UInt8] = []
    /// How much of ``shown`` the current draft has repeated.
    private var position = 0

    /// Whether no text of this message was shown.
    package var isEmpty: Bool { self.shown.isEmpty }

    package mutating func delta(_ text: String) -> Outcome { self.advance(Array(text.utf8)) }

    /// The CLI retries at the endpoint.
    package mutating func restart() { self.position = 0 }

    /// Takes the complete message, which is authoritative; the next delta belongs to another one.
    package mutating func complete(_ content: String) -> Outcome {
        // A message that only calls a tool may have no text, although some was streamed.
        if content.isEmpty {
            self = CopilotCLIDraft()
            return .show("")
        }
        self.position = 0
        let bytes = Array(content.utf8)
        // The CLI may trim what it streamed.
        let isSame = Self.trimmed(bytes).elementsEqual(Self.trimmed(self.shown))
        guard isSame || bytes.count >= self.shown.count else { return .diverged }
        let outcome = isSame ? .show("") : self.advance(bytes)
        if outcome != .diverged { self = CopilotCLIDraft() }
        return outcome
    }

    private static func trimmed(_ bytes: [UInt8]) -> some Sequence<UInt8> {
        let isSpace = { (byte: UInt8) in byte == 32 || (9...13).contains(byte) }
        return bytes.drop(while: isSpace).reversed().drop(while: isSpace)
    }

    private mutating func advance(_ bytes: [UInt8]) -> Outcome {
        let repeated = min(bytes.count, self.shown.count - self.position)
        guard self.shown[self.position..<self.position + repeated].elementsEqual(bytes.prefix(repeated)) else {
            return .diverged
        }
        self.position += repeated
        let new = bytes.dropFirst(repeated)
        guard !new.isEmpty else { return .show("") }
        self.shown += new
        self.position = self.shown.count
        return .show(String(decoding: new, as: UTF8.self))
    }
}
