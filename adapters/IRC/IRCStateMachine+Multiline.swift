internal import Chat

/// Messages of several lines (IRCv3 `draft/multiline`): a batch that is one message.
extension IRCStateMachine {
    struct Multiline: Sendable {
        /// `BATCH +reference draft/multiline target`, with the message's tags.
        let opening: IRCLine
        /// The texts, and whether each continues the one before instead of beginning a new line.
        var lines: [(bytes: ArraySlice<UInt8>, continues: Bool)] = []
        var size = 0

        init(_ opening: IRCLine) {
            self.opening = opening
        }
    }

    private static let (lineLimit, byteLimit) = (200, 50_000)

    static func isMultiline(_ type: String) -> Bool { type == "draft/multiline" || type == "multiline" }

    /// Keeps a line that is part of such a message; false if it is a message of its own.
    mutating func collect(_ line: IRCLine) -> Bool {
        guard !self.link.batches.isEmpty, line.hasTags, let reference = line.tag("batch"),
            let message = self.link.batches[reference]?.message
        else { return false }
        let bytes = line.raw(1)
        guard message.lines.count < Self.lineLimit, message.size + bytes.count <= Self.byteLimit else { return true }
        self.link.batches[reference]?.message?.size += bytes.count
        self.link.batches[reference]?.message?.lines.append((bytes, line.tag("draft/multiline-concat") != nil))
        return true
    }

    mutating func receive(_ message: Multiline) {
        // Our own are sent line by line.
        guard !message.lines.isEmpty, !self.isMe(message.opening.rawSourceName) else { return }
        self.receiveMessage(message.opening, target: message.opening.raw(2), lines: message.lines)
    }
}
