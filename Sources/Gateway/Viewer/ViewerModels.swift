/// What the viewer shows of a commit, free of any Git library.
struct ViewerCommit: Sendable {
    struct Person: Sendable, Equatable {
        let name: String
        let email: String
        /// Seconds since 1970.
        let seconds: Int64
        /// Minutes east of UTC.
        let offset: Int
    }

    let repository: String
    let sha: String
    let parents: [String]
    let author: Person
    let committer: Person
    let message: String
    let files: [ViewerFileChange]

    var subject: String { self.message.split(whereSeparator: \.isNewline).first.map(String.init) ?? "(no message)" }

    /// The message without its first line.
    var details: String {
        guard let end = self.message.firstIndex(where: \.isNewline) else { return "" }
        return String(self.message[end...].drop(while: \.isNewline))
    }
}

/// One file of a commit's diff.
struct ViewerFileChange: Sendable {
    enum Kind: String, Sendable { case added, removed, modified, renamed, copied }

    struct Line: Sendable {
        enum Kind: Sendable { case context, added, removed }

        let kind: Kind
        let oldNumber: Int?
        let newNumber: Int?
        let text: [UInt8]
    }

    struct Hunk: Sendable {
        let header: String
        let lines: [Line]
    }

    let kind: Kind
    let oldPath: String
    let newPath: String
    let additions: Int
    let deletions: Int
    let isBinary: Bool
    let hunks: [Hunk]

    /// The path by which the file is known after the commit, or before it when it was removed.
    var path: String { self.kind == .removed ? self.oldPath : self.newPath }
}

/// What the viewer shows of a file.
struct ViewerBlob: Sendable {
    let repository: String
    let ref: String
    let path: String
    let bytes: [UInt8]

    /// As Git decides it: a NUL in the first 8,000 bytes.
    var isBinary: Bool { self.bytes.prefix(8000).contains(0) }

    var isMarkdown: Bool {
        let name = self.path.lowercased()
        return name.hasSuffix(".md") || name.hasSuffix(".markdown")
    }
}

/// What the viewer shows of a folder.
struct ViewerTree: Sendable {
    struct Entry: Sendable {
        enum Kind: Sendable { case folder, file, link, submodule }

        let name: String
        let kind: Kind
        /// Bytes; nil for what is no file.
        let size: Int?
    }

    let repository: String
    let ref: String
    /// Empty for the root.
    let path: String
    let entries: [Entry]
}
