package struct GitDiff: Hashable, Sendable {
    package let files: [GitFileChange]
    /// Counts for the whole commit, even if ``files`` was cut.
    package let stat: GitStat
    /// Some files or lines were left out because of the limits.
    package let isCut: Bool
}

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

/// A commit's changes to one file.
package struct GitFileChange: Hashable, Sendable {
    package enum Status: String, Sendable {
        case added, deleted, modified, renamed, copied, typeChanged
    }

    package let status: Status
    /// Differs from ``path`` for a renamed or copied file; nil for an added one.
    package let oldPath: String?
    /// The path after the commit; for a deleted file, the path before it.
    package let path: String
    /// A binary or very large file, which has no hunks.
    package let isBinary: Bool
    package let additions: Int
    package let deletions: Int
    package let hunks: [GitHunk]
    /// Hunks or lines were left out.
    package let isCut: Bool
}

/// Lines that changed together, with surrounding unchanged lines.
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
    /// Without its line feed; invalid UTF-8 is replaced with U+FFFD.
    package let text: String
}

/// Limits on the size of a diff.
package struct GitDiffLimits: Hashable, Sendable {
    package var files: Int
    package var lines: Int
    /// Longer lines are cut.
    package var lineBytes: Int
    /// A larger file is shown as binary.
    package var fileBytes: Int

    static let standardFileBytes = 1 << 20

    package init(
        files: Int = 300, lines: Int = 5_000, lineBytes: Int = 2_000, fileBytes: Int = Self.standardFileBytes
    ) {
        self.files = files
        self.lines = lines
        self.lineBytes = lineBytes
        self.fileBytes = fileBytes
    }
}
