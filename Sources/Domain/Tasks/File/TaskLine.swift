internal import Primitives

/// Reads what follows a task's box: its id, marks such as `@alice #bug !high (due 2026-12-01)`, and its title.
///
/// Marks count at the beginning, after the id, and at the end; in between they are words of the title.
struct TaskLine {
    private let bytes: [UInt8]
    private let range: Range<Int>

    init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        self.range = range
    }

    func read(into item: inout TaskItem) {
        item.afterBox = self.range.lowerBound
        var end = self.range.upperBound
        let id = self.id(at: self.range.lowerBound)
        item.id = id?.id
        let first = id?.next ?? self.range.lowerBound
        var start = first
        var leading: [TaskItem.Mark] = []
        while start < end, let mark = self.leadingMark(at: start, before: end) {
            leading.append(mark)
            start = self.skipBlanks(mark.range.upperBound)
        }
        var trailing: [TaskItem.Mark] = []
        while let mark = self.trailingMark(after: start, before: end) {
            trailing.append(mark)
            end = self.trimmedEnd(start, mark.range.lowerBound)
        }
        if end <= start {
            // Nothing but marks is a title.
            (leading, trailing, start, end) = ([], [], first, self.range.upperBound)
        }
        item.marks = leading + trailing.reversed()
        item.textRange = start..<end
        if item.state == .open, item.marks.contains(where: { $0.kind == .inProgress }) { item.state = .started }
    }

    /// `note (alice, 2026-12-01): text`
    static func note(_ bytes: ArraySlice<UInt8>) -> TaskNote? {
        guard bytes.starts(with: "note (".utf8) else { return nil }
        let text = StreamSafeText.of(String(decoding: bytes.dropFirst(6), as: UTF8.self))
        guard let close = text.firstRange(of: "):") else { return nil }
        let head = text[..<close.lowerBound]
        guard let comma = head.lastIndex(of: ",") else { return nil }
        let date = head[head.index(after: comma)...].drop { $0 == " " }
        let words = text[close.upperBound...].drop { $0 == " " }
        return TaskNote(who: String(head[..<comma]), date: String(date), text: String(words))
    }

    // MARK: Words

    private func isBlank(_ position: Int) -> Bool {
        self.bytes[position] == UInt8(ascii: " ") || self.bytes[position] == UInt8(ascii: "\t")
    }

    private func skipBlanks(_ start: Int) -> Int {
        var position = start
        while position < self.range.upperBound, self.isBlank(position) { position += 1 }
        return position
    }

    private func trimmedEnd(_ start: Int, _ end: Int) -> Int {
        var end = end
        while end > start, self.isBlank(end - 1) { end -= 1 }
        return end
    }

    private func wordEnd(_ start: Int) -> Int {
        var position = start
        while position < self.range.upperBound, !self.isBlank(position) { position += 1 }
        return position
    }

    /// `T12`, `T012a`, `ABC-12`, `#3` or `1.2`, perhaps in `**` or before a colon, with a word after it.
    private func id(at start: Int) -> (id: String, next: Int)? {
        let end = self.wordEnd(start)
        let next = self.skipBlanks(end)
        guard next < self.range.upperBound, end - start <= 24 else { return nil }
        var word = self.bytes[start..<end]
        if word.starts(with: "**".utf8), word.count > 4 {
            if word.last == UInt8(ascii: ":") { word = word.dropLast() }
            guard word.suffix(2).elementsEqual("**".utf8) else { return nil }
            word = word.dropFirst(2).dropLast(2)
        }
        if word.last == UInt8(ascii: ":") { word = word.dropLast() }
        return Self.isID(word) ? (String(decoding: word, as: UTF8.self), next) : nil
    }

    static func isID(_ word: ArraySlice<UInt8>) -> Bool {
        func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
        func isCapital(_ byte: UInt8) -> Bool { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte }
        guard let first = word.first else { return false }
        let rest = word.dropFirst()
        if first == UInt8(ascii: "#") { return !rest.isEmpty && rest.allSatisfy(isDigit) }
        if first == UInt8(ascii: "T"), let digit = rest.first, isDigit(digit) {
            let tail = rest.drop(while: isDigit)
            return tail.isEmpty || (tail.count == 1 && tail.allSatisfy { UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 })
        }
        if isDigit(first) {
            let parts = word.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            return parts.count >= 2 && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy(isDigit) }
        }
        let parts = word.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        return parts.count == 2 && isCapital(first) && parts[0].count >= 2
            && parts[0].allSatisfy { isCapital($0) || isDigit($0) } && !parts[1].isEmpty
            && parts[1].allSatisfy(isDigit)
    }

    // MARK: Marks

    /// Spec-kit's `[P]` and `[US1]`, todo.txt's `(A)`, and words that are marks.
    private func leadingMark(at start: Int, before end: Int) -> TaskItem.Mark? {
        let wordEnd = min(self.wordEnd(start), end)
        let word = self.bytes[start..<wordEnd]
        guard word.count >= 2 else { return nil }
        if word.count == 3, word.first == UInt8(ascii: "("), word.last == UInt8(ascii: ")"),
            UInt8(ascii: "A")...UInt8(ascii: "Z") ~= self.bytes[start + 1]
        {
            return TaskItem.Mark(kind: .priority, range: start..<wordEnd, value: start + 1..<start + 2)
        }
        if word.first == UInt8(ascii: "["), word.last == UInt8(ascii: "]"), word.count > 2 {
            let inner = self.bytes[start + 1..<wordEnd - 1]
            let isStory =
                inner.starts(with: "US".utf8) && inner.count > 2 && inner.dropFirst(2).allSatisfy { 0x30...0x39 ~= $0 }
            guard isStory || inner.elementsEqual("P".utf8) else { return nil }
            return TaskItem.Mark(kind: .label, range: start..<wordEnd, value: start + 1..<wordEnd - 1)
        }
        return self.word(start..<wordEnd)
    }

    private func word(_ range: Range<Int>) -> TaskItem.Mark? {
        guard range.count >= 2 else { return nil }
        let kind: TaskItem.Mark.Kind
        switch self.bytes[range.lowerBound] {
        case UInt8(ascii: "@"): kind = .owner
        case UInt8(ascii: "#"): kind = .label
        case UInt8(ascii: "!"): kind = .priority
        case UInt8(ascii: "d"):
            let date = min(range.lowerBound + 4, range.upperBound)..<range.upperBound
            guard self.bytes[range].starts(with: "due:".utf8), TaskText.isDate(self.bytes[date]) else { return nil }
            return TaskItem.Mark(kind: .due, range: range, value: date)
        default: return nil
        }
        let value = range.lowerBound + 1..<range.upperBound
        guard TaskText.isWord(self.bytes[value]) else { return nil }
        return TaskItem.Mark(kind: kind, range: range, value: value)
    }

    /// The mark that ends at `end`, with a blank or the title's beginning before it.
    private func trailingMark(after start: Int, before end: Int) -> TaskItem.Mark? {
        guard end > start else { return nil }
        let mark = self.bytes[end - 1] == UInt8(ascii: ")") ? self.parenthesis(start, end) : nil
        if let mark { return mark }
        var begin = end
        while begin > start, !self.isBlank(begin - 1) { begin -= 1 }
        return self.word(begin..<end)
    }

    /// `(due 2026-12-01)`, `(in progress)` or `[text](url)`.
    private func parenthesis(_ start: Int, _ end: Int) -> TaskItem.Mark? {
        func begins(_ position: Int) -> Bool { position == start || self.isBlank(position - 1) }
        guard let open = self.bytes[start..<end].lastIndex(of: UInt8(ascii: "(")) else { return nil }
        let range = open + 1..<end - 1
        let inner = self.bytes[range]
        if begins(open) {
            if inner.elementsEqual("in progress".utf8) {
                return TaskItem.Mark(kind: .inProgress, range: open..<end, value: range)
            }
            guard inner.starts(with: "due ".utf8), TaskText.isDate(inner.dropFirst(4)) else { return nil }
            return TaskItem.Mark(kind: .due, range: open..<end, value: range.lowerBound + 4..<range.upperBound)
        }
        guard open > start + 2, self.bytes[open - 1] == UInt8(ascii: "]"), !inner.isEmpty,
            !inner.contains(UInt8(ascii: " ")),
            let bracket = self.bytes[start..<open - 1].lastIndex(of: UInt8(ascii: "[")), begins(bracket)
        else { return nil }
        return TaskItem.Mark(
            kind: .link, range: bracket..<end, value: bracket + 1..<open - 1, url: range)
    }
}
