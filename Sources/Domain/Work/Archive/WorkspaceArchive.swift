internal import Lifecycle
internal import Primitives

/// Archives sessions: one `.tar.gz` with everything of a session, and its checksum.
package struct WorkspaceArchive: Sendable {
    /// An archived session.
    package struct Result: Sendable, Equatable {
        package let name: String
        /// Where it is, for people.
        package let place: String
        /// Bytes.
        package let size: Int
        /// SHA-256 in hexadecimal.
        package let digest: String
    }

    private let store: any ArchiveStore

    package init(_ store: any ArchiveStore) {
        self.store = store
    }

    /// Writes the entries of all sources into the archive `SESSION-TIME.tar.gz`, durable when this returns. After an
    /// error or a cancellation nothing is left of it.
    ///
    /// - Parameter at: Milliseconds since 1970.
    package func write(_ session: String, from sources: [any ArchiveSource], at: Int64) async throws -> Result {
        let name = Self.name(session, at: at)
        do {
            try PrivateFile.makeFolder(self.store.drafts)
        } catch {
            throw WorkspaceFailure.archive("\(error)", "check the directory")
        }
        let path = "\(self.store.drafts)/.\(name).part"
        let file = ArchiveFile(path)
        do {
            try await file.begin()
            for source in sources { try await source.entries { try await file.add($0) } }
            let (size, digest) = try await file.finish()
            let place = try await self.store.store(ArchiveDraft(path: path, size: size, digest: digest), as: name)
            return Result(name: name, place: place, size: size, digest: digest)
        } catch {
            await file.discard()
            throw error
        }
    }

    /// Checks that sessions can be archived; see ``ArchiveStore/check()``.
    package func check() async throws -> String { try await self.store.check() }

    /// Only letters that need no quoting anywhere; ids have no others.
    static func name(_ session: String, at: Int64) -> String {
        let safe = session.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") ? $0 : "_" }
        let time = CivilTime(milliseconds: at).rfc3339Seconds.filter { $0 != "-" && $0 != ":" }
        return "\(String(safe))-\(time).tar.gz"
    }
}
