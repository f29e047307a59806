internal import Primitives

/// The steps of a schema as a new SQLite file gets them: a column that a later step adds stands in its table from the
/// beginning, where `ALTER TABLE` would put it. SQLite reads the whole schema anew for each of those, which took longer than
/// everything else.
enum NewFile {
    static func schema(_ steps: [String]) -> [String] {
        // A table that is rebuilt in between has other columns.
        guard !steps.contains(where: { $0.contains("RENAME") || $0.contains("DROP") }) else { return steps }
        var steps = steps.map { $0.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }
        for step in steps.indices.dropFirst() {
            var left: [String] = []
            for line in steps[step] {
                let isMoved = Self.addition(line).map { Self.add($0.column, to: $0.table, in: &steps, before: step) }
                if isMoved != true { left.append(line) }
            }
            steps[step] = left
        }
        return steps.map { $0.joined(separator: "\n") }
    }

    /// The table and the column of a line that adds one.
    private static func addition(_ line: String) -> (table: Substring, column: Substring)? {
        let words = line.split(separator: " ", maxSplits: 5)
        guard words.count == 6, words[0] == "ALTER", words[1] == "TABLE", words[3] == "ADD", words[4] == "COLUMN",
            words[5].hasSuffix(";"), !words[5].dropLast().contains(";")
        else { return nil }
        return (words[2], words[5].dropLast())
    }

    /// Adds a column to a table that an earlier step creates, a column a line, behind its other columns. Returns false
    /// where it finds no place.
    private static func add(
        _ column: Substring, to table: Substring, in steps: inout [[String]], before step: Int
    ) -> Bool {
        for earlier in 0..<step {
            let head = "CREATE TABLE \(table) ("
            guard let start = steps[earlier].firstIndex(where: { $0.hasSuffix(head) }) else { continue }
            let body = steps[earlier][start...]
            guard let end = body.dropFirst().firstIndex(where: { Self.isEnd($0.trimmed) }),
                let last = body[..<end].lastIndex(where: { !$0.trimmed.hasPrefix("--") }), last > start
            else { return false }
            let hasMore = steps[earlier][last].hasSuffix(",")
            if !hasMore { steps[earlier][last] += "," }
            steps[earlier].insert(column + (hasMore ? "," : ""), at: last + 1)
            return true
        }
        return false
    }

    /// Whether the columns end before this line of `CREATE TABLE`.
    private static func isEnd(_ line: String) -> Bool {
        ["PRIMARY KEY (", "UNIQUE (", "FOREIGN KEY (", "CHECK (", ")"].contains { line.hasPrefix($0) }
    }
}
