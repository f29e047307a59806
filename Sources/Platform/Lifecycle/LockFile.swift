package import EventLoop
internal import Glibc
internal import Primitives

/// A lock between the processes of this machine: a file that exists while its owner holds it, and names the owner.
///
/// Every change holds `flock` on the folder for some microseconds, so that two processes that find a stale lock cannot
/// both take it over; the kernel releases the `flock` if its process dies. The folder must be on a local disk.
package struct LockFile: ~Copyable, Sendable {
    private let path: String
    private let text: String

    /// Takes the lock at `path`; nil if another process holds it or is just checking it.
    ///
    /// Takes over the lock of a dead process, and one older than `patience` seconds, whose owner hangs or runs in
    /// another pid namespace.
    package static func take(
        _ path: String, owner: ProcessIdentity = .current, patience: Int = 120
    ) throws(SystemError) -> LockFile? {
        let text =
            "\(owner.pid) \(owner.startTime) \(owner.bootID) \(String(UInt64.random(in: 0...UInt64.max), radix: 16))\n"
        let isTaken = try Self.holding(folderOf: path) { () throws(SystemError) in
            if let holder = Self.holder(of: path), holder.isAlive, Self.age(of: path) < patience { return false }
            try PrivateFile.write(Array(text.utf8), to: path)
            return true
        }
        return isTaken == true ? LockFile(path: path, text: text) : nil
    }

    /// The lock's holder according to the file; nil if the file is missing or invalid.
    package static func holder(of path: String) -> ProcessIdentity? {
        guard let text = PrivateFile.text(of: path) else { return nil }
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count >= 3, let pid = Int32(words[0]), let startTime = UInt64(words[1]) else { return nil }
        return ProcessIdentity(pid: pid, startTime: startTime, bootID: String(words[2]))
    }

    private init(path: String, text: String) {
        self.path = path
        self.text = text
    }

    deinit {
        // If the folder stays busy for that long, the file remains and becomes stale when this process ends.
        for _ in 0..<100 {
            let isDone = try? Self.holding(folderOf: self.path) { () throws(SystemError) in
                if PrivateFile.text(of: self.path) == self.text { try PrivateFile.remove(self.path) }
                return true
            }
            if isDone == true { return }
            usleep(200)
        }
    }

    /// Nil while another process holds the folder. Does not wait, because the calling thread must not block.
    private static func holding(
        folderOf path: String, _ body: () throws(SystemError) -> Bool
    ) throws(SystemError) -> Bool? {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let number = unsafe open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { throw .last("lock \(path)") }
        defer { close(number) }
        guard flock(number, LOCK_EX | LOCK_NB) == 0 else {
            if errno == EWOULDBLOCK || errno == EINTR { return nil }
            throw .last("lock \(path)")
        }
        return try body()
    }

    /// In seconds; negative if the file's time is in the future.
    private static func age(of path: String) -> Int {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return 0 }
        return Int(WallClock.now() / 1_000) - status.st_mtim.tv_sec
    }
}
