internal import Primitives

/// A commit in the viewer's terms, independent of the Git library.
package struct ViewerCommit: Sendable {
    package struct Person: Sendable, Equatable {
        package let name: String
        package let email: String
        /// Seconds since 1970.
        package let seconds: Int64
        /// Minutes east of UTC.
        package let offset: Int
    }

    package let repository: String
    package let sha: String
    package let parents: [String]
    package let author: Person
    package let committer: Person
    package let message: String
    /// May be incomplete; ``total`` counts all files.
    package let files: [ViewerFileChange]
    package let total: Total

    /// The size of the whole change.
    package struct Total: Sendable, Equatable {
        package let files: Int
        package let additions: Int
        package let deletions: Int
    }

    var subject: String { self.message.split(whereSeparator: \.isNewline).first.map(String.init) ?? "(no message)" }

    /// The message without its first line.
    var details: String {
        guard let end = self.message.firstIndex(where: \.isNewline) else { return "" }
        return String(self.message[end...].drop(while: \.isNewline))
    }
}

/// One file of a commit's diff.
package struct ViewerFileChange: Sendable {
    package enum Kind: String, Sendable, CaseIterable { case added, removed, modified, renamed, copied }

    package struct Line: Sendable {
        package enum Kind: Sendable {
            case context, added, removed
            /// Says that the previous line has no line ending.
            case noNewline
        }

        package let kind: Kind
        package let oldNumber: Int?
        package let newNumber: Int?
        package let text: [UInt8]
    }

    package struct Hunk: Sendable {
        package let header: String
        package let lines: [Line]
    }

    package let kind: Kind
    package let oldPath: String
    package let newPath: String
    package let additions: Int
    package let deletions: Int
    package let isBinary: Bool
    package let hunks: [Hunk]
    /// Whether lines are missing from ``hunks``.
    package var isCut = false
    /// How the file's mode changed, such as `mode 100644 → 100755`; nil if it did not or is unknown.
    package var mode: String?

    /// The path after the commit; for a removed file, the path before it.
    var path: String { self.kind == .removed ? self.oldPath : self.newPath }
}

/// A file in the viewer's terms.
package struct ViewerBlob: Sendable {
    package let repository: String
    package let ref: String
    package let path: String
    /// Nil for a file that is too long to be read.
    package let bytes: [UInt8]?

    /// Git's rule: a NUL within the first 8,000 bytes.
    var isBinary: Bool { self.bytes?.prefix(8000).contains(0) == true }

    var isMarkdown: Bool {
        let name = self.path.lowercased()
        return name.hasSuffix(".md") || name.hasSuffix(".markdown")
    }
}

/// A folder in the viewer's terms.
package struct ViewerTree: Sendable {
    package struct Entry: Sendable {
        package enum Kind: Sendable { case folder, file, link, submodule }

        package let name: String
        package let kind: Kind
        /// In bytes; nil for anything but a file.
        package let size: Int?
    }

    package let repository: String
    package let ref: String
    /// Empty for the root.
    package let path: String
    package let entries: [Entry]
}

/// A time in the zone in which it was recorded.
struct CommitTime: Sendable {
    /// Seconds since 1970.
    let seconds: Int64
    /// Minutes east of UTC.
    let offset: Int

    /// `2026-03-01 14:05 +0100`.
    var text: String {
        let civil = self.civil
        return "\(civil.date) \(civil.clock.prefix(5)) \(self.zone(separator: ""))"
    }

    /// RFC 3339.
    var machine: String {
        let civil = self.civil
        return "\(civil.date)T\(civil.clock)" + self.zone(separator: ":")
    }

    private var civil: CivilTime {
        // A hostile commit may claim any time, so the years are limited to 1–9999.
        CivilTime(
            seconds: min(max(self.seconds, -62_135_596_800), 253_402_300_799) + Int64(self.offset % 1440) * 60)
    }

    private func zone(separator: String) -> String {
        let minutes = abs(self.offset % 1440)
        return
            "\(self.offset < 0 ? "-" : "+")\(Self.padded(minutes / 60))\(separator)\(Self.padded(minutes % 60))"
    }

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
