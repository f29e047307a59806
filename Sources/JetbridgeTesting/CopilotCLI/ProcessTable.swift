internal import Glibc

/// The machine's processes, as `/proc` shows them.
public enum ProcessTable {
    /// The members of a process group, zombies left out.
    public static func members(ofGroup group: Int32) -> [Int32] {
        Self.all.filter { pid in
            guard let fields = Self.stat(pid), fields.count > 2 else { return false }
            return fields[0] != "Z" && fields[2] == "\(group)"
        }
    }

    /// The children of a process and theirs.
    public static func descendants(of pid: Int32) -> [Int32] {
        let children = Self.all.filter { Self.stat($0).map { $0.count > 1 && $0[1] == "\(pid)" } ?? false }
        return children + children.flatMap { Self.descendants(of: $0) }
    }

    /// The program and its arguments; empty when it is gone.
    public static func arguments(of pid: Int32) -> [String] { Self.texts("/proc/\(pid)/cmdline") }

    /// `NAME=VALUE` of each variable that it was started with; empty when it is gone.
    public static func environment(of pid: Int32) -> [String] { Self.texts("/proc/\(pid)/environ") }

    /// Resident memory in bytes.
    public static func residentMemory(of pid: Int32) -> Int {
        let lines = String(decoding: Self.read("/proc/\(pid)/status"), as: UTF8.self).split(separator: "\n")
        let line = lines.first { $0.hasPrefix("VmRSS:") }
        return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
    }

    /// Every process.
    public static var all: [Int32] {
        guard let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        var found: [Int32] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let pid = Int32(name) { found.append(pid) }
        }
        return found
    }

    /// State, parent, group, … : what follows the name, which may hold anything.
    private static func stat(_ pid: Int32) -> [String]? {
        let text = String(decoding: Self.read("/proc/\(pid)/stat"), as: UTF8.self)
        guard let end = text.lastIndex(of: ")") else { return nil }
        return text[text.index(after: end)...].split(separator: " ").map(String.init)
    }

    private static func texts(_ path: String) -> [String] {
        Self.read(path).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    /// A whole file; empty when it can't be read.
    public static func read(_ path: String) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }
}
