internal import Glibc

/// The files that people sent, on the host's disk: one folder per session. Shares the thread of ``FileWriter``, so that
/// no folder is removed while a file is written into it.
actor FileStore {
    nonisolated var unownedExecutor: UnownedSerialExecutor { FileWriter.thread.asUnownedSerialExecutor() }

    private let directory: String

    init(_ directory: String) {
        self.directory = directory
    }

    /// Sessions that have a folder.
    func sessions() -> [String] { Self.names(in: self.directory) }

    func remove(_ session: String) {
        // Ids are our own, but a deletion should not depend on that.
        guard !session.isEmpty, !session.contains("/"), !session.hasPrefix(".") else { return }
        let folder = "\(self.directory)/\(session)"
        for name in Self.names(in: folder) { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }

    /// Bytes of a session's files.
    func size(of session: String) -> Int {
        self.files(prefix: "", in: session).reduce(0) { $0 + $1.size }
    }

    /// Removes what a crash has left of uploads that were arriving, before `time` (milliseconds since 1970).
    func removeDrafts(before time: Int64) {
        self.remove(olderThan: time) { $0.hasPrefix(UploadName.draft) }
    }

    /// The bytes of a received file. Throws ``FileFailure``.
    static func bytes(at path: String) async throws -> [UInt8] { try await FileStore("").read(path) }

    private func read(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "re") else { throw FileFailure(reason: String(cString: strerror(errno))) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            bytes += chunk[..<count]
            guard count == chunk.count else { break }
        }
        guard ferror(file) == 0 else { throw FileFailure(reason: "the host cannot read it") }
        return bytes
    }

    /// Reads a file piece by piece; false if it cannot be opened. Throws ``FileFailure`` and the errors of `write`.
    func pass(_ path: String, to write: @Sendable ([UInt8]) async throws -> Void) async throws -> Bool {
        guard let file = fopen(path, "re") else { return false }
        defer { fclose(file) }
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            guard ferror(file) == 0 else { throw FileFailure(reason: "the host cannot read it") }
            if count > 0 { try await write(Array(chunk[..<count])) }
            if count < chunk.count { return true }
        }
    }

    /// A session's files whose names begin with `prefix`, oldest first.
    func files(prefix: String, in session: String) -> [(name: String, size: Int)] {
        var found: [(name: String, size: Int, at: (Int, Int))] = []
        for name in Self.names(in: "\(self.directory)/\(session)") where name.hasPrefix(prefix) {
            var status = stat()
            guard lstat("\(self.directory)/\(session)/\(name)", &status) == 0 else { continue }
            found.append((name, Int(status.st_size), (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)))
        }
        return found.sorted { ($0.at.0, $0.at.1, $0.name) < ($1.at.0, $1.at.1, $1.name) }.map { ($0.name, $0.size) }
    }

    /// Gives a session's files whose names begin with `prefix` another beginning.
    func rename(prefix: String, to other: String, in session: String) {
        let folder = "\(self.directory)/\(session)"
        for name in Self.names(in: folder) where name.hasPrefix(prefix) {
            Glibc.rename("\(folder)/\(name)", "\(folder)/\(other)\(name.dropFirst(prefix.count))")
        }
    }

    /// Removes uploads that have expired at `now` (milliseconds since 1970).
    func removeUploads(expiredAt now: Int64) {
        self.remove(olderThan: now - UploadName.takenTime) { $0.hasPrefix(UploadName.taken) }
        self.remove(olderThan: now - UploadName.waitingTime) {
            $0.hasPrefix(UploadName.waiting) || $0.hasPrefix(UploadName.draft)
        }
    }

    /// Removes files that arrived before `time` (milliseconds since 1970), and folders that are then empty.
    func remove(olderThan time: Int64, where isMeant: (String) -> Bool = { _ in true }) {
        for session in self.sessions() {
            let folder = "\(self.directory)/\(session)"
            for name in Self.names(in: folder) where isMeant(name) {
                let path = "\(folder)/\(name)"
                var status = stat()
                guard lstat(path, &status) == 0, Int64(status.st_mtim.tv_sec) * 1_000 < time else { continue }
                unlink(path)
            }
            // Fails if the folder is not empty.
            rmdir(folder)
        }
    }

    private static func names(in path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
