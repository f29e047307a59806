/// Rules for the names of paths and branches.
package enum GitName {
    /// In bytes, as in most file systems.
    static let longestPart = 255

    /// Checks a path inside a repository. Throws ``GitError/Code/invalidName``.
    ///
    /// Stricter than Git, so that every file system and viewer can handle it: relative, no `.` or `..`, nothing that
    /// any system reads as `.git`, no control character or backslash.
    package static func checkPath(_ path: String) throws(GitError) {
        let reason: String? =
            if path.isEmpty {
                "it is empty"
            } else if path.utf8.count > 1024 {
                "it is longer than 1024 bytes"
            } else if path.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "\\") }) {
                "it contains a control character or a backslash"
            } else {
                Self.components(of: path).lazy.compactMap { Self.problem(ofComponent: $0) }.first
            }
        guard let reason else { return }
        throw GitError(
            .invalidName, "the path \"\(Self.printable(path))\" can't be used because \(reason): choose another one")
    }

    /// The parts of `path`, split as the file system splits them: a slash followed by a combining mark is a different
    /// `Character`, but the same byte.
    static func components(of path: String) -> [Substring] {
        path.unicodeScalars.split(separator: "/", omittingEmptySubsequences: false).map { Substring($0) }
    }

    private static func problem(ofComponent component: Substring) -> String? {
        if component.isEmpty { return "it is absolute or has an empty part" }
        if component.utf8.count > Self.longestPart { return "a part of it is longer than \(Self.longestPart) bytes" }
        if [".", ".."].contains(where: { component.utf8.elementsEqual($0.utf8) }) {
            return "it contains the part \"\(component)\""
        }
        return Self.meansGit(component) ? "a part of it means .git" : nil
    }

    /// Whether any system reads the name as `.git`: ".git " and "GIT~1" mean it on some, where a colon starts a stream
    /// name.
    package static func meansGit(_ component: Substring) -> Bool {
        // Scalars, because without what has no shape the name may be one long run of marks.
        let shown = component.lowercased().unicodeScalars.filter { !$0.properties.isDefaultIgnorableCodePoint }
        let name = shown.prefix { $0 != ":" }
        let end = name.lastIndex { $0 != " " && $0 != "." }.map(name.index(after:)) ?? name.startIndex
        return [".git", "git~1"].contains { name[..<end].elementsEqual($0.unicodeScalars) }
    }

    /// Checks a branch name by git-check-ref-format's rules; also refuses `@{` and a leading dash. Throws
    /// ``GitError/Code/invalidName``.
    package static func checkBranch(_ name: String) throws(GitError) {
        let bytes = name.utf8
        let parts = Self.components(of: name)
        let isWrong =
            bytes.isEmpty || bytes.count > 244 || name == "@" || name == "HEAD" || bytes.starts(with: "-".utf8)
            || bytes.starts(with: "refs/".utf8) || bytes.last == UInt8(ascii: ".") || parts.contains("")
            || bytes.contains("..".utf8) || bytes.contains("@{".utf8)
            || parts.contains { $0.utf8.starts(with: ".".utf8) || $0.utf8.suffix(5).elementsEqual(".lock".utf8) }
            || bytes.contains { $0 <= 0x20 || $0 == 0x7F || "~^:?*[\\".utf8.contains($0) }
        guard isWrong else { return }
        throw GitError(
            .invalidName, "\"\(Self.printable(name))\" can't be the name of a branch: choose another one")
    }

    /// The text for messages: at most 80 characters, without control characters.
    static func printable(_ text: String) -> String {
        let shown = String(
            text.unicodeScalars.prefix(80).map { $0.properties.generalCategory == .control ? "?" : Character($0) })
        return text.unicodeScalars.count > 80 ? shown + "…" : shown
    }
}

extension String {
    /// Whether the bytes of this name come before those of the other one. A name in somebody's repository may be one long
    /// run of marks, which is sorted whenever it is compared as text.
    func precedes(_ other: String) -> Bool { self.utf8.lexicographicallyPrecedes(other.utf8) }
}
