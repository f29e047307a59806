internal import Glibc

/// The memory of a process and everything below it, as Linux accounts for it.
enum ProcessTree {
    /// Proportional set size in bytes: shared pages count in equal parts for those who share them.
    static func proportionalMemory(of root: Int32) -> Int {
        let parents = Self.parents()
        return parents.keys.filter { Self.isBelow($0, root, parents) }.reduce(0) { $0 + Self.memory(of: $1) }
    }

    private static func isBelow(_ process: Int32, _ root: Int32, _ parents: [Int32: Int32]) -> Bool {
        var next: Int32? = process
        while let current = next, current > 0 {
            if current == root { return true }
            next = parents[current]
        }
        return false
    }

    private static func parents() -> [Int32: Int32] {
        guard let folder = opendir("/proc") else { return [:] }
        defer { closedir(folder) }
        var parents: [Int32: Int32] = [:]
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard let process = Int32(name) else { continue }
            let line = Self.text(of: "/proc/\(process)/status").split(separator: "\n").first { $0.hasPrefix("PPid:") }
            if let parent = line?.split(separator: "\t").last.flatMap({ Int32($0) }) { parents[process] = parent }
        }
        return parents
    }

    private static func memory(of process: Int32) -> Int {
        let line = Self.text(of: "/proc/\(process)/smaps_rollup").split(separator: "\n").first { $0.hasPrefix("Pss:") }
        return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 1_024
    }

    private static func text(of path: String) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = read(file, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
