internal import Glibc

/// The machine's processes, as `/proc` shows them.
package enum ProcessTable {
    /// The members of a process group, without zombies.
    package static func members(ofGroup group: Int32) -> [Int32] {
        Self.all.filter { pid in
            guard let fields = Self.stat(pid), fields.count > 2 else { return false }
            return fields[0] != "Z" && fields[2] == "\(group)"
        }
    }

    /// A process's descendants.
    package static func descendants(of pid: Int32) -> [Int32] {
        let children = Self.all.filter { Self.stat($0).map { $0.count > 1 && $0[1] == "\(pid)" } ?? false }
        return children + children.flatMap { Self.descendants(of: $0) }
    }

    /// The program and its arguments; empty when the process has ended.
    package static func arguments(of pid: Int32) -> [String] { Self.texts("/proc/\(pid)/cmdline") }

    /// `NAME=VALUE` of each variable at the process's start; empty when it has ended.
    package static func environment(of pid: Int32) -> [String] { Self.texts("/proc/\(pid)/environ") }

    package static func residentMemory(of pid: Int32) -> Int {
        let lines = String(decoding: Self.read("/proc/\(pid)/status"), as: UTF8.self).split(separator: "\n")
        let line = lines.first { $0.hasPrefix("VmRSS:") }
        return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
    }

    /// The number of its open file descriptors; 0 when it has ended.
    package static func openDescriptors(of pid: Int32) -> Int {
        guard let directory = opendir("/proc/\(pid)/fd") else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        return count
    }

    package static var all: [Int32] {
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

    /// State, parent, group, …: the fields after the name, which may contain any character.
    private static func stat(_ pid: Int32) -> [String]? {
        let text = String(decoding: Self.read("/proc/\(pid)/stat"), as: UTF8.self)
        guard let end = text.lastIndex(of: ")") else { return nil }
        return text[text.index(after: end)...].split(separator: " ").map(String.init)
    }

    private static func texts(_ path: String) -> [String] {
        Self.read(path).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The whole file; empty when it cannot be read.
    package static func read(_ path: String) -> [UInt8] {
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
