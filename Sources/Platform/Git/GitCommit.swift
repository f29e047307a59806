internal import CGit2
internal import HTTP
internal import Primitives

package struct GitCommit: Hashable, Sendable {
    package let id: GitObjectID
    /// The first ``mostParents``.
    package let parents: [GitObjectID]
    package let author: GitSignature
    package let committer: GitSignature
    package let message: String

    /// More are ignored: a commit of a megabyte may have 20,000.
    static let mostParents = 64

    /// The first line; of a longer one, 1,000 bytes.
    package var subject: String {
        String(self.message.drop { $0.isNewline }.prefix { !$0.isNewline }).beginning(bytes: 1_000)
    }

    /// The text after the first line, without surrounding blank lines.
    package var body: String {
        let rest = self.message.drop { $0.isNewline }.drop { !$0.isNewline }
        let text = rest.drop { $0.isNewline }
        guard let last = text.lastIndex(where: { !$0.isNewline }) else { return "" }
        return String(text[...last])
    }

    /// The `Key: value` lines of the last paragraph, unless the whole message is that paragraph.
    package var trailers: [GitTrailer] {
        let lines = self.body.split(separator: "\n", omittingEmptySubsequences: false)
        let last = lines.suffix(from: lines.lastIndex(of: "").map { $0 + 1 } ?? 0)
        var trailers: [GitTrailer] = []
        for line in last {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let key = line[..<colon]
            guard !key.isEmpty, key.utf8.allSatisfy(Self.keyBytes.contains) else { continue }
            trailers.append(GitTrailer(String(key), String(line[colon...].dropFirst().drop { $0 == " " })))
        }
        return trailers
    }

    private static let keyBytes = ByteSet("-").union(.letters).union(.digits)
}

extension GitCommit {
    /// Copies a commit of the library.
    init(_ commit: OpaquePointer) {
        var parents: [GitObjectID] = []
        for index in 0..<(unsafe min(git_commit_parentcount(commit), UInt32(Self.mostParents))) {
            guard let parent = unsafe git_commit_parent_id(commit, index) else { continue }
            unsafe parents.append(GitObjectID(parent.pointee))
        }
        let id = unsafe git_commit_id(commit).map { unsafe GitObjectID($0.pointee) }
        unsafe self.init(
            id: id ?? GitObjectID(git_oid()), parents: parents, author: Self.signature(git_commit_author(commit)),
            committer: Self.signature(git_commit_committer(commit)),
            message: git_commit_message(commit).map { unsafe StreamSafeText.of(String(cString: $0)) } ?? "")
    }

    init(_ id: GitObjectID, in store: GitObjects) throws(GitError) {
        let commit = try unsafe store.commit(id)
        defer { unsafe git_commit_free(commit) }
        unsafe self.init(commit)
    }

    private static func signature(_ raw: UnsafePointer<git_signature>?) -> GitSignature {
        guard let raw = unsafe raw?.pointee else { return GitSignature(name: "", mail: "", seconds: 0) }
        return unsafe GitSignature(
            name: raw.name.map { unsafe String(cString: $0) } ?? "",
            mail: raw.email.map { unsafe String(cString: $0) } ?? "",
            seconds: raw.when.time, offsetMinutes: Int(raw.when.offset))
    }
}

/// The name, address and time in a commit's header.
package struct GitSignature: Hashable, Sendable {
    package let name: String
    package let mail: String
    /// Seconds since 1970-01-01 00:00 UTC, up to the year 9999: a commit can contain any number.
    package let seconds: Int64
    /// The author's offset from UTC, less than a day.
    package let offsetMinutes: Int

    /// Removes characters that a commit header can't contain (`<`, `>`, control characters) from name and mail, and what
    /// follows 1,024 bytes; an empty one becomes `unknown`.
    package init(name: String, mail: String, seconds: Int64, offsetMinutes: Int = 0) {
        self.name = Self.clean(name)
        self.mail = Self.clean(mail)
        self.seconds = Self.bounded(seconds)
        self.offsetMinutes = min(max(offsetMinutes, -1_439), 1_439)
    }

    /// Git does not check the times of commits.
    static func bounded(_ seconds: Int64) -> Int64 { min(max(seconds, 0), CivilTime.range.upperBound) }

    private static func clean(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        // Cut after runs of marks were broken, which adds bytes: so what was read from a commit equals what was written.
        for scalar in StreamSafeText.of(text).beginning(bytes: 1_024).unicodeScalars {
            switch scalar.value {
            case 0..<0x20, 0x7F..<0xA0, UInt32(UInt8(ascii: "<")), UInt32(UInt8(ascii: ">")): scalars.append(" ")
            default: scalars.append(scalar)
            }
        }
        // Git strips these at both ends; the rest may be empty.
        let edges: Set<Unicode.Scalar> = [" ", ".", ",", ":", ";", "\"", "'", "\\"]
        let start = scalars.firstIndex { !edges.contains($0) } ?? scalars.endIndex
        let end = scalars.lastIndex { !edges.contains($0) }.map(scalars.index(after:)) ?? scalars.endIndex
        guard start < end else { return "unknown" }
        return String(scalars[start..<end])
    }
}
