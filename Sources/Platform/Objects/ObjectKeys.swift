/// Which keys objects may have: relative paths, each part of which can be the name of a file.
package enum ObjectKeys {
    /// Bytes: S3's limit for a key, and that of usual file systems for a name.
    private static let longest = (key: 1_024, part: 255)

    /// The parts of a key. Throws ``ObjectStoreError`` for one that no object may have.
    ///
    /// A part that begins with a dot is refused: it could leave the folder, or be the name of a draft.
    @discardableResult
    package static func parts(of key: String) throws(ObjectStoreError) -> [String] {
        let parts = key.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let isAllowed = parts.allSatisfy { part in
            1...Self.longest.part ~= part.utf8.count && !part.hasPrefix(".")
                && part.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        }
        guard isAllowed, key.utf8.count <= Self.longest.key else {
            let shown = String(key.prefix(80).map { $0.isASCII && !$0.isNewline ? $0 : "?" })
            throw ObjectStoreError(.invalid, "no object can have the name '\(shown)'")
        }
        return parts
    }
}
