/// A line of `tasks.md`: `- [ ] T012 [P] [US1] Create the model in src/models/user.py`.
package struct TaskEntry: Sendable, Hashable {
    package let id: String
    package let number: Int
    package let isTicked: Bool
    /// `[P]`: other tasks of the phase can run at the same time.
    package let isParallel: Bool
    /// The numbers of `[US1]` and the like.
    package let stories: [Int]
    /// The description without id and labels, on one line.
    package let text: String
    /// The files and folders that the description names, in order, each once.
    package let paths: [String]
    /// The ids after "depends on", "after" and the like.
    package let dependencies: [String]
    /// The line, from 0, and the line after the task's last.
    package let line: Int
    package let end: Int
    /// The bytes between the box's brackets; nil without a box.
    package let box: Range<Int>?
    package let hasWellFormedBox: Bool
}

extension TaskEntry {
    /// Nil for an item that does not begin with an id. Without a box, `T012` and a description is a task only where
    /// `isTaskList`: elsewhere it is a remark about one.
    init?(_ block: ItemBlock, in document: MarkdownDocument, isTaskList: Bool) {
        let content = block.item.content
        let start = content.drop { $0 == UInt8(ascii: "*") }
        guard let (id, number, end) = TaskID.read(start), block.item.box != nil || isTaskList else { return nil }
        var rest = content[end...].drop { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: ":") || $0.isSpace }
        var isParallel = false
        var stories: [Int] = []
        while rest.first == UInt8(ascii: "["), let close = rest.firstIndex(of: UInt8(ascii: "]")) {
            let label = rest[(rest.startIndex + 1)..<close].trimmed
            if label.elementsEqual("P".utf8) {
                isParallel = true
            } else if let labels = Self.stories(in: label) {
                stories += labels
            } else {
                break
            }
            rest = rest[(close + 1)...].drop(while: \.isSpace)
        }
        // "T006, T007 depend on T004" is a remark.
        if block.item.box == nil, rest.isEmpty || rest.first == UInt8(ascii: ",") || rest.first == UInt8(ascii: "-") {
            return nil
        }
        let more = ((block.line + 1)..<block.end).map { document.visible($0).trimmed.text }.filter { !$0.isEmpty }
        let text = ([rest.text] + more).joined(separator: " ")
        let bytes = Array(text.utf8)[...]
        self.id = id
        self.number = number
        self.isTicked = block.item.box?.isTicked ?? false
        self.isParallel = isParallel
        self.stories = stories
        self.text = text
        self.paths = TaskPaths.all(in: bytes)
        self.dependencies = Self.dependencies(in: bytes)
        self.line = block.line
        self.end = block.end
        self.box = block.item.box?.inner
        self.hasWellFormedBox = block.item.box?.isWellFormed ?? false
    }

    /// `US1`, `Story 1`, `US1, US2`; nil for other labels.
    private static func stories(in label: ArraySlice<UInt8>) -> [Int]? {
        var numbers: [Int] = []
        for part in label.split(whereSeparator: {
            $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "+")
        }) {
            var word = part.trimmed
            if word.beginsIgnoringCase(with: "us") {
                word = word.dropFirst(2)
            } else if word.beginsIgnoringCase(with: "story") {
                word = word.dropFirst(5)
            } else {
                return nil
            }
            if word.first == UInt8(ascii: "-") { word = word.dropFirst() }
            guard let number = word.trimmed.leadingNumber(), number.rest.isEmpty else { return nil }
            numbers.append(number.value)
        }
        return numbers.isEmpty ? nil : numbers
    }

    private static func dependencies(in text: ArraySlice<UInt8>) -> [String] {
        let words: [StaticString] = ["depends on", "dependent on", "blocked by", "requires", "needs", "after"]
        var result: [String] = []
        for word in words {
            var rest = text
            while let index = rest.index(ofWord: word) {
                rest = rest[(index + word.utf8CodeUnitCount)...]
                let clause = Self.clause(rest)
                // "after the tests of T012 pass" depends; "after a restart, as T012 says" does not.
                for id in TaskID.all(in: clause) where !result.contains(id) { result.append(id) }
            }
        }
        return result
    }

    /// Ids and what may stand between them, from the start of `text`.
    private static func clause(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var end = text.startIndex
        var words = 0
        for word in text.split(separator: 0x20, omittingEmptySubsequences: true) {
            let bare = word.drop { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "`") || $0 == UInt8(ascii: "(") }
            if bare.first == UInt8(ascii: "T"), TaskID.all(in: bare).first != nil {
                words = 0
                end = word.endIndex
            } else {
                words += 1
                let isJoint = ["and", "&", "+", "-", "–", "—", "to", "through", "or"].contains(word.text)
                if !isJoint && words > 1 { break }
            }
            if let last = word.last, last == UInt8(ascii: ")") || last == UInt8(ascii: ";") || last == UInt8(ascii: ".")
            {
                break
            }
        }
        return text[..<end]
    }
}
