/// The changes of one file in a unified diff, as `git diff` writes it.
package struct FileDiff: Sendable, Equatable {
    package enum Kind: String, Sendable { case added, removed, modified, renamed, copied }

    package struct Hunk: Sendable, Equatable {
        /// `@@ -1,2 +1,3 @@ context`
        package let header: String
        /// The numbers of its first lines.
        package let oldStart: Int
        package let newStart: Int
        /// Each with its sign: a space, `+`, `-`, or `\` for the note about a missing line ending.
        package fileprivate(set) var lines: [Substring] = []
    }

    package fileprivate(set) var kind = Kind.modified
    package fileprivate(set) var oldPath: String
    package fileprivate(set) var newPath: String
    /// Git's modes, such as `100755`; nil where the diff names none.
    package fileprivate(set) var oldMode: String?
    package fileprivate(set) var newMode: String?
    package fileprivate(set) var isBinary = false
    package fileprivate(set) var additions = 0
    package fileprivate(set) var deletions = 0
    package fileprivate(set) var hunks: [Hunk] = []
    /// Whether the diff ends within this file.
    package fileprivate(set) var isCut = false

    /// The path after the change; for a removed file, the path before it.
    package var path: String { self.kind == .removed ? self.oldPath : self.newPath }
}

/// The files of a unified diff.
package struct FileDiffs: Sendable, Equatable {
    package private(set) var files: [FileDiff] = []
    /// Whether the diff was cut, so that files or lines are missing.
    package private(set) var isCut = false

    package var additions: Int { self.files.reduce(0) { $0 + $1.additions } }
    package var deletions: Int { self.files.reduce(0) { $0 + $1.deletions } }

    /// Reads the output of `git diff`. Lines outside any file are skipped.
    ///
    /// Within a hunk, its header's counts decide what a line is, so that no content can pose as another file's heading.
    package init(_ text: String) {
        var (oldLeft, newLeft) = (0, 0)
        // By line feeds only: for `Character`, a carriage return and a line feed are one.
        for line in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map(Substring.init) {
            let sign = line.unicodeScalars.first
            let isInHunk = oldLeft > 0 || newLeft > 0
            if isInHunk || (sign == "\\" && self.files.last?.hunks.isEmpty == false) {
                if self.take(line, sign, &oldLeft, &newLeft) { continue }
                // A hunk that ends early: the diff was cut.
                self.cut()
                (oldLeft, newLeft) = (0, 0)
            }
            if let names = Self.rest(of: line, after: "diff --git ") {
                let (old, new) = Self.names(names)
                self.files.append(FileDiff(oldPath: old, newPath: new))
            } else if !self.files.isEmpty {
                if let hunk = Self.hunk(line) {
                    self.files[self.last].hunks.append(hunk.hunk)
                    (oldLeft, newLeft) = (hunk.old, hunk.new)
                } else if line.hasPrefix("… ") {
                    self.cut()
                } else if self.files[self.last].hunks.isEmpty {
                    self.heading(line)
                }
            }
        }
        if oldLeft > 0 || newLeft > 0 { self.cut() }
    }

    private var last: Int { self.files.count - 1 }

    private mutating func cut() {
        self.isCut = true
        if !self.files.isEmpty { self.files[self.last].isCut = true }
    }

    /// Adds a line to the last hunk. False if it does not belong there.
    private mutating func take(
        _ line: Substring, _ sign: Unicode.Scalar?, _ oldLeft: inout Int, _ newLeft: inout Int
    ) -> Bool {
        switch sign {
        case "+" where newLeft > 0:
            newLeft -= 1
            self.files[self.last].additions += 1
        case "-" where oldLeft > 0:
            oldLeft -= 1
            self.files[self.last].deletions += 1
        case " " where oldLeft > 0 && newLeft > 0:
            oldLeft -= 1
            newLeft -= 1
        case "\\": break
        default: return false
        }
        self.files[self.last].hunks[self.files[self.last].hunks.count - 1].lines.append(line)
        return true
    }

    private mutating func heading(_ line: Substring) {
        let at = self.last
        if let mode = Self.rest(of: line, after: "new file mode ") {
            self.files[at].kind = .added
            self.files[at].newMode = String(mode)
        } else if let mode = Self.rest(of: line, after: "deleted file mode ") {
            self.files[at].kind = .removed
            self.files[at].oldMode = String(mode)
        } else if let mode = Self.rest(of: line, after: "old mode ") {
            self.files[at].oldMode = String(mode)
        } else if let mode = Self.rest(of: line, after: "new mode ") {
            self.files[at].newMode = String(mode)
        } else if let name = Self.rest(of: line, after: "rename from ") {
            self.files[at].kind = .renamed
            self.files[at].oldPath = Self.name(name)
        } else if let name = Self.rest(of: line, after: "copy from ") {
            self.files[at].kind = .copied
            self.files[at].oldPath = Self.name(name)
        } else if let name = Self.rest(of: line, after: "rename to ") ?? Self.rest(of: line, after: "copy to ") {
            self.files[at].newPath = Self.name(name)
        } else if let name = Self.rest(of: line, after: "--- ") {
            if name != "/dev/null" { self.files[at].oldPath = Self.name(name, prefix: "a/") }
        } else if let name = Self.rest(of: line, after: "+++ ") {
            if name != "/dev/null" { self.files[at].newPath = Self.name(name, prefix: "b/") }
        } else if line.hasPrefix("Binary files ") || line.hasPrefix("GIT binary patch") {
            self.files[at].isBinary = true
        }
    }

    // MARK: Parts of lines

    private static func rest(of line: Substring, after prefix: String) -> Substring? {
        line.hasPrefix(prefix) ? line.dropFirst(prefix.count) : nil
    }

    private static func name(_ text: Substring, prefix: String = "") -> String {
        // Git ends a name that contains blanks with a tab.
        let text = text.hasSuffix("\t") ? text.dropLast() : text
        let name = QuotedPath.bytes(of: String(text)).map { String(decoding: $0, as: UTF8.self) } ?? String(text)
        return name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
    }

    /// The names in `a/OLD b/NEW`. Later lines are unambiguous; without them, both names are the same.
    private static func names(_ text: Substring) -> (old: String, new: String) {
        if text.hasPrefix("\""), let end = text.dropFirst().range(ofClosingQuote: ()) {
            return (Self.name(text[..<end], prefix: "a/"), Self.name(text[end...].dropFirst(), prefix: "b/"))
        }
        let half = text.prefix((text.count - 1) / 2)
        return (Self.name(half, prefix: "a/"), Self.name(text.suffix((text.count - 1) / 2), prefix: "b/"))
    }

    /// A hunk's header, and how many old and new lines follow.
    private static func hunk(_ line: Substring) -> (hunk: FileDiff.Hunk, old: Int, new: Int)? {
        guard let rest = Self.rest(of: line, after: "@@ -") else { return nil }
        let parts = rest.split(separator: " ", maxSplits: 2)
        guard parts.count >= 2, parts[1].hasPrefix("+"), let (oldStart, old) = Self.range(parts[0]),
            let (newStart, new) = Self.range(parts[1].dropFirst())
        else { return nil }
        return (FileDiff.Hunk(header: String(line), oldStart: oldStart, newStart: newStart), old, new)
    }

    /// `12,3`, or `12` for one line.
    private static func range(_ text: Substring) -> (start: Int, count: Int)? {
        let numbers = text.split(separator: ",").map { Int($0) }
        // More lines than any file has, with room to count up.
        let possible = 0...1 << 40
        guard let first = numbers.first, let start = first, possible.contains(start) else { return nil }
        guard numbers.count > 1 else { return (start, 1) }
        guard let count = numbers[1], possible.contains(count) else { return nil }
        return (start, count)
    }
}

extension Substring {
    /// The index behind the quote that closes a name, whose own quotes follow a backslash.
    fileprivate func range(ofClosingQuote: Void) -> Index? {
        var isEscaped = false
        for index in self.indices {
            if isEscaped {
                isEscaped = false
            } else if self[index] == "\\" {
                isEscaped = true
            } else if self[index] == "\"" {
                return self.index(after: index)
            }
        }
        return nil
    }
}
