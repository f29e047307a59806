internal import Glibc

/// The deleted files of a disk that processes keep, by descriptors, mappings or as their program.
package struct DeletedFiles: Sendable, Equatable {
    /// Allocated bytes.
    package private(set) var bytes = 0
    /// How many more there may be that cannot be looked at; `.max` for any number.
    package private(set) var hidden = 0

    private let device: UInt64
    /// The disk's folders as the processes see them.
    private let folders: [String]
    /// By inode.
    private var counted: Set<UInt64> = []
    private var sockets: Set<UInt64> = []
    /// Device or mount and inode, of what is not looked at again.
    private var known: Set<String> = []
    /// Bytes of lists of mappings that are still read: half a second of work, and far more than programs have.
    private var room = 32 << 20

    init(on device: UInt64, below folders: [String]) {
        self.device = device
        self.folders = folders
    }

    mutating func add(_ process: Int32) {
        var isMapped = false
        for thread in ProcessChildren.threads(of: process) {
            let hasDescriptors = self.addDescriptors(of: thread)
            if !isMapped { isMapped = self.addMappings(of: thread) }
            // A thread that has ended has none, the first one of a process too. The living ones share theirs: a jail's
            // filter refuses a thread with its own.
            if hasDescriptors, isMapped { return }
        }
    }

    /// Returns false if the thread has none.
    private mutating func addDescriptors(of thread: Int32) -> Bool {
        guard let names = ProcessChildren.names(in: "/proc/\(thread)/fd") else { return self.addUnreadable(thread) }
        for name in names {
            guard let status = Self.status("/proc/\(thread)/fd/\(name)") else { continue }
            self.add(status)
            if status.st_mode & S_IFMT == S_IFSOCK, self.sockets.insert(UInt64(status.st_ino)).inserted,
                Self.hasPassed(Self.facts(of: name, thread))
            {
                self.hidden = .max
            }
        }
        return !names.isEmpty
    }

    /// For the shell of a jail, and for what has made itself unreadable, if this is not root. The kernel says which files
    /// these have open (since Linux 5.14), but not whether they are deleted, nor how large they are.
    private mutating func addUnreadable(_ thread: Int32) -> Bool {
        guard let names = ProcessChildren.names(in: "/proc/\(thread)/fdinfo"), !names.isEmpty else { return false }
        // Number, parent, device, root, mount point.
        let mounts = ProcessChildren.text("/proc/\(thread)/mountinfo", limit: 1 << 20).split(separator: "\n")
            .map { $0.split(separator: " ") }
            .filter { $0.count > 4 && self.folders.contains(String($0[4])) }
            .map { "mnt_id:\t\($0[0])" }
        for name in names {
            let facts = Self.facts(of: name, thread)
            if Self.hasPassed(facts) {
                self.hidden = .max
            } else if let mount = facts.first(where: { mounts.contains(String($0)) }), self.hidden < .max,
                self.known.insert("\(mount) \(facts.first { $0.hasPrefix("ino:") } ?? "")").inserted
            {
                self.hidden += 1
            }
        }
        return true
    }

    static func facts(of descriptor: String, _ thread: Int32) -> [Substring] {
        ProcessChildren.text("/proc/\(thread)/fdinfo/\(descriptor)").split(separator: "\n")
    }

    /// Whether descriptors were sent to a socket and not yet received. They may be of sockets that hold others.
    static func hasPassed(_ facts: [Substring]) -> Bool {
        facts.contains { $0.hasPrefix("scm_fds:") && $0.dropFirst(8).contains { "1"..."9" ~= $0 } }
    }

    /// Returns false if the thread has ended, or cannot be looked at.
    private mutating func addMappings(of thread: Int32) -> Bool {
        if let program = Self.status("/proc/\(thread)/exe") { self.add(program) }
        let maps = ProcessChildren.bytes("/proc/\(thread)/maps", limit: self.room)
        self.room -= maps.count
        if self.room == 0 { self.hidden = .max }
        for line in maps.split(separator: UInt8(ascii: "\n")) where line.suffix(10).elementsEqual(" (deleted)".utf8) {
            // Addresses, permissions, offset, device, inode, path; see proc(5).
            let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
                .map { String(decoding: $0, as: UTF8.self) }
            guard fields.count == 6, self.known.insert("\(fields[3]) \(fields[4])").inserted else { continue }
            // Names here have no leading zeros, and only root may follow them.
            let range = fields[0].split(separator: "-").map { $0.drop { $0 == "0" } }.joined(separator: "-")
            if let status = Self.status("/proc/\(thread)/map_files/\(range)") {
                self.add(status)
            } else if UInt64(fields[4]).map({ !self.counted.contains($0) }) ?? true, self.isBelow(fields[5]),
                self.hidden < .max
            {
                self.hidden += 1
            }
        }
        return !maps.isEmpty
    }

    private func isBelow(_ path: String) -> Bool {
        let path = path.drop { $0 == " " }
        return self.folders.contains { path.hasPrefix($0 + "/") }
    }

    private mutating func add(_ status: stat) {
        guard status.st_mode & S_IFMT == S_IFREG, status.st_nlink == 0, UInt64(status.st_dev) == self.device,
            self.counted.insert(UInt64(status.st_ino)).inserted
        else { return }
        self.bytes += Int(status.st_blocks) * 512
    }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status : nil
    }
}
