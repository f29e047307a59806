internal import Chat
internal import Logging

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
        let opening = message.opening
        guard !message.lines.isEmpty else { return }
        guard self.isMe(opening.rawSourceName) else {
            return self.receiveMessage(opening, target: opening.raw(2), lines: message.lines)
        }
        var text: [UInt8] = []
        for (index, line) in message.lines.enumerated() {
            if index > 0, !line.continues { text.append(0x0A) }
            text += line.bytes
        }
        self.noteOwnHistory(opening, target: opening.text(2), text[...])
        guard !self.isBacklog(opening) else { return }
        // The label is on the opening.
        let (label, key) = (self.label(of: opening), self.fold(opening.text(2)))
        let post = self.link.posts.first { post in
            post.isBatch && post.isReleased
                && (label.map { post.label == $0 } ?? (post.proof == .echo && post.key == key))
        }
        if let post { self.confirm(post.number, id: opening.tag("msgid") ?? "") }
    }

    // MARK: Sending

    /// One line of a message, as it is sent alone.
    struct PostLine: Sendable {
        var line: IRCOutgoingLine
        /// It continues the line before, which was too long.
        let continues: Bool

        var size: Int { self.line.parameters.last?.count ?? 0 }
    }

    private static let capability = "draft/multiline"
    private static let defaultLines = 24

    /// The limits of a message of several lines; nil if the server takes none.
    var multiline: (lines: Int, bytes: Int)? {
        let capabilities = self.link.capabilities
        guard !self.link.refusesMultiline, capabilities.enabled.contains(Self.capability),
            capabilities.enabled.contains("batch"), let value = capabilities.offered[Self.capability]
        else { return nil }
        var (lines, bytes) = (Self.defaultLines, 0)
        for token in value.split(separator: ",") {
            let parts = token.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let number = Int(parts[1]), number > 0 else { continue }
            if parts[0] == "max-bytes" { bytes = number }
            if parts[0] == "max-lines" { lines = min(number, Self.lineLimit) }
        }
        // Less is not worth a batch.
        return lines > 1 && bytes >= 512 ? (lines, bytes) : nil
    }

    /// The lines of a message as the server takes them together.
    func batches(of lines: [PostLine]) -> [[PostLine]] {
        guard lines.count > 1, let limits = self.multiline else { return lines.map { [$0] } }
        var batches: [[PostLine]] = []
        var size = 0
        for line in lines {
            let needed = line.size + 1
            if let last = batches.last, last.count < limits.lines, size + needed <= limits.bytes {
                batches[batches.count - 1].append(line)
            } else {
                batches.append([line])
                size = 0
            }
            size += needed
        }
        return batches
    }

    /// Sends the lines of a batch one by one after all.
    mutating func separate(_ index: Int) {
        let batch = self.link.posts.remove(at: index)
        let posts = batch.lines.map { line in
            self.link.lastPost += 1
            return Post(
                number: self.link.lastPost, ticket: batch.ticket, room: batch.room, key: batch.key,
                lines: [PostLine(line: line.line, continues: false)], claim: batch.claim, isProven: batch.isProven)
        }
        self.link.posts.insert(contentsOf: posts, at: index)
        self.link.tickets[batch.ticket]?.postsLeft += posts.count - 1
        self.watchPosts()
    }

    /// `FAIL BATCH MULTILINE_… :text`: nothing of the batch was relayed. False if it is about none of the bot's.
    mutating func receiveRefusedBatch(_ line: IRCLine, label: String?) -> Bool {
        guard line.text(0).uppercased() == "BATCH" else { return false }
        let index = self.link.posts.firstIndex { post in
            post.isBatch && post.isReleased && (label.map { post.label == $0 } ?? true)
        }
        guard let index else { return false }
        self.log(.warning, "The server refused a multi-line message; sending its lines one by one: \(line.lastText)")
        self.link.refusesMultiline = true
        self.separate(index)
        self.pump()
        return true
    }
}

extension IRCStateMachine.Post {
    var isBatch: Bool { self.lines.count > 1 }

    /// The lines on the wire. Only the first may have tags of its own: those of a batch belong to its opening.
    func sent(withLabel hasLabel: Bool) -> [IRCOutgoingLine] {
        var first = self.lines[0].line
        if hasLabel { first.tags.append(("label", self.label)) }
        guard self.isBatch, let target = first.parameters.first else { return [first] }
        let reference = "m\(self.number)"
        let opening = IRCOutgoingLine(
            "BATCH", bytes: [Array("+\(reference)".utf8), Array("draft/multiline".utf8), target], tags: first.tags)
        let lines = self.lines.enumerated().map { index, line in
            var line = line
            line.line.tags = [("batch", reference)]
            if line.continues, index > 0 { line.line.tags.append(("draft/multiline-concat", nil)) }
            return line.line
        }
        return [opening] + lines + [IRCOutgoingLine("BATCH", "-\(reference)")]
    }
}
