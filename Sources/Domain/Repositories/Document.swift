internal import Git

/// A text to be committed.
package struct Document: Sendable, Hashable {
    /// The most bytes that a document may have.
    package static let sizeLimit = 100 * 1024

    package let path: String
    package let bytes: [UInt8]

    /// Throws when the text is over ``sizeLimit`` or the path has parts other than lower-case letters, digits, dots,
    /// dashes and underscores.
    package init(path: String, text: String) throws(RepositoryError) {
        guard text.utf8.count <= Self.sizeLimit else {
            throw RepositoryError(
                .invalidDocument,
                "\(path) has \(text.utf8.count / 1024) KB, more than 100 KB are not kept: split it into smaller parts")
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
                .invalidDocument, "the document name \(path) has other signs than a–z, 0–9, dots and dashes: rename it")
        }
        self.path = path
        self.bytes = Array(text.utf8)
    }
}
