internal import Crypto
internal import Lifecycle
package import Objects
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

    private let store: any ObjectStore
    private let drafts: String
    private let prefix: String

    /// - Parameters:
    ///   - drafts: A folder of a local disk with room for one archive.
    ///   - prefix: Of the objects' keys: empty, or with a slash at the end.
    package init(_ store: any ObjectStore, drafts: String, prefix: String = "") {
        self.store = store
        self.drafts = drafts
        self.prefix = prefix
    }

    /// Writes the entries of all sources into the archive `SESSION-TIME.tar.gz` and its checksum beside it, both durable
    /// when this returns. After an error or a cancellation no archive is left.
    ///
    /// - Parameter at: Milliseconds since 1970.
    package func write(_ session: String, from sources: [any ArchiveSource], at: Int64) async throws -> Result {
        let name = Self.name(session, at: at)
        do {
            try PrivateFile.makeFolder(self.drafts)
        } catch {
            throw WorkspaceFailure.archive("\(error)", "check the directory")
        }
        let path = "\(self.drafts)/.\(name).part"
        let file = ArchiveFile(path)
        do {
            try await file.begin()
            for source in sources { try await source.entries { try await file.add($0) } }
            let (size, digest) = try await file.finish()
            let sum = "\(hex(digest))  \(name)\n"
            // The sum first: an archive without its sum would look unfinished.
            try await self.store.put(ObjectContent(Array(sum.utf8)), at: "\(self.prefix)\(name).sha256")
            try await self.store.put(ObjectContent(file: path, size: size, digest: digest), at: self.prefix + name)
            await file.discard()
            return Result(
                name: name, place: self.store.place(of: self.prefix + name), size: size, digest: hex(digest))
        } catch {
            await file.discard()
            if let error = error as? ObjectStoreError {
                throw WorkspaceFailure("the session was not archived. \(error.message)")
            }
            throw error
        }
    }

    /// Checks that sessions can be archived, by storing something. Throws ``WorkspaceFailure`` with the remedy. Returns a
    /// line that says where they go.
    package func check() async throws -> String {
        let key = "\(self.prefix)jetbridge-check"
        do {
            try await self.store.put(ObjectContent(Array("Jetbridge can write here.\n".utf8)), at: key)
        } catch let error as ObjectStoreError {
            throw WorkspaceFailure("sessions cannot be archived. \(error.message)")
        }
        // May be forbidden to keys that can only add.
        try? await self.store.delete(key)
        return "sessions are archived to \(self.store.name)"
    }

    /// Only letters that need no quoting anywhere; ids have no others.
    static func name(_ session: String, at: Int64) -> String {
        let safe = session.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") ? $0 : "_" }
        let time = CivilTime(milliseconds: at).rfc3339Seconds.filter { $0 != "-" && $0 != ":" }
        return "\(String(safe))-\(time).tar.gz"
    }
}
