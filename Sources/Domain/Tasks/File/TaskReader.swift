internal import Primitives

/// Finds the tasks in the bytes of a Markdown file: list items whose text begins with a box. Not those in code, comments,
/// quotes, front matter and tables.
struct TaskReader {
    private(set) var items: [TaskItem] = []

    private let bytes: [UInt8]
    private enum Kind {
        case task(Int)
        /// Of a task.
        case note(Int)
        case other
    }

    /// The items that the next line may be in, with the columns of their contents.
    private var open: [(column: Int, kind: Kind)] = []
    /// Where the last line that belongs to them ends. A task gets it when it is left: otherwise a line would be up to a
    /// hundred writes.
    private var reach = 0
    /// Each line is compared with all open items. Deeper ones are text.
    private static let levelLimit = 100
    /// In bytes. A longer line is plain text, whatever it begins with.
    private static let lineLimit = 64 << 10
    private var section: String?
    private var isInParagraph = false
    private var fence: (byte: UInt8, count: Int, column: Int)?
    /// What ends a comment or a raw HTML element.
    private var rawEnd: [UInt8]?
    private var line = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private static let space = UInt8(ascii: " ")
    private static let tab = UInt8(ascii: "\t")
    private static let newline = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    mutating func read() {
        var position = self.bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        position = self.skipFrontMatter(position)
        // One more than may be there shows that there are too many.
        while position < self.bytes.count, self.items.count <= TaskFile.countLimit {
            let (end, next) = self.lineEnd(position)
            self.line += 1
            self.take(position..<end, next: next)
            position = next
        }
        while !self.open.isEmpty { self.leave() }
    }

    /// Ends the innermost open item.
    private mutating func leave() {
        if case .task(let task)? = self.open.popLast()?.kind { self.items[task].end = self.reach }
    }

    /// Where the line's text ends, and where the next line begins.
    private func lineEnd(_ start: Int) -> (end: Int, next: Int) {
        var end = start
        while end < self.bytes.count {
            let byte = self.bytes[end]
            if byte == Self.newline { return (end, end + 1) }
            if byte == Self.carriageReturn {
                let isPair = end + 1 < self.bytes.count && self.bytes[end + 1] == Self.newline
                return (end, end + (isPair ? 2 : 1))
            }
            end += 1
        }
        return (end, end)
    }

    private mutating func skipFrontMatter(_ start: Int) -> Int {
        var position = start
        var count = 0
        while position < self.bytes.count {
            let (end, next) = self.lineEnd(position)
            let text = self.trimmed(position..<end)
            count += 1
            if count == 1 {
                guard self.bytes[position..<end].elementsEqual("---".utf8) else { return start }
            } else if self.bytes[text].elementsEqual("---".utf8) || self.bytes[text].elementsEqual("...".utf8) {
                self.line = count
                return next
            }
            position = next
        }
        return start
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == Self.space || byte == Self.tab }

    private func trimmed(_ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, self.isBlank(self.bytes[start]) { start += 1 }
        while end > start, self.isBlank(self.bytes[end - 1]) { end -= 1 }
        return start..<end
    }

    /// Skips blanks from `start`; tabs lead to columns that are multiples of four.
    private func skip(from start: Int, column: Int, to end: Int) -> (position: Int, column: Int) {
        var (position, column) = (start, column)
        while position < end {
            if self.bytes[position] == Self.space {
                column += 1
            } else if self.bytes[position] == Self.tab {
                column += 4 - column % 4
            } else {
                break
            }
            position += 1
        }
        return (position, column)
    }

    private func has(_ word: [UInt8], at position: Int, before end: Int) -> Bool {
        position + word.count <= end && word.indices.allSatisfy { Self.folded(self.bytes[position + $0]) == word[$0] }
    }

    private static func folded(_ byte: UInt8) -> UInt8 {
        UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
    }

    // MARK: Lines

    private mutating func take(_ range: Range<Int>, next: Int) {
        if let end = self.rawEnd {
            if self.contains(end, in: range) { self.rawEnd = nil }
            self.extend(to: next)
            return
        }
        let (position, column) = self.skip(from: range.lowerBound, column: 0, to: range.upperBound)
        guard position < range.upperBound else {
            self.isInParagraph = false
            return
        }
        if let fence = self.fence {
            if column >= fence.column {
                if self.closes(fence, position..<range.upperBound) { self.fence = nil }
                self.extend(to: next)
                return
            }
            // The item that it is in has ended.
            self.fence = nil
        }
        let isPlain = range.count > Self.lineLimit
        let startsBlock = !isPlain && self.startsBlock(position, range.upperBound, column: column)
        if self.isInParagraph, !startsBlock {
            self.extend(to: next, isText: true)
            return
        }
        while let last = self.open.last, column < last.column { self.leave() }
        let base = self.open.last?.column ?? 0
        guard column - base < 4 else {
            // Indented code, or the rest of a paragraph.
            self.extend(to: next)
            return
        }
        self.extend(to: next)
        if isPlain {
            self.isInParagraph = true
            return
        }
        self.takeBlock(position..<range.upperBound, column: column, lineStart: range.lowerBound, next: next)
    }

    /// Notes that a line belongs to the items that are open.
    private mutating func extend(to next: Int, isText: Bool = false) {
        self.reach = next
        guard isText else { return }
        // A wrapped title, or a wrapped note.
        switch self.open.last?.kind {
        case .task(let task), .note(let task): self.items[task].notesEnd = next
        case .other, nil: break
        }
    }

    private mutating func takeBlock(_ range: Range<Int>, column: Int, lineStart: Int, next: Int) {
        let (start, end) = (range.lowerBound, range.upperBound)
        self.isInParagraph = false
        switch self.bytes[start] {
        case UInt8(ascii: "#"):
            var level = start
            while level < end, self.bytes[level] == UInt8(ascii: "#") { level += 1 }
            if level - start <= 6, level == end || self.isBlank(self.bytes[level]) {
                if self.open.isEmpty { self.section = self.heading(level..<end) }
                return
            }
        case UInt8(ascii: ">"), UInt8(ascii: "|"): return
        case UInt8(ascii: "`"), UInt8(ascii: "~"):
            if self.beginsFence(range) { return }
        case UInt8(ascii: "<"):
            if self.beginsRaw(range) { return }
        default: break
        }
        if self.isRule(range) { return }
        if let bullet = self.bullet(range) {
            self.takeItem(range, bullet: bullet, column: column, lineStart: lineStart, next: next)
            return
        }
        self.isInParagraph = true
    }

    /// Reads an item, and the items that begin within it on the same line.
    private mutating func takeItem(
        _ range: Range<Int>, bullet: Range<Int>, column: Int, lineStart: Int, next: Int
    ) {
        var (bullet, column) = (bullet, column)
        var inner = range
        while true {
            guard self.open.count < Self.levelLimit else { break }
            let after = column + bullet.count
            let (position, content) = self.skip(from: bullet.upperBound, column: after, to: range.upperBound)
            // An empty item, or one that begins with indented code.
            guard position < range.upperBound, content - after <= 4 else {
                self.open.append((after + 1, .other))
                return
            }
            inner = position..<range.upperBound
            if let item = self.task(inner, bullet: bullet, column: content, lineStart: lineStart, next: next) {
                self.items.append(item)
                self.open.append((content, .task(self.items.count - 1)))
                self.isInParagraph = true
                return
            }
            var kind = Kind.other
            if case .task(let parent)? = self.open.last?.kind, let note = TaskLine.note(self.bytes[inner]) {
                if self.items[parent].notes.count == TaskItem.noteLimit { self.items[parent].notes.removeFirst() }
                self.items[parent].notes.append(note)
                self.items[parent].notesEnd = next
                kind = .note(parent)
            }
            self.open.append((content, kind))
            guard let deeper = self.bullet(inner), !self.isRule(inner) else { break }
            (bullet, column) = (deeper, content)
        }
        switch self.bytes[inner.lowerBound] {
        case UInt8(ascii: "`"), UInt8(ascii: "~"): if self.beginsFence(inner) { return }
        case UInt8(ascii: "<"): if self.beginsRaw(inner) { return }
        case UInt8(ascii: ">"), UInt8(ascii: "|"), UInt8(ascii: "#"): return
        default: break
        }
        self.isInParagraph = true
    }

    /// The task whose line's content this is; nil without a box and a title.
    private func task(
        _ range: Range<Int>, bullet: Range<Int>, column: Int, lineStart: Int, next: Int
    ) -> TaskItem? {
        let start = range.lowerBound
        guard start + 3 < range.upperBound, self.bytes[start] == UInt8(ascii: "["),
            self.bytes[start + 2] == UInt8(ascii: "]"), let state = TaskState(box: self.bytes[start + 1])
        else { return nil }
        // Kiro marks optional tasks with a star behind the box.
        let after = start + (self.bytes[start + 3] == UInt8(ascii: "*") ? 4 : 3)
        guard after < range.upperBound, self.isBlank(self.bytes[after]) else { return nil }
        let text = self.trimmed(after + 1..<range.upperBound)
        guard !text.isEmpty else { return nil }
        var item = TaskItem(
            state: state, section: self.section, line: self.line, bytes: self.bytes, box: start + 1,
            indent: lineStart..<bullet.lowerBound, bullet: bullet, content: start..<text.upperBound, column: column,
            depth: self.open.count)
        (item.notesEnd, item.end) = (next, next)
        TaskLine(self.bytes, text).read(into: &item)
        return item
    }

    // MARK: Blocks

    private func heading(_ range: Range<Int>) -> String {
        var text = self.trimmed(range)
        while !text.isEmpty, self.bytes[text.upperBound - 1] == UInt8(ascii: "#") {
            text = text.lowerBound..<text.upperBound - 1
        }
        let heading = StreamSafeText.of(String(decoding: self.bytes[self.trimmed(text)], as: UTF8.self))
        return heading.beginning(bytes: TaskItem.sectionLimit)
    }

    /// The bullet or number of a list item, which a blank or the line's end follows.
    private func bullet(_ range: Range<Int>) -> Range<Int>? {
        var end = range.lowerBound
        switch self.bytes[end] {
        case UInt8(ascii: "-"), UInt8(ascii: "*"), UInt8(ascii: "+"): end += 1
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            while end < range.upperBound, UInt8(ascii: "0")...UInt8(ascii: "9") ~= self.bytes[end] { end += 1 }
            guard end - range.lowerBound <= 9, end < range.upperBound,
                self.bytes[end] == UInt8(ascii: ".") || self.bytes[end] == UInt8(ascii: ")")
            else { return nil }
            end += 1
        default: return nil
        }
        guard end == range.upperBound || self.isBlank(self.bytes[end]) else { return nil }
        return range.lowerBound..<end
    }

    /// In bytes. Items within items on one line each ask whether the rest is a rule.
    private static let ruleLimit = 200

    /// Three or more `-`, `*` or `_`, of which the first ``ruleLimit`` decide.
    private func isRule(_ range: Range<Int>) -> Bool {
        let byte = self.bytes[range.lowerBound]
        guard byte == UInt8(ascii: "-") || byte == UInt8(ascii: "*") || byte == UInt8(ascii: "_") else { return false }
        var count = 0
        for other in self.bytes[range].prefix(Self.ruleLimit) {
            if other == byte { count += 1 } else if !self.isBlank(other) { return false }
        }
        return count >= 3
    }

    private func fenceLength(_ range: Range<Int>) -> Int {
        let byte = self.bytes[range.lowerBound]
        var end = range.lowerBound
        while end < range.upperBound, self.bytes[end] == byte { end += 1 }
        return end - range.lowerBound
    }

    private func isFence(_ range: Range<Int>) -> Bool {
        let byte = self.bytes[range.lowerBound]
        guard byte == UInt8(ascii: "`") || byte == UInt8(ascii: "~") else { return false }
        let count = self.fenceLength(range)
        // ``` `x` ``` in one line is code in a paragraph.
        return count >= 3
            && (byte == UInt8(ascii: "~") || !self.bytes[(range.lowerBound + count)..<range.upperBound].contains(byte))
    }

    private mutating func beginsFence(_ range: Range<Int>) -> Bool {
        guard self.isFence(range) else { return false }
        self.fence = (self.bytes[range.lowerBound], self.fenceLength(range), self.open.last?.column ?? 0)
        return true
    }

    private func closes(_ fence: (byte: UInt8, count: Int, column: Int), _ range: Range<Int>) -> Bool {
        guard self.bytes[range.lowerBound] == fence.byte else { return false }
        let count = self.fenceLength(range)
        return count >= fence.count && self.trimmed(range.lowerBound + count..<range.upperBound).isEmpty
    }

    private func rawEnd(_ range: Range<Int>) -> [UInt8]? {
        let start = range.lowerBound
        if self.has(Self.comment, at: start, before: range.upperBound) { return Array("-->".utf8) }
        return Self.rawElements.first { self.has($0.begin, at: start, before: range.upperBound) }?.end
    }

    private static let comment = Array("<!--".utf8)
    private static let rawElements = ["pre", "script", "style", "textarea"].map {
        (begin: Array("<\($0)".utf8), end: Array("</\($0)>".utf8))
    }

    private mutating func beginsRaw(_ range: Range<Int>) -> Bool {
        guard let end = self.rawEnd(range) else { return false }
        if !self.contains(end, in: range) { self.rawEnd = end }
        return true
    }

    private func contains(_ word: [UInt8], in range: Range<Int>) -> Bool {
        guard range.count >= word.count else { return false }
        return (range.lowerBound...range.upperBound - word.count).contains { start in
            word.indices.allSatisfy { Self.folded(self.bytes[start + $0]) == word[$0] }
        }
    }

    /// Whether a line ends the paragraph before it.
    private func startsBlock(_ start: Int, _ end: Int, column: Int) -> Bool {
        let range = start..<end
        switch self.bytes[start] {
        case UInt8(ascii: "#"), UInt8(ascii: ">"): return true
        case UInt8(ascii: "`"), UInt8(ascii: "~"): return self.isFence(range)
        case UInt8(ascii: "<"): return self.rawEnd(range) != nil
        default: break
        }
        if self.isRule(range) { return true }
        // An empty item does not end a paragraph, and in the same container only the number 1 does.
        guard let bullet = self.bullet(range), bullet.upperBound < end else { return false }
        let isOne = bullet.count == 2 && self.bytes[start] == UInt8(ascii: "1")
        return bullet.count == 1 || isOne || column < (self.open.last?.column ?? 0)
    }
}
