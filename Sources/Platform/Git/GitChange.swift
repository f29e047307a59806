/// A commit to be made.
package struct GitChange: Sendable {
    /// Where the branch stands before.
    package enum Base: Sendable, Hashable {
        /// The branch must not exist; it begins at this commit.
        case new(from: GitObjectID)
        /// The branch must stand here.
        case at(GitObjectID)
        /// Wherever the branch stands when the work begins.
        case tip
    }

    /// Path → content, or nil to delete. Files that are not named stay.
    package var files: [String: [UInt8]?]
    package var branch: String
    package var base: Base
    package var author: GitSignature
    package var committer: GitSignature
    /// Subject, blank line, body.
    package var message: String
    /// `Key: value` lines at the message's end.
    package var trailers: [GitTrailer]

    package init(
        files: [String: [UInt8]?], branch: String, base: Base, author: GitSignature, committer: GitSignature,
        message: String, trailers: [GitTrailer] = []
    ) {
        self.files = files
        self.branch = branch
        self.base = base
        self.author = author
        self.committer = committer
        self.message = message
        self.trailers = trailers
    }

    /// The whole text that is committed: LF lines, no NUL, one LF at the end.
    var fullMessage: String {
        var bytes = self.message.utf8.filter { $0 != 0 && $0 != UInt8(ascii: "\r") }
        while let last = bytes.last, last <= UInt8(ascii: " ") { bytes.removeLast() }
        var text = String(decoding: bytes, as: UTF8.self)
        if text.isEmpty { text = "(no message)" }
        if !self.trailers.isEmpty {
            text += "\n\n" + self.trailers.map { "\($0.key): \($0.value)" }.joined(separator: "\n")
        }
        return text + "\n"
    }
}

/// One `Key: value` line at a commit message's end.
package struct GitTrailer: Hashable, Sendable {
    package let key: String
    package let value: String

    /// Line breaks in `value` become spaces.
    package init(_ key: String, _ value: String) {
        self.key = key
        self.value = String(String.UnicodeScalarView(value.unicodeScalars.map { $0.value < 0x20 ? " " : $0 }))
    }
}
