internal import Glibc
internal import Models
internal import Primitives

/// The private folder of one process: home, the CLI's folder, temporary files and an empty working directory.
///
/// Two processes on one folder would overwrite each other's sessions unnoticed, so a lock protects it, which the system
/// releases however this process ends. Nothing in it outlives the CLI's process.
package final class CopilotCLIHome: Sendable {
    static let user = "home"
    static let copilot = "copilot"
    static let temporary = "tmp"
    static let work = "work"
    private static let folders = [user, copilot, temporary, work]

    /// The maximum number of folders, for the processes of all hosts on one data directory.
    private static let slots = 512

    package let path: String
    private let lock: Lock

    /// The file whose lock marks the folder as taken.
    private struct Lock: ~Copyable, Sendable {
        let file: FileDescriptor
    }

    /// Takes the first free folder below `directory` and clears what a killed host left in it. Throws ``ModelError``.
    @concurrent package static func claim(below directory: String) async throws -> CopilotCLIHome {
        try Self.make(directory)
        for slot in 0..<Self.slots {
            if let home = try CopilotCLIHome(at: "\(directory)/\(slot)") { return home }
        }
        throw Self.error("all \(Self.slots) folders in it are taken", "Stop other hosts that use it.")
    }

    /// Nil while another process uses the folder.
    package init?(at path: String) throws {
        try Self.make(path)
        let name = path + "/lock"
        let descriptor = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.error() }
        let lock = Lock(file: FileDescriptor(owning: descriptor))
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            guard errno == EWOULDBLOCK else { throw Self.error() }
            return nil
        }
        self.path = path
        self.lock = lock
        for folder in Self.folders {
            Self.remove("\(path)/\(folder)")
            try Self.make("\(path)/\(folder)")
        }
    }

    /// Deletes everything except the lock file.
    @concurrent package func clear() async {
        for folder in Self.folders { Self.remove("\(self.path)/\(folder)") }
    }

    private static func make(_ path: String) throws {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        if errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try Self.make(String(path[..<slash]))
            if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        }
        throw Self.error()
    }

    /// Depth first, without following links. Ignores missing files.
    private static func remove(_ path: String) {
        if let directory = opendir(path) {
            while let entry = readdir(directory) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name == "." || name == ".." { continue }
                let isFolder = entry.pointee.d_type == UInt8(DT_DIR)
                if isFolder { Self.remove("\(path)/\(name)") } else { unlink("\(path)/\(name)") }
            }
            closedir(directory)
        }
        rmdir(path)
    }

    /// Without the path, because the message may appear in a thread.
    private static func error(_ reason: String? = nil, _ remedy: String? = nil) -> ModelError {
        let reason = reason ?? String(cString: strerror(errno))
        return ModelError(
            .unavailable,
            "The folder copilot-cli in the data directory cannot be used: \(reason). "
                + (remedy ?? "Check its owner and the free space."))
    }
}
