package import Objects

/// The files of sessions: those that people sent, and those that are sent to them.
///
/// Where files cannot be reached, methods throw ``FileFailure``.
package protocol FileStore: Sendable {
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

    /// Removes files that arrived before the time (milliseconds since 1970) that `limit` says for their names; nil keeps
    /// them.
    func remove(before limit: @Sendable (String) -> Int64?) async throws
}

extension FileStore {
    package func writer(_ name: String, in session: String, limit: Int) -> FileWriter {
        self.writer(name, in: session, limit: limit, draft: nil)
    }

    /// Writes a whole file, and returns its path. Throws ``FileFailure`` and the errors of the host's disk.
    @discardableResult
    package func keep(_ bytes: [UInt8], as name: String, in session: String) async throws -> String {
        let writer = self.writer(name, in: session, limit: .max)
        do {
            try await writer.open()
            try await writer.write(bytes)
            return try await writer.finish()
        } catch {
            await writer.discard()
            throw error
        }
    }

    /// Bytes of a session's files.
    func size(of session: String) async throws -> Int {
        try await self.files(prefix: "", in: session).reduce(0) { $0 + $1.size }
    }

    /// Removes uploads that have expired at `now` and, in the same pass, all files that arrived before `time` and what a
    /// crash has left of files that were arriving before `start`. Milliseconds since 1970.
    package func removeUploads(expiredAt now: Int64, filesBefore time: Int64? = nil, draftsBefore start: Int64? = nil)
        async throws
    {
        try await self.remove { name in
            let upload: Int64? =
                if name.hasPrefix(UploadName.taken) {
                    now - UploadName.takenTime
                } else if name.hasPrefix(UploadName.draft) {
                    // The time of a file may be a little behind the clock: one that arrives just now is no rest of a crash.
                    max(now - UploadName.waitingTime, start.map { $0 - 1_000 } ?? .min)
                } else if name.hasPrefix(UploadName.waiting) {
                    now - UploadName.waitingTime
                } else {
                    nil
                }
            return [time, upload].compactMap { $0 }.max()
        }
    }
}

/// Makes the store of files: a folder of this host, or the object store that all hosts share.
package enum FileStores {
    package static func make(directory: String, objects: (any ObjectStore)?) -> any FileStore {
        let folder = FolderFileStore(directory)
        guard let objects else { return folder }
        return SharedFileStore(folder: folder, objects: objects)
    }
}
