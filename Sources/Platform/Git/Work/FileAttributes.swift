internal import Primitives

/// What `.gitattributes` files say of a file that concerns its content.
struct FileAttributes: Equatable {
    enum Value: Equatable {
        case set, unset
        case text(String)
    }

    var values: [String: Value] = [:]

    /// How line ends are converted; convert.c of Git decides the same.
    enum LineEnds: Equatable {
        case kept
        /// `isWide`: CRLF in the work tree. `isGuessed`: only if the content looks like text with line ends of one kind.
        case text(isWide: Bool, isGuessed: Bool)
    }

    func lineEnds(_ settings: GitSettings) -> LineEnds {
        let text = self.values["text"] ?? self.values["crlf"]
        let eol = self.values["eol"]
        let isGuessed: Bool
        switch text {
        case .unset: return .kept
        case .text("input"): return .text(isWide: false, isGuessed: false)
        case .text("auto"): isGuessed = true
        case nil where eol != .text("crlf") && eol != .text("lf"):
            guard settings.conversion != .off else { return .kept }
            isGuessed = true
        default: isGuessed = false
        }
        let isWide = eol == .text("crlf") || eol != .text("lf") && settings.isWide
        return .text(isWide: isWide, isGuessed: isGuessed)
    }

    /// The program that Git would run over the content; nil for none.
    var filter: String? { if case .text(let name)? = self.values["filter"] { name } else { nil } }

    /// The encoding that the work tree would have; nil for the one of the repository.
    var encoding: String? {
        if case .text(let name)? = self.values["working-tree-encoding"] { name } else { nil }
    }
}

/// The `.gitattributes` files from the top of a tree to one of its folders.
struct AttributeRules {
    /// One `.gitattributes`. Bounded work in every way, because it may be hostile.
    private struct File {
        struct Line {
            let pattern: IgnoreRules.Rule
            /// Nil takes an earlier value back.
            let values: [(name: String, value: FileAttributes.Value?)]
        }

        let depth: Int
        let lines: [Line]
    }

    static let fileName = Array(".gitattributes".utf8)
    static let sizeLimit = 128 * 1_024
    private static let mostLines = 1_000
    /// What trying a rule, and writing a value, takes as comparisons of one byte.
    private static let effort = 16
    private static let relevant: Set<String> = ["text", "crlf", "eol", "filter", "working-tree-encoding"]

    private var files: [File] = []
    private var macros: [String: [(name: String, value: FileAttributes.Value?)]] = [
        "binary": [("text", .unset)]
    ]

    var isEmpty: Bool { self.files.isEmpty }
    /// The number of lines that count.
    var size: Int { self.files.reduce(0) { $0 + $1.lines.count } }

    /// Whether a file may get CRLF in a work tree.
    func mayWiden(_ settings: GitSettings) -> Bool {
        settings.isWide
            || self.files.contains {
                $0.lines.contains { $0.values.contains { $0.name == "eol" && $0.value == .text("crlf") } }
            }
    }

    /// Adds the file of the folder that is `depth` folders below the top.
    mutating func enter(_ bytes: [UInt8], depth: Int, _ effort: RuleEffort) {
        guard effort.takeParsing(bytes) else { return }
        var lines: [File.Line] = []
        for line in bytes.split(separator: UInt8(ascii: "\n")).prefix(Self.mostLines) {
            guard let (pattern, words) = Self.split(line) else { continue }
            let values = Self.last(of: words.flatMap { self.values(of: $0) })
            if let name = Self.macro(pattern) {
                // Only the top may define one.
                if depth == 0 { self.macros[name] = values }
            } else if let rule = IgnoreRules.rule(pattern[...]), !rule.isNegated, !rule.isForFoldersOnly,
                !values.isEmpty
            {
                lines.append(File.Line(pattern: rule, values: values))
            }
        }
        if !lines.isEmpty { self.files.append(File(depth: depth, lines: lines)) }
    }

    /// Forgets the file of that folder.
    mutating func leave(depth: Int) {
        while let last = self.files.last, last.depth >= depth { self.files.removeLast() }
    }

    /// - Parameter path: The parts from the top.
    func attributes(of path: [[UInt8]], _ effort: RuleEffort) throws(GitError) -> FileAttributes {
        var attributes = FileAttributes()
        for file in self.files where file.depth < path.count {
            for line in file.lines {
                guard effort.take(Self.effort) else { break }
                guard IgnoreRules.matches(line.pattern.parts[...], path[file.depth...], effort) else { continue }
                for (name, value) in line.values { attributes.values[name] = value }
                guard effort.take(line.values.count * Self.effort) else { break }
            }
            try effort.check()
        }
        return attributes
    }

    /// The pattern, which may be quoted, and the words behind it.
    private static func split(_ line: ArraySlice<UInt8>) -> (pattern: [UInt8], words: [String])? {
        var line = line
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        line = line.drop { Self.isBlank($0) }
        guard let first = line.first, first != UInt8(ascii: "#") else { return nil }
        var pattern = Array(line.prefix { !Self.isBlank($0) })
        if first == UInt8(ascii: "\"") {
            var end = line.startIndex + 1
            while end < line.endIndex, line[end] != first { end += line[end] == UInt8(ascii: "\\") ? 2 : 1 }
            guard end < line.endIndex,
                let bytes = QuotedPath.bytes(of: String(decoding: line[...end], as: UTF8.self))
            else { return nil }
            pattern = bytes
            line = line[(end + 1)...]
        } else {
            line = line.dropFirst(pattern.count)
        }
        return (pattern, line.split(whereSeparator: Self.isBlank).map { Self.text($0) })
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    /// The last value of each name: macros made of macros would otherwise grow with each line.
    private static func last(
        of values: [(name: String, value: FileAttributes.Value?)]
    ) -> [(name: String, value: FileAttributes.Value?)] {
        var seen: Set<String> = []
        return values.reversed().filter { seen.insert($0.name).inserted }.reversed()
    }

    private static func macro(_ pattern: [UInt8]) -> String? {
        let begin = Array("[attr]".utf8)
        guard pattern.starts(with: begin) else { return nil }
        return Self.text(pattern.dropFirst(begin.count))
    }

    /// A name, which is looked up, or a value.
    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        StreamSafeText.of(String(decoding: bytes, as: UTF8.self))
    }

    private func values(of word: String) -> [(name: String, value: FileAttributes.Value?)] {
        if let macro = self.macros[word] { return macro }
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let (name, value): (String, FileAttributes.Value?) =
            if parts.count == 2 {
                (parts[0], .text(parts[1]))
            } else if word.hasPrefix("-") {
                (String(word.dropFirst()), .unset)
            } else if word.hasPrefix("!") {
                (String(word.dropFirst()), nil)
            } else {
                (word, .set)
            }
        return Self.relevant.contains(name) ? [(name, value)] : []
    }
}
