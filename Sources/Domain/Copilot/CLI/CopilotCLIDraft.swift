/// The text of one message of the CLI's, from deltas that may start again.
///
/// After a failure between CLI and endpoint the answer begins anew, while what was shown can't be taken back: our own
/// stream only ever grows. So a new draft is swallowed as long as it repeats what was shown, and goes on from there;
/// one that reads differently ends the answer. Pure; compares bytes, for a delta may end within a grapheme.
package struct CopilotCLIDraft: Sendable {
    package enum Outcome: Sendable, Equatable {
        /// Show this; may be empty.
        case show(String)
        /// Says something else than what was shown.
        case diverged
    }

    /// What was handed on of this message.
    private var shown: [UInt8] = []
    /// How much of it the draft under way has repeated, or all of it.
    private var position = 0

    package init() {}

    /// Whether anything of this message was shown.
    package var isEmpty: Bool { self.shown.isEmpty }

    package mutating func delta(_ text: String) -> Outcome { self.advance(Array(text.utf8)) }

    /// The CLI asks the endpoint once more.
    package mutating func restart() { self.position = 0 }

    /// The whole message, which is the truth; the next delta belongs to another one.
    package mutating func complete(_ content: String) -> Outcome {
        // A message that only calls a tool may come without text behind text that was streamed.
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
