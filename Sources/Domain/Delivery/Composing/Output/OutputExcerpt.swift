internal import Chat
internal import Primitives
internal import Threads

/// The beginning and the end of a command's output, of bounded size. Pure.
package struct OutputExcerpt: Sendable {
    /// In bytes, for the beginning and for the end; no room shows more in one message.
    private static let limit = 32 << 10

    private var head: [OutputLine] = []
    private var headBytes = 0
    private var tail: [OutputLine] = []
    private var tailBytes = 0
    /// Lines before `tail` that are kept no more.
    private var dropped = 0
    private var isHeadFull = false
    private var hasCutLines = false
    /// The unfinished lines at the end, see ``TerminalLines/partial``.
    package var partial: [OutputLine] = []

    /// All lines, also those that are left out.
    private(set) var count = 0

    package init() {}

    mutating func append(_ whole: OutputLine) {
        self.count += 1
        let line = Self.bounded(whole)
        if Self.isLong(whole) { self.hasCutLines = true }
        let bytes = line.text.utf8.count + 1
        if !self.isHeadFull, self.headBytes + bytes <= Self.limit {
            self.head.append(line)
            self.headBytes += bytes
            return
        }
        self.isHeadFull = true
        self.tail.append(line)
        self.tailBytes += bytes
        guard self.tailBytes > 2 * Self.limit else { return }
        // Halves it at once, so that not every line moves all others.
        var first = 0
        while self.tailBytes > Self.limit, first < self.tail.count - 1 {
            self.tailBytes -= self.tail[first].text.utf8.count + 1
            first += 1
        }
        self.tail.removeFirst(first)
        self.dropped += first
    }

    /// Whether every line is kept.
    var isWhole: Bool { self.dropped == 0 && !self.hasCutLines }

    private static func isLong(_ line: OutputLine) -> Bool {
        line.stream != nil && line.text.utf8.count > Self.limit / 4
    }

    /// The line; of a long one at most a quarter of the limit: its beginning and its end.
    static func bounded(_ line: OutputLine) -> OutputLine {
        guard Self.isLong(line) else { return line }
        let part = Self.limit / 8
        var head = Array(line.text.utf8.prefix(part + 1))
        while let byte = head.popLast(), byte & 0xC0 == 0x80 {}
        let tail = line.text.utf8.suffix(part).drop { $0 & 0xC0 == 0x80 }
        return OutputLine(
            stream: line.stream,
            text: String(decoding: head, as: UTF8.self) + "…" + String(decoding: tail, as: UTF8.self))
    }

    /// The last lines.
    func last(_ count: Int) -> [OutputLine] {
        let kept = self.tail.suffix(count)
        // Lines are missing between the two.
        guard kept.count < count, self.dropped == 0 else { return Array(kept) }
        return self.head.suffix(count - kept.count) + kept
    }

    /// At most `limit` lines from the place `first`, up to where lines are missing.
    func lines(from first: Int, limit: Int) -> [OutputLine] {
        let all = self.dropped == 0 ? self.head + self.tail : self.head
        return Array(all.dropFirst(first).prefix(limit))
    }

    /// Markdown of everything that is kept; call it when ``isWhole``.
    var markdown: String { OutputWriter.markdown(of: self.all) }

    private var all: [OutputLine] {
        self.head + self.tail
            + self.partial.map { OutputLine(stream: $0.stream, text: StreamSafeText.of($0.text)) }
    }

    /// Markdown with the first and the last lines: about `lines`, within `bytes`. A third goes to the beginning,
    /// because the end says how the command ended.
    func markdown(lines limit: Int, bytes: Int) -> String {
        let all = self.all
        let headLimit = max(1, limit / 3)
        var first = 0
        var used = 0
        var start: [OutputLine] = []
        while first < all.count, first < headLimit {
            let line = Self.shortened(all[first], to: bytes / 3 - used, keepingEnd: false)
            guard let line else { break }
            start.append(line)
            used += line.text.utf8.count + 1
            first += 1
            // A cut line is shorter.
            if line.text.utf8.count != all[first - 1].text.utf8.count { break }
        }
        var last = all.count
        var end: [OutputLine] = []
        while last > first, end.count < max(1, limit - start.count) {
            guard let line = Self.shortened(all[last - 1], to: bytes - used, keepingEnd: true) else { break }
            end.append(line)
            used += line.text.utf8.count + 1
            last -= 1
            if line.text.utf8.count != all[last].text.utf8.count { break }
        }
        let omitted = last - first + self.dropped
        let marker = omitted > 0 ? [OutputLine(stream: nil, text: TurnTexts.linesLeftOut(omitted))] : []
        return OutputWriter.markdown(of: start + marker + end.reversed())
    }

    /// A line within `bytes`; nil when there is no room worth using. Text about the command is never shortened.
    private static func shortened(_ line: OutputLine, to bytes: Int, keepingEnd: Bool) -> OutputLine? {
        if line.stream == nil || line.text.utf8.count < bytes { return line }
        guard bytes >= 32 else { return nil }
        let room = bytes - 8
        if keepingEnd {
            let text = String(decoding: line.text.utf8.suffix(room).drop { $0 & 0xC0 == 0x80 }, as: UTF8.self)
            return OutputLine(stream: line.stream, text: "…" + text)
        }
        var head = Array(line.text.utf8.prefix(room + 1))
        while let byte = head.popLast(), byte & 0xC0 == 0x80 {}
        return OutputLine(stream: line.stream, text: String(decoding: head, as: UTF8.self) + "…")
    }
}
