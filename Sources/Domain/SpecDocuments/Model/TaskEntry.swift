internal import Markdown

/// A line of `tasks.md`: `- [ ] T012 [P] [US1] Create the model in src/models/user.py`.
package struct TaskEntry: Sendable, Hashable {
    package let id: String
    package let number: Int
    package let isTicked: Bool
    /// `[P]`: other tasks of the phase can run at the same time.
    package let isParallel: Bool
    /// The numbers of `[US1]` and the like, each once, at most ``UserStory/limit``.
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
    ///
    /// - Parameter room: See ``TaskID/room``.
    init?(_ block: ItemBlock, in document: MarkdownDocument, isTaskList: Bool, _ room: inout Int) {
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
        var seen: Set<Int> = []
        self.stories = Array(stories.filter { seen.insert($0).inserted }.prefix(UserStory.limit))
        self.text = text
        self.paths = TaskPaths.all(in: bytes)
        self.dependencies = Self.dependencies(in: bytes, &room)
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

    private static func dependencies(in text: ArraySlice<UInt8>, _ room: inout Int) -> [String] {
        let words: [StaticString] = ["depends on", "dependent on", "blocked by", "requires", "needs", "after"]
        var result: [String] = []
        var seen: Set<String> = []
        for word in words {
            var rest = text
            while room > 0, result.count < TaskID.limit, let index = rest.index(ofWord: word) {
                let start = index + word.utf8CodeUnitCount
                // "after the tests of T012 pass" depends; "after a restart, as T012 says" does not.
                let clause = Self.clause(rest[start...].prefix(Self.longestClause))
                result += TaskID.all(in: clause, &room).filter { seen.insert($0).inserted }
                // The same word within the clause leads to the same ids.
                rest = rest[clause.endIndex...]
            }
        }
        return result
    }

    /// In bytes. Each word that begins a clause would otherwise be followed to the text's end.
    private static let longestClause = 2_000
    /// In bytes. Of a longer word only so much is read, because a clause may begin at every few bytes of it.
    private static let longestWord = 64
    private static let joints: Set<String> = ["and", "&", "+", "-", "–", "—", "to", "through", "or"]

    /// Ids and what may stand between them, from the start of `text`.
    private static func clause(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var end = text.startIndex
        var words = 0
        // Not split: most clauses end with their second word.
        var rest = text
        while true {
            rest = rest.drop { $0 == 0x20 }
            var word = rest.prefix(Self.longestWord).prefix { $0 != 0x20 }
            guard !word.isEmpty else { break }
            let bare = word.drop { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "`") || $0 == UInt8(ascii: "(") }
            if bare.first == UInt8(ascii: "T"), TaskID.isAny(in: bare) {
                word = rest.prefix { $0 != 0x20 }
                words = 0
                end = word.endIndex
            } else {
                words += 1
                if words > 1, !Self.joints.contains(word.text) { break }
            }
            if let last = word.last, last == UInt8(ascii: ")") || last == UInt8(ascii: ";") || last == UInt8(ascii: ".")
            {
                break
            }
            rest = rest[word.endIndex...]
        }
        return text[..<end]
    }
}

/// `T001`, in descriptions also in ranges.
package enum TaskID {
    /// Reads an id at the start of `bytes`: `T`, digits, and perhaps one lower-case letter.
    static func read(_ bytes: ArraySlice<UInt8>) -> (id: String, number: Int, end: Int)? {
        guard bytes.first == UInt8(ascii: "T"), let number = bytes.dropFirst().leadingNumber(), number.digits <= 6
        else {
            return nil
        }
        var end = number.rest.startIndex
        if let next = number.rest.first, next.isLowercase { end += 1 }
        guard end == bytes.endIndex || !bytes[end].isWordByte else { return nil }
        return (bytes[..<end].text, number.value, end)
    }

    /// The most of a text. Ranges make many ids of few bytes.
    static let limit = 1_000
    /// The most of a document, counting repetitions: thousands of lines may each have a range.
    static let room = 20_000

    /// The first ``limit`` ids in a text, each once, with ranges such as `T012–T016` written out. A word such as `T` or
    /// `T5a1` is not one.
    package static func all(in text: ArraySlice<UInt8>) -> [String] {
        var room = self.room
        return self.all(in: text, &room)
    }

    static func isAny(in text: ArraySlice<UInt8>) -> Bool {
        var room = 1
        return !self.all(in: text, &room).isEmpty
    }

    /// - Parameter room: How many may still be read.
    static func all(in text: ArraySlice<UInt8>, _ room: inout Int) -> [String] {
        var ids: [String] = []
        var seen: Set<String> = []
        func add(_ id: String) {
            room -= 1
            if ids.count < self.limit, seen.insert(id).inserted { ids.append(id) }
        }
        var index = text.startIndex
        while index < text.endIndex, ids.count < self.limit, room > 0 {
            let isStart = index == text.startIndex || !text[index - 1].isWordByte
            guard text[index] == UInt8(ascii: "T"), isStart, let (id, number, end) = self.read(text[index...]),
                id.utf8.count >= 4
            else {
                index += 1
                continue
            }
            add(id)
            index = end
            guard let rest = RangeMark.after(text[end...]), let last = self.read(rest), last.number > number,
                last.number - number <= 200
            else { continue }
            let width = id.utf8.dropFirst().prefix { $0.isDigit }.count
            for between in (number + 1)..<last.number where room > 0 { add(self.id(between, width: width)) }
            add(last.id)
            index = last.end
        }
        return ids
    }

    private static func id(_ number: Int, width: Int) -> String {
        let digits = String(number)
        return "T" + String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}

/// Finds the names of files and folders in a task's description.
enum TaskPaths {
    package static func all(in text: ArraySlice<UInt8>) -> [String] {
        var paths: [String] = []
        var seen: Set<String> = []
        let isBreak = { (byte: UInt8) in
            byte.isSpace || byte == UInt8(ascii: ",") || byte == UInt8(ascii: ";") || byte == UInt8(ascii: "\"")
        }
        for word in text.split(whereSeparator: isBreak) {
            let isCode = word.contains(UInt8(ascii: "`"))
            let path = Self.stripped(word)
            if Self.isPath(path, isCode: isCode), seen.insert(path.text).inserted { paths.append(path.text) }
        }
        return paths
    }

    private static let openings = Set("`'*(<".utf8)
    private static let closings = Set("`'*)>:.!?".utf8)

    private static func stripped(_ word: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var path = word.drop { Self.openings.contains($0) }
        while let last = path.last, Self.closings.contains(last) { path = path.dropLast() }
        if path.begins(with: "./") { path = path.dropFirst(2) }
        return path
    }

    private static func isPath(_ path: ArraySlice<UInt8>, isCode: Bool) -> Bool {
        let isPlain = path.allSatisfy { $0.isWordByte || $0 >= 0x80 || Self.marks.contains($0) }
        guard isPlain, path.count >= 3 else { return false }
        let name = path.split(separator: UInt8(ascii: "/")).last ?? path
        let dot = name.lastIndex(of: UInt8(ascii: "."))
        let ending = dot.map { name[($0 + 1)...] } ?? []
        let isNamed = 1...10 ~= ending.count && ending.contains { !$0.isDigit } && ending.allSatisfy(\.isWordByte)
        guard path.contains(UInt8(ascii: "/")) else { return isNamed && Self.endings.contains(ending.text) }
        return isNamed || path.last == UInt8(ascii: "/") || (isCode && path.first != UInt8(ascii: "/"))
    }

    private static let marks = Set("./-$[]@+".utf8)

    /// Without a folder, only these are taken for files: `user.name` is code.
    private static let endings: Set<String> = Set(
        """
        bash c cc cfg clj cmake conf cpp cs css csv dart ex exs fish go gradle graphql h hpp hs html ini java js json \
        jsx kt lock lua m md mjs ml nix php pl proto ps1 py r rb rs sass scala scss sh sql svelte svg swift tf toml ts \
        tsx txt vue xml yaml yml zig
        """.split(separator: " ").map(String.init))
}
