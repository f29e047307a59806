/// Where archives are kept.
package protocol ArchiveStore: Sendable {
    /// The folder for a draft of an archive.
    var drafts: String { get }

    /// Stores a finished draft under `name`, with a file `NAME.sha256` beside it; the draft is gone afterwards. Returns
    /// where it is, for people. Storing an existing name replaces it.
    func store(_ draft: ArchiveDraft, as name: String) async throws -> String

    /// Checks that archives can be stored, by storing something. Throws ``WorkspaceFailure`` with the remedy. Returns a
    /// line that says where they go.
    func check() async throws -> String
}

/// A complete archive that is not in its place yet.
package struct ArchiveDraft: Sendable {
    package let path: String
    package let size: Int
    /// SHA-256 in hexadecimal.
    package let digest: String

    /// The content of the file beside it, as `sha256sum --check` reads it.
    func sum(of name: String) -> [UInt8] { Array("\(self.digest)  \(name)\n".utf8) }
}
