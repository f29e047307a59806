internal import Primitives

/// A commit to create.
package struct GitChange: Sendable {
    /// The branch's expected state before the commit.
    package enum Base: Sendable, Hashable {
        /// The branch must not exist; it begins at this commit.
        case new(from: GitObjectID)
        /// The branch must be at this commit.
        case at(GitObjectID)
        /// Wherever the branch is when the commit starts.
        case tip
    }

    /// Path → content, or nil to delete. Other files stay unchanged.
    package var files: [String: [UInt8]?]
    package var branch: String
    package var base: Base
    package var author: GitSignature
    package var committer: GitSignature
    /// Subject, blank line, body.
    package var message: String
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

    /// The complete message: LF line ends, no control characters but tabs, one LF at the end. Who wrote a commit, and for which operation or task,
    /// is only what ``trailers`` say: such lines in ``message``, which is somebody's text, are removed. Without trailers it
    /// is the complete message of another commit.
    var fullMessage: String {
        let text = self.trailers.isEmpty ? self.message : Self.withoutReserved(self.message)
        return Self.message(text, self.trailers, hasTrailers: false)
    }

    private static let reserved = ["co-authored-by", "signed-off-by", "original-author"]

    /// The subject stays: it is never a trailer.
    private static func withoutReserved(_ message: String) -> String {
        let lines = message.split(omittingEmptySubsequences: false) { $0.isNewline }
        var kept: [Substring] = []
        var isRemoving = false
        for (number, line) in lines.enumerated() {
            let key = line.prefix { $0 != ":" }.lowercased().filter { !$0.isWhitespace }
            let isReserved =
                line.contains(":") && (Self.reserved.contains(key) || key.hasPrefix("jetbridge-"))
            // A folded trailer continues with indented lines.
            isRemoving = number > 0 && (isReserved || isRemoving && line.first?.isWhitespace == true)
            if !isRemoving { kept.append(line) }
        }
        return kept.count == lines.count ? message : kept.joined(separator: "\n")
    }

    /// - Parameter hasTrailers: Whether `message` ends with trailers, which the new ones continue.
    static func message(_ message: String, _ trailers: [GitTrailer], hasTrailers: Bool) -> String {
        var scalars = message.unicodeScalars.filter {
            $0 == "\n" || $0 == "\t" || $0.properties.generalCategory != .control
        }
        while let last = scalars.last, last.value <= 0x20 { scalars.removeLast() }
        // What was removed may have been between two runs of marks.
        var text = StreamSafeText.of(String(String.UnicodeScalarView(scalars)))
        if text.isEmpty { text = "(no message)" }
        if !trailers.isEmpty {
            text += (hasTrailers ? "\n" : "\n\n") + trailers.map { "\($0.key): \($0.value)" }.joined(separator: "\n")
        }
        return text + "\n"
    }
}

/// A `Key: value` line at the end of a commit message.
package struct GitTrailer: Hashable, Sendable {
    package let key: String
    package let value: String

    /// Line breaks in `value` become spaces.
    package init(_ key: String, _ value: String) {
        self.key = key
        self.value = String(String.UnicodeScalarView(value.unicodeScalars.map { $0.value < 0x20 ? " " : $0 }))
    }
}
