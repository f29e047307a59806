internal import EventLoop
internal import Glibc
internal import Lifecycle

/// Files on the host's disk: one folder per session. Shares the thread of ``FileWriter``, so that no folder is removed
/// while a file is written into it.
actor FolderFileStore: FileStore {
    /// A stored file.
    struct Entry {
        let name: String
        let size: Int
        /// Nanoseconds since 1970.
        let at: Int64
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { FileWriter.thread.asUnownedSerialExecutor() }

    private nonisolated let directory: String

    init(_ directory: String) {
        self.directory = directory
    }

    nonisolated func writer(_ name: String, in session: String, limit: Int, draft: String?) -> FileWriter {
        self.writer(name, in: session, limit: limit, draft: draft, publish: nil)
    }

    /// - Parameter publish: Stores the complete file elsewhere, before it counts as kept.
    nonisolated func writer(
        _ name: String, in session: String, limit: Int, draft: String?, publish: FileWriter.Publisher?
    ) -> FileWriter {
        FileWriter(name, in: "\(self.directory)/\(session)", limit: limit, draft: draft, publish: publish)
    }

    /// The name of the file that names the database; no session's id is like it.
    static let ownerName = "database"

    private nonisolated var ownerPath: String { "\(self.directory)/\(Self.ownerName)" }

    func owners() -> Set<String> { PrivateFile.text(of: self.ownerPath).map { [$0] } ?? [] }

    func claim(for owner: String) throws {
        mkdir(self.directory, 0o700)
        do {
            try PrivateFile.write(Array(owner.utf8), to: self.ownerPath)
        } catch {
            throw FileFailure(reason: FileTexts.notStored(error.message))
        }
    }

    /// A step of its own for each session, because files that arrive wait for the same thread.
    nonisolated func sizes() async -> [String: Int] {
        var sizes: [String: Int] = [:]
        for session in await self.sessions() {
            sizes[session] = await self.entries("", session).reduce(0) { $0 + $1.size }
        }
        return sizes
    }

    /// The sessions that have a folder.
    func sessions() -> [String] { Self.names(in: self.directory).filter { !$0.hasPrefix(Self.ownerName) } }

    func remove(_ session: String) {
        // Ids are our own, but a deletion should not depend on that.
        guard !session.isEmpty, !session.contains("/"), !session.hasPrefix(".") else { return }
        let folder = "\(self.directory)/\(session)"
        for name in Self.names(in: folder) { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }

    func remove(_ name: String, in session: String) { unlink("\(self.directory)/\(session)/\(name)") }

    func has(_ name: String, in session: String) -> Bool {
        access("\(self.directory)/\(session)/\(name)", F_OK) == 0
    }

    /// Where a file goes, in a folder that exists.
    func path(of name: String, in session: String) -> String {
        mkdir(self.directory, 0o700)
        mkdir("\(self.directory)/\(session)", 0o700)
        return "\(self.directory)/\(session)/\(name)"
    }

    func bytes(of name: String, in session: String) throws -> [UInt8] {
        let path = "\(self.directory)/\(session)/\(name)"
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

    func pass(
        _ name: String, in session: String, to write: @Sendable ([UInt8]) async throws -> Void
    ) async throws -> Bool {
        guard let file = fopen("\(self.directory)/\(session)/\(name)", "re") else { return false }
        defer { fclose(file) }
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            guard ferror(file) == 0 else { throw FileFailure(reason: "the host cannot read it") }
            if count > 0 { try await write(Array(chunk[..<count])) }
            if count < chunk.count { return true }
        }
    }

    func files(prefix: String, in session: String) -> [(name: String, size: Int)] {
        self.entries(prefix, session).sorted { ($0.at, $0.name) < ($1.at, $1.name) }.map { ($0.name, $0.size) }
    }

    /// A session's files whose names begin with `prefix`, in no order.
    func entries(_ prefix: String, _ session: String) -> [Entry] {
        Self.names(in: "\(self.directory)/\(session)").filter { $0.hasPrefix(prefix) }
            .compactMap { self.entry($0, session) }
    }

    private func entry(_ name: String, _ session: String) -> Entry? {
        var status = stat()
        guard lstat("\(self.directory)/\(session)/\(name)", &status) == 0 else { return nil }
        // A file may have any time; as nanoseconds, only those of the years 1697 to 2242 fit 64 bits.
        let seconds = min(max(Int64(status.st_mtim.tv_sec), -8_600_000_000), 8_600_000_000)
        let time = seconds * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        return Entry(name: name, size: Int(status.st_size), at: time)
    }

    func rename(_ name: String, to other: String, in session: String) {
        let folder = "\(self.directory)/\(session)"
        Glibc.rename("\(folder)/\(name)", "\(folder)/\(other)")
    }

    /// Also removes folders that are then empty. A step of its own for each session, like ``sizes()``.
    nonisolated func remove(before limit: @Sendable (String) -> Int64?) async {
        for session in await self.sessions() { await self.remove(in: session, before: limit) }
    }

    private func remove(in session: String, before limit: @Sendable (String) -> Int64?) {
        let folder = "\(self.directory)/\(session)"
        for name in Self.names(in: folder) {
            // Most names have no limit, and their files need no look.
            guard let time = limit(name), let entry = self.entry(name, session), entry.at / 1_000_000 < time else {
                continue
            }
            unlink("\(folder)/\(name)")
        }
        // Fails if the folder is not empty.
        rmdir(folder)
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
