/// Which tasks of a list a person wants done: `T012`, `T012-T015`, `US1`, several of them, or nothing for all.
package struct TaskSelection: Sendable, Hashable {
    /// Empty together with ``stories``: all tasks.
    package let ids: Set<String>
    package let stories: Set<Int>

    package init(ids: Set<String> = [], stories: Set<Int> = []) {
        self.ids = ids
        self.stories = stories
    }

    /// Nil for a text that names neither tasks nor stories.
    package init?(_ text: String) {
        var ids: Set<String> = []
        var stories: Set<Int> = []
        // "T012 - T015" is a range too.
        let joined = Self.joined(text.uppercased())
        for word in joined.split(whereSeparator: { $0 == "," || $0 == ";" || $0.isWhitespace }) {
            if word == "AND" || word == "&" { continue }
            if word.hasPrefix("US"), let number = Int(word.dropFirst(2)) {
                stories.insert(number)
                continue
            }
            let found = TaskID.all(in: Self.bytes(of: word))
            guard !found.isEmpty, word.first == "T" else { return nil }
            ids.formUnion(found)
        }
        self.init(ids: ids, stories: stories)
    }

    package var isAll: Bool { self.ids.isEmpty && self.stories.isEmpty }

    package func contains(_ task: TaskEntry) -> Bool {
        self.isAll || self.ids.contains(task.id) || task.stories.contains { self.stories.contains($0) }
    }

    /// The named tasks and stories that a list does not have.
    package func missing(in tasks: TaskDocument) -> [String] {
        let known = Set(tasks.tasks.map(\.id))
        let numbers = Set(tasks.tasks.flatMap(\.stories))
        return self.ids.filter { !known.contains($0) }.sorted()
            + self.stories.filter { !numbers.contains($0) }.sorted().map { "US\($0)" }
    }

    /// Without the blanks around a range's mark.
    private static func joined(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            if character.isWhitespace {
                let next = rest.drop(while: \.isWhitespace)
                if let mark = next.first, Self.marks.contains(mark) { continue }
                if let last = result.last, Self.marks.contains(last) { continue }
            }
            result.append(character)
        }
        return result
    }

    private static let marks: Set<Character> = ["-", "–", "—"]

    /// With the letter after a number as ids have it: `T012a`.
    private static func bytes(of word: Substring) -> ArraySlice<UInt8> {
        var bytes = Array(word.utf8)
        for index in bytes.indices.dropFirst() {
            let isLetter = UInt8(ascii: "A")...UInt8(ascii: "Z") ~= bytes[index]
            if isLetter, bytes[index - 1].isDigit { bytes[index] += 32 }
        }
        return bytes[...]
    }
}
