internal import Markdown
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
    private var fence: (fence: MarkdownLine.Fence, column: Int)?
    /// What ends a comment or a raw HTML element.
    private var rawEnd: String?
    private var line = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func read() {
        let start = MarkdownLines.frontMatterEnd(of: self.bytes)
        for (content, next) in MarkdownLines(self.bytes, from: MarkdownLines.start(of: self.bytes)) {
            // One more than may be there shows that there are too many.
            guard self.items.count <= TaskFile.countLimit else { break }
            self.line += 1
            if content.lowerBound >= start { self.take(content, next: next) }
        }
        while !self.open.isEmpty { self.leave() }
    }

    /// Ends the innermost open item.
    private mutating func leave() {
        if case .task(let task)? = self.open.popLast()?.kind { self.items[task].end = self.reach }
    }

    private mutating func take(_ content: Range<Int>, next: Int) {
        let line = MarkdownLine(self.bytes[content])
        if let end = self.rawEnd {
            if line.contains(end) { self.rawEnd = nil }
            self.extend(to: next)
            return
        }
        guard !line.isBlank else {
            self.isInParagraph = false
            return
        }
        if let open = self.fence {
            if line.indent >= open.column {
                if line.closes(open.fence) { self.fence = nil }
                self.extend(to: next)
                return
            }
            // The item that it is in has ended.
            self.fence = nil
        }
        let isPlain = content.count > Self.lineLimit
        if self.isInParagraph, isPlain || !self.endsParagraph(line) {
            self.extend(to: next, isText: true)
            return
        }
        while let last = self.open.last, line.indent < last.column { self.leave() }
        self.extend(to: next)
        // Indented code, or the rest of a paragraph.
        guard line.indent - (self.open.last?.column ?? 0) < 4 else { return }
        self.isInParagraph = isPlain
        if !isPlain { self.takeBlock(line, lineStart: content.lowerBound, next: next) }
    }

    private func endsParagraph(_ line: MarkdownLine) -> Bool {
        if line.text.first == UInt8(ascii: ">") || line.interruptsText { return true }
        // An empty item does not, and in the same container only the number 1 does.
        return line.indent < (self.open.last?.column ?? 0) && !(line.marker?.isEmpty ?? true)
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

    private mutating func takeBlock(_ line: MarkdownLine, lineStart: Int, next: Int) {
        if line.headingLevel != nil {
            let title = StreamSafeText.of(String(decoding: line.title, as: UTF8.self))
            if self.open.isEmpty { self.section = title.beginning(bytes: TaskItem.sectionLimit) }
        } else if !Self.isRule(line) {
            self.takeItems(line, lineStart: lineStart, next: next)
        }
    }

    /// Reads the items that begin on a line, each in the one before it, and what the innermost begins with.
    private mutating func takeItems(_ line: MarkdownLine, lineStart: Int, next: Int) {
        var line = line
        while self.open.count < Self.levelLimit, line.marker != nil, !Self.isRule(line),
            let bullet = line.bullet?.indices
        {
            let after = line.indent + bullet.count
            line = MarkdownLine(line.text[bullet.upperBound...], column: after)
            // An empty item, or one that begins with indented code.
            guard !line.isBlank, line.indent - after <= 4 else {
                self.open.append((after + 1, .other))
                return
            }
            if let item = self.task(line, bullet: bullet, lineStart: lineStart, next: next) {
                self.items.append(item)
                self.open.append((line.indent, .task(self.items.count - 1)))
                self.isInParagraph = true
                return
            }
            var kind = Kind.other
            if case .task(let parent)? = self.open.last?.kind, let note = TaskLine.note(line.text) {
                if self.items[parent].notes.count == TaskItem.noteLimit { self.items[parent].notes.removeFirst() }
                self.items[parent].notes.append(note)
                self.items[parent].notesEnd = next
                kind = .note(parent)
            }
            self.open.append((line.indent, kind))
        }
        self.isInParagraph = line.headingLevel == nil && !self.beginsOther(line)
    }

    /// The task whose line's content this is; nil without a box and a title.
    private func task(_ line: MarkdownLine, bullet: Range<Int>, lineStart: Int, next: Int) -> TaskItem? {
        guard let box = MarkdownBox(line.text), box.isApart, !box.content.isEmpty, box.inner.count == 1,
            let state = TaskState(box: self.bytes[box.inner.lowerBound])
        else { return nil }
        var item = TaskItem(
            state: state, section: self.section, line: self.line, bytes: self.bytes, box: box.inner.lowerBound,
            indent: lineStart..<bullet.lowerBound, bullet: bullet, content: line.text.indices, column: line.indent,
            depth: self.open.count)
        (item.notesEnd, item.end) = (next, next)
        TaskLine(self.bytes, box.content.indices).read(into: &item)
        return item
    }

    // MARK: Blocks

    /// In bytes. Items within items on one line each ask whether the rest is a rule.
    private static let ruleLimit = 200

    /// The first ``ruleLimit`` decide.
    private static func isRule(_ line: MarkdownLine) -> Bool {
        MarkdownLine(line.text.prefix(Self.ruleLimit)).isThematicBreak
    }

    /// Whether it is a quote, a row of a table, or the beginning of code or HTML.
    private mutating func beginsOther(_ line: MarkdownLine) -> Bool {
        if let fence = line.fence {
            self.fence = (fence, self.open.last?.column ?? 0)
        } else if let end = line.htmlEnd {
            if !line.contains(end) { self.rawEnd = end }
        } else {
            return line.text.first == UInt8(ascii: ">") || line.text.first == UInt8(ascii: "|")
        }
        return true
    }
}
