internal import Objects

/// The files of sessions: those that people sent, and those that are sent to them.
///
/// Where files cannot be reached, methods throw ``FileFailure``.
protocol FileStore: Sendable {
    /// Writes a file of a session; it is kept when ``FileWriter/finish()`` returns.
    ///
    /// - Parameter draft: The name until it is complete; needed where two writers may have the same name.
    func writer(_ name: String, in session: String, limit: Int, draft: String?) -> FileWriter

    func bytes(of name: String, in session: String) async throws -> [UInt8]

    /// Reads a file piece by piece; false if it does not exist. Also throws the errors of `write`.
    func pass(
        _ name: String, in session: String, to write: @Sendable ([UInt8]) async throws -> Void
    ) async throws -> Bool

    /// A session's files whose names begin with `prefix`, oldest first.
    func files(prefix: String, in session: String) async throws -> [(name: String, size: Int)]

    /// Gives a file another name.
    func rename(_ name: String, to other: String, in session: String) async throws

    /// The databases whose files these are, as ``claim(for:)`` has noted; empty if nobody has.
    func owners() async throws -> Set<String>

    /// Notes whose files these are.
    func claim(for owner: String) async throws

    /// Bytes of the files of every session that has some.
    func sizes() async throws -> [String: Int]

    /// Removes a session's files.
    func remove(_ session: String) async throws

    /// Removes files that arrived before `time` (milliseconds since 1970).
    func remove(olderThan time: Int64, where isMeant: @Sendable (String) -> Bool) async throws

    /// Removes what a crash has left of files that were arriving on this host, before `time` (milliseconds since 1970).
    func removeDrafts(before time: Int64) async
}

extension FileStore {
    func writer(_ name: String, in session: String, limit: Int) -> FileWriter {
        self.writer(name, in: session, limit: limit, draft: nil)
    }

    /// Bytes of a session's files.
    func size(of session: String) async throws -> Int {
        try await self.files(prefix: "", in: session).reduce(0) { $0 + $1.size }
    }

    /// Removes uploads that have expired at `now` (milliseconds since 1970).
    func removeUploads(expiredAt now: Int64) async throws {
        try await self.remove(olderThan: now - UploadName.takenTime) { $0.hasPrefix(UploadName.taken) }
        try await self.remove(olderThan: now - UploadName.waitingTime) {
            $0.hasPrefix(UploadName.waiting) || $0.hasPrefix(UploadName.draft)
        }
    }
}

/// Makes the store of files: a folder of this host, or the object store that all hosts share.
enum FileStores {
    static func make(directory: String, objects: (any ObjectStore)?) -> any FileStore {
        let folder = FolderFileStore(directory)
        guard let objects else { return folder }
        return SharedFileStore(folder: folder, objects: objects)
    }
}
