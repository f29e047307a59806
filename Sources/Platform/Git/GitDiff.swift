/// What a commit changed.
package struct GitDiff: Hashable, Sendable {
    package let files: [GitFileChange]
    /// Counts of the whole commit, also where ``files`` was cut.
    package let stat: GitStat
    /// Some files or lines were left out because of the limits.
    package let isCut: Bool

    package init(files: [GitFileChange], stat: GitStat, isCut: Bool) {
        self.files = files
        self.stat = stat
        self.isCut = isCut
    }
}

/// How much a commit changed.
package struct GitStat: Hashable, Sendable {
    package let files: Int
    package let additions: Int
    package let deletions: Int

    package init(files: Int, additions: Int, deletions: Int) {
        self.files = files
        self.additions = additions
        self.deletions = deletions
    }
}

/// What happened to one file.
package struct GitFileChange: Hashable, Sendable {
    package enum Status: String, Sendable {
        case added, deleted, modified, renamed, copied, typeChanged
    }

    package let status: Status
    /// Differs from ``path`` for a renamed or copied file; nil for an added one.
    package let oldPath: String?
    /// The path after the commit; of a deleted file the one before.
    package let path: String
    /// A binary or very large file; it has no hunks.
    package let isBinary: Bool
    package let additions: Int
    package let deletions: Int
    package let hunks: [GitHunk]
    /// Hunks or lines were left out.
    package let isCut: Bool
}

/// Lines that changed together, with the unchanged ones around them.
package struct GitHunk: Hashable, Sendable {
    /// `@@ -1,2 +1,3 @@ context`
    package let header: String
    package let lines: [GitDiffLine]
}

package struct GitDiffLine: Hashable, Sendable {
    package enum Kind: String, Sendable {
        case context, added, deleted
        /// "No newline at end of file".
        case noNewline
    }

    package let kind: Kind
    /// Counted from 1; nil for an added line.
    package let oldNumber: Int?
    /// Counted from 1; nil for a deleted line.
    package let newNumber: Int?
    /// Without its line feed; invalid UTF-8 became U+FFFD.
    package let text: String
}

/// How much of a diff is wanted.
package struct GitDiffLimits: Hashable, Sendable {
    package var files: Int
    package var lines: Int
    /// Longer lines are cut.
    package var lineBytes: Int
    /// A larger file is shown as binary.
    package var fileBytes: Int64

    package init(files: Int = 300, lines: Int = 5_000, lineBytes: Int = 2_000, fileBytes: Int64 = 1 << 20) {
        self.files = files
        self.lines = lines
        self.lineBytes = lineBytes
        self.fileBytes = fileBytes
    }
}
