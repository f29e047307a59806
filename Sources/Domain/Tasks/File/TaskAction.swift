internal import JSON

/// A change of one task as somebody decided it: what is stored, and replayed on a newer file.
package struct TaskAction: Sendable, Hashable {
    package enum Field: String, Sendable, CaseIterable, Codable {
        case state, owner, text, labels, priority, due
        /// Added, whatever else is there.
        case note, link
    }

    /// The task as it was; nil adds one with the text ``new``.
    package let task: TaskFile.Key?
    package let field: Field
    /// What the field was; nil where that does not matter.
    package let old: [String]?
    /// A state's word; an owner or none; a text; labels; a note's author, date and text; a link's text and address.
    package let new: [String]

    package init(_ task: TaskFile.Key?, _ field: Field, from old: [String]?, to new: [String]) {
        self.task = task
        self.field = field
        self.old = old
        self.new = new
    }
}

extension TaskItem {
    package func value(of field: TaskAction.Field) -> [String] {
        switch field {
        case .state: [self.state.rawValue]
        case .owner: [self.owner].compactMap { $0 }
        case .text: [self.text]
        case .labels: self.labels
        case .priority: [self.priority].compactMap { $0 }
        case .due: [self.due].compactMap { $0 }
        case .note: self.notes.map(\.text)
        case .link: self.links.map(\.url)
        }
    }
}

extension TaskFile {
    /// Bytes in place of a range.
    struct Splice: Sendable, Hashable {
        let range: Range<Int>
        let bytes: [UInt8]

        init(_ range: Range<Int>, _ text: String) {
            self.range = range
            self.bytes = Array(text.utf8)
        }
    }

    /// The file after an action, and the task that it concerned as it is now. Only the bytes of that change differ; a task
    /// without an id gets one. Throws ``TaskError``.
    package func applying(_ action: TaskAction) throws(TaskError) -> (file: TaskFile, address: String, title: String) {
        guard let key = action.task else {
            let added = try self.adding([(text: action.new.first ?? "", links: [])])
            return (added.file, added.addresses[0], added.title)
        }
        let item = try self.item(key)
        if let old = action.old, item.value(of: action.field) != old, item.value(of: action.field) != action.new {
            throw .conflict(
                TaskConflict(
                    task: item.address, field: action.field, base: old, theirs: item.value(of: action.field),
                    ours: action.new))
        }
        var splices = try self.splices(action, item)
        guard !splices.isEmpty else { return (self, item.address, item.text) }
        if item.id == nil { splices.append(Splice(item.afterBox..<item.afterBox, self.nextID + " ")) }
        var file = self.applying(splices)
        if action.field == .note, self.isTorn(by: file, item.line) {
            // Above what is indented deeper it would become the beginning of another list.
            splices[0] = try self.note(item, action.new, at: item.end)
            file = self.applying(splices)
        }
        guard !self.isTorn(by: file, item.line), file.bytes.count <= Self.sizeLimit,
            let changed = file.items.first(where: { $0.line == item.line }),
            action.field == .text || changed.text == item.text,
            action.field == .text || Self.isAdded(action.field) || changed.value(of: action.field) == action.new.unique
        else { throw Self.cannotStand }
        return (file, changed.address, changed.text)
    }

    private static func isAdded(_ field: TaskAction.Field) -> Bool { field == .note || field == .link }

    private static let cannotStand = TaskError.invalid(
        "this cannot be written into \(Self.path), whose other tasks must stay as they are: use other words, or edit the file"
    )

    /// Whether the other tasks are not what they were: the last line of defence, so that no text makes or changes one.
    private func isTorn(by file: TaskFile, _ line: Int?) -> Bool {
        file.items.count != self.items.count
            || !zip(self.items, file.items).allSatisfy { old, new in
                old.line == line || old.bytes[old.content].elementsEqual(new.bytes[new.content])
            }
    }

    private func applying(_ splices: [Splice]) -> TaskFile {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(self.bytes.count + splices.map(\.bytes.count).reduce(0, +))
        var position = 0
        for splice in splices.sorted(by: {
            ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
        }) {
            bytes += self.bytes[position..<splice.range.lowerBound]
            bytes += splice.bytes
            position = splice.range.upperBound
        }
        bytes += self.bytes[position...]
        return TaskFile(bytes)
    }

    // MARK: Fields

    private func splices(_ action: TaskAction, _ item: TaskItem) throws(TaskError) -> [Splice] {
        let new = action.new
        switch action.field {
        case .state:
            guard let state = new.first.flatMap(TaskState.init(rawValue:)) else {
                throw .invalid("a task's state is one of open, started, done and dropped")
            }
            return self.moved(item, to: state)
        case .text:
            let text = try Self.title(new.first ?? "")
            return text == item.text ? [] : [Splice(item.textRange, text)]
        case .owner: return try self.replaced(item, .owner, by: new, "@")
        case .priority: return try self.replaced(item, .priority, by: new, "!")
        case .due:
            guard new.allSatisfy(TaskText.isDate) else { throw .invalid("a due date is written as 2026-12-01") }
            return try self.replaced(item, .due, by: new, "(due ", ")")
        case .labels: return try self.labelled(item, new)
        case .link:
            let link = TaskLink(text: new.first ?? "", url: new.count == 2 ? new[1] : "")
            let word = try Self.link(link)
            guard !item.links.contains(where: { $0.url == link.url }) else { return [] }
            return [Splice(item.content.upperBound..<item.content.upperBound, " " + word)]
        case .note: return [try self.note(item, new, at: item.notesEnd)]
        }
    }

    private static func link(_ link: TaskLink) throws(TaskError) -> String {
        guard TaskText.isAddress(link.url) else {
            throw .invalid("a link is an address that begins with https:// or http://, without parentheses")
        }
        let text = TaskText.line(link.text).filter { $0 != "[" && $0 != "]" }
        return "[\(text)](\(link.url))"
    }

    static func title(_ text: String) throws(TaskError) -> String {
        let excess = TaskError.invalid(
            "a task's text has at most \(TaskText.limit) characters: write the rest as a note")
        guard text.utf8.count <= TaskText.byteLimit else { throw excess }
        let line = TaskText.line(text)
        guard !line.isEmpty else { throw .invalid("a task needs a text") }
        guard line.count <= TaskText.limit else { throw excess }
        return line
    }

    private func moved(_ item: TaskItem, to state: TaskState) -> [Splice] {
        guard state != item.state else { return [] }
        let words = item.marks.filter { $0.kind == .inProgress }
        let isOpen = TaskState(box: self.bytes[item.box]) == .open
        // The word says more than an empty box, and less than any other.
        let removed = state == .open ? words.map { self.removal(of: $0, item) } : []
        if state == .open, isOpen { return removed }
        return removed + [Splice(item.box..<item.box + 1, String(decoding: [state.box], as: UTF8.self))]
    }

    /// A mark with the blank before it, or after it where the text follows.
    private func removal(of mark: TaskItem.Mark, _ item: TaskItem) -> Splice {
        let isLeading = mark.range.lowerBound < item.textRange.lowerBound
        let (start, end) = (mark.range.lowerBound, mark.range.upperBound)
        return Splice(isLeading ? start..<end + 1 : start - 1..<end, "")
    }

    private func replaced(
        _ item: TaskItem, _ kind: TaskItem.Mark.Kind, by new: [String], _ prefix: String, _ suffix: String = ""
    ) throws(TaskError) -> [Splice] {
        guard new.count <= 1, new.allSatisfy({ kind == .due || TaskText.isWord($0) }) else {
            throw .invalid("“\(new.joined(separator: " "))” is not one word of letters, digits and _-./:+")
        }
        guard let value = new.first else {
            return item.marks.filter { $0.kind == kind }.map { self.removal(of: $0, item) }
        }
        let old = item.marks.first { $0.kind == kind }
        if let old, item.string(old.value) == value { return [] }
        if let old { return [Splice(old.range, prefix + value + suffix)] }
        return [self.insertion(item, kind, prefix + value + suffix)]
    }

    /// A new mark in the usual order: `@owner #label !high (due 2026-12-01) [#34](URL)`.
    private func insertion(_ item: TaskItem, _ kind: TaskItem.Mark.Kind, _ text: String) -> Splice {
        let order: [TaskItem.Mark.Kind] = [.owner, .label, .priority, .due]
        let before = order.prefix { $0 != kind } + [kind]
        let marks = item.marks.filter { $0.range.lowerBound >= item.textRange.upperBound && before.contains($0.kind) }
        let position = marks.map(\.range.upperBound).max() ?? item.textRange.upperBound
        return Splice(position..<position, " " + text)
    }

    private func labelled(_ item: TaskItem, _ new: [String]) throws(TaskError) -> [Splice] {
        guard new.count <= TaskText.labelLimit else {
            throw .invalid("a change sets at most \(TaskText.labelLimit) labels: leave some out")
        }
        guard new.allSatisfy(TaskText.isWord) else {
            throw .invalid("labels are words of letters, digits and _-./:+")
        }
        let labels = item.marks.filter { $0.kind == .label }.map { (mark: $0, text: item.string($0.value)) }
        let wanted = Set(new)
        // A repeated one is added once.
        var seen = Set(labels.map(\.text))
        let added = new.filter { seen.insert($0).inserted }
        let removed = labels.filter { !wanted.contains($0.text) }.map(\.mark)
        let insertion = added.map { "#\($0)" }.joined(separator: " ")
        return removed.map { self.removal(of: $0, item) }
            + (added.isEmpty ? [] : [self.insertion(item, .label, insertion)])
    }

    private func note(_ item: TaskItem, _ new: [String], at position: Int) throws(TaskError) -> Splice {
        guard new.count == 3, TaskText.isDate(new[1]) else { throw .invalid("a note needs its author and date") }
        let text = new[2].utf8.count <= TaskText.byteLimit ? TaskText.line(new[2]) : ""
        guard !text.isEmpty, text.utf8.count <= 4_000 else { throw .invalid("a note has 1 to 4,000 bytes") }
        let who = TaskText.line(new[0]).filter { !"(),:".contains($0) }
        let line = String(repeating: " ", count: item.column) + "- note (\(who), \(new[1])): \(text)"
        return self.newLines([line], at: position)
    }

    /// Lines of their own, with the line end of the one before them.
    private func newLines(_ lines: [String], at position: Int) -> Splice {
        let before = self.bytes[..<position]
        func ends(_ word: String) -> Bool { before.suffix(word.utf8.count).elementsEqual(word.utf8) }
        for end in ["\r\n", "\n", "\r"] where ends(end) {
            return Splice(position..<position, lines.map { $0 + end }.joined())
        }
        // The last line has none, nor has the last new one.
        return Splice(position..<position, lines.map { self.lineEnd + $0 }.joined())
    }

    private var lineEnd: String { self.bytes.firstRange(of: Array("\r\n".utf8)) == nil ? "\n" : "\r\n" }

    // MARK: New tasks

    /// Adds tasks after the last one of the list, or at the end of the file. All at once, because the file is read again
    /// after each change. The title is the first one's.
    func adding(
        _ tasks: [(text: String, links: [TaskLink])]
    ) throws(TaskError) -> (file: TaskFile, addresses: [String], title: String) {
        let ids = self.nextIDs(tasks.count)
        var lines: [String] = []
        for (id, task) in zip(ids, tasks) {
            let title = try Self.title(task.text)
            var words = ["[ ]", id, title]
            for link in task.links { words.append(try Self.link(link)) }
            lines.append(words.joined(separator: " "))
        }
        let file: TaskFile
        if let last = self.items.last(where: { $0.depth == 0 }) {
            let indent = String(decoding: self.bytes[last.indent], as: UTF8.self)
            let bullet = last.bullet.count == 1 ? String(decoding: self.bytes[last.bullet], as: UTF8.self) : "-"
            file = self.applying([self.newLines(lines.map { "\(indent)\(bullet) \($0)" }, at: last.end)])
        } else if self.bytes.isEmpty {
            file = TaskFile(Array("# Tasks\n\n\(lines.map { "- \($0)\n" }.joined())".utf8))
        } else {
            let end = self.lineEnd
            let isEnded = self.bytes.last == UInt8(ascii: "\n")
            let text = lines.map { "- \($0)" }.joined(separator: end)
            file = self.applying([
                Splice(
                    self.bytes.count..<self.bytes.count, isEnded ? "\(end)\(text)\(end)" : "\(end)\(end)\(text)")
            ])
        }
        // The others are what they were, in their order.
        let new = Set(ids)
        let added = file.items.filter { item in item.id.map(new.contains) ?? false }
        let others = file.items.filter { item in !(item.id.map(new.contains) ?? false) }
        guard file.items.count == self.items.count + tasks.count, file.bytes.count <= Self.sizeLimit,
            let first = added.first, added.count == tasks.count,
            zip(self.items, others).allSatisfy({ old, new in
                old.bytes[old.content].elementsEqual(new.bytes[new.content])
            })
        else { throw Self.cannotStand }
        return (file, ids, first.text)
    }
}

extension [String] {
    /// Without repetitions.
    fileprivate var unique: [String] {
        var seen: Set<String> = []
        return self.filter { seen.insert($0).inserted }
    }
}
