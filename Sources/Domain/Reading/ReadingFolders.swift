internal import EventLoop
internal import Glibc
internal import Primitives

/// The folders that jails see while they open a file. Writes and removes them on a thread of its own.
actor ReadingFolders {
    private static let thread = ThreadExecutor(name: "reading")
    nonisolated var unownedExecutor: UnownedSerialExecutor { Self.thread.asUnownedSerialExecutor() }

    private let directory: String
    private var isClean = false

    init(_ directory: String) { self.directory = directory }

    /// Makes a folder with these files, which every user who can reach it may read: the host's own folder keeps others
    /// out. Throws ``SystemError``.
    func make(_ files: [(name: String, bytes: [UInt8])]) throws -> String {
        mkdir(self.directory, 0o700)
        self.removeLeftovers()
        var template = Array("\(self.directory)/XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError.last("make a folder in \(self.directory)") }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        do {
            for (name, bytes) in files { try Self.write(bytes, to: "\(folder)/\(name)") }
            guard chmod(folder, 0o755) == 0 else { throw SystemError.last("open \(folder) to the jail") }
        } catch {
            self.remove(folder)
            throw error
        }
        return folder
    }

    func remove(_ folder: String) {
        for name in Self.names(in: folder) { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }

    /// Those of a host that was killed.
    private func removeLeftovers() {
        guard !self.isClean else { return }
        self.isClean = true
        for name in Self.names(in: self.directory) { self.remove("\(self.directory)/\(name)") }
    }

    private static func write(_ bytes: [UInt8], to path: String) throws {
        let number = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard number >= 0 else { throw SystemError.last("write \(path)") }
        let file = FileDescriptor(owning: number)
        // Independent of the process's umask.
        guard fchmod(file.rawValue, 0o644) == 0, FileDescriptor.write(bytes, to: file.rawValue) == 0 else {
            throw SystemError.last("write \(path)")
        }
    }

    private static func names(in path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
