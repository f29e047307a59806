internal import Git

/// A text to commit.
package struct Document: Sendable, Hashable {
    /// In bytes.
    package static let sizeLimit = 100 * 1024

    /// A clause about a text over ``sizeLimit``. In exact bytes, because in KB a text that is slightly too large has the
    /// size that is allowed.
    package static func excess(of text: String) -> String { Self.excess(text.utf8.count) }

    private static func excess(_ bytes: Int) -> String {
        "has \(bytes) bytes, and the limit is \(Self.sizeLimit) (100 KB)"
    }

    package let path: String
    package let bytes: [UInt8]

    /// Throws when the text is over ``sizeLimit`` or a part of the path has characters other than lower-case letters,
    /// digits, dots, dashes and underscores.
    package init(path: String, text: String) throws(RepositoryError) {
        try self.init(path: path, bytes: Array(text.utf8))
    }

    /// Keeps bytes that are no text as they are.
    package init(path: String, bytes: [UInt8]) throws(RepositoryError) {
        guard bytes.count <= Self.sizeLimit else {
            throw RepositoryError(
                .invalidDocument, "\(path) \(Self.excess(bytes.count)): split it into smaller parts")
        }
        let isPlain = path.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
                UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "/"):
                true
            default: false
            }
        }
        do throws(GitError) { try GitName.checkPath(path) } catch {
            throw RepositoryError(.invalidDocument, error.message)
        }
        guard isPlain, path.utf8.count <= 240 else {
            throw RepositoryError(
                .invalidDocument,
                "the document name \(path) may only contain a–z, 0–9, dots, dashes and underscores: rename it")
        }
        self.path = path
        self.bytes = bytes
    }
}
