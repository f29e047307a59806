internal import Glibc
internal import Primitives

/// The children of a process, as /proc shows them.
enum ProcessChildren {
    /// Oldest first; empty if the process has ended. The process must have one thread.
    static func of(_ id: Int32) -> [Int32] { self.of(id, id) }

    /// Those of all threads of a process.
    static func ofAllThreads(_ id: Int32) -> [Int32] { self.threads(of: id).flatMap { self.of(id, $0) } }

    private static func of(_ id: Int32, _ thread: Int32) -> [Int32] {
        self.text("/proc/\(id)/task/\(thread)/children", limit: 1 << 20).split(separator: " ").compactMap { Int32($0) }
    }

    /// The first one is the process itself, even if that thread has ended and others live. Empty if all have ended.
    static func threads(of id: Int32) -> [Int32] { (self.names(in: "/proc/\(id)/task") ?? []).compactMap { Int32($0) } }

    /// The names in a folder; nil if it cannot be opened.
    static func names(in path: String) -> [String]? {
        unsafe FileDescriptor.names(opendir(path))?.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether a process is in a pid namespace below this process's.
    static func isBelow(_ id: Int32) -> Bool { self.depth("\(id)") > self.ownDepth }

    private static let ownDepth = Self.depth("self")

    /// The number of ids that a process has: one for each namespace.
    private static func depth(_ id: String) -> Int {
        let line = self.text("/proc/\(id)/status").split(separator: "\n").first { $0.hasPrefix("NSpid:") }
        return line?.split(separator: "\t").count ?? 0
    }

    /// False for a zombie, which is only waiting for its parent, and for what has been killed and has not yet gone.
    private static func isRunning(_ fields: [Substring]) -> Bool {
        // The state, the flags with PF_EXITING of <linux/sched.h>, and the signals that wait: fields 3, 9 and 31 of proc(5).
        guard fields.count > 28, let flags = UInt64(fields[6]), let waiting = UInt64(fields[28]) else { return false }
        return fields[0] != "Z" && fields[0] != "X" && flags & 4 == 0 && waiting & 1 << (UInt64(SIGKILL) - 1) == 0
    }

    /// What a process is, as its jail sees it; nil for one that has ended.
    static func facts(of id: Int32) -> (inside: Int, command: String, started: Double)? {
        let fields = self.fields(of: id)
        guard self.isRunning(fields) else { return nil }
        let line = self.text("/proc/\(id)/status").split(separator: "\n").first { $0.hasPrefix("NSpid:") }
        // The start is the 22nd field, in ticks since the machine started.
        guard let inside = line?.split(separator: "\t").last.flatMap({ Int($0) }), let ticks = Double(fields[19])
        else { return nil }
        let command = self.command(self.bytes("/proc/\(id)/cmdline"))
        return (inside, command.isEmpty ? self.name(of: id) : command, ticks / Double(sysconf(Int32(_SC_CLK_TCK))))
    }

    /// The words of a command line, in bytes because the process chooses them; at most the first ``commandBytes``.
    static func command(_ line: ArraySlice<UInt8>) -> String {
        let words = Array(line.split(separator: 0).joined(separator: [0x20]))
        return StreamSafeText.of(String(decoding: words, as: UTF8.self)).beginning(bytes: Self.commandBytes)
    }

    private static let commandBytes = 1_024

    /// What a process calls itself.
    static func name(of id: Int32) -> String {
        self.text("/proc/\(id)/comm").split(separator: "\n").first.map(String.init) ?? ""
    }

    /// What follows the name in a process's `stat`, from its state on; empty if it has ended.
    private static func fields(of id: Int32) -> [Substring] {
        let stat = self.bytes("/proc/\(id)/stat")
        // The name may contain parentheses, and end with a letter that makes one character with the last of them.
        guard let end = stat.lastIndex(of: UInt8(ascii: ")")) else { return [] }
        return String(decoding: stat[end...].dropFirst(), as: UTF8.self).split(separator: " ")
    }

    static func text(_ path: String, limit: Int = 16_384) -> String {
        String(decoding: self.bytes(path, limit: limit), as: UTF8.self)
    }

    /// At most the first `limit` bytes of a file. Empty if it cannot be read.
    static func bytes(_ path: String, limit: Int = 16_384) -> ArraySlice<UInt8> {
        (FileDescriptor.contents(of: path, upTo: limit) ?? [])[...]
    }
}
