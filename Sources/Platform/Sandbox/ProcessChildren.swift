internal import Glibc

/// The children of a process, as /proc shows them.
enum ProcessChildren {
    /// Oldest first; empty if the process has ended. The process must have one thread.
    static func of(_ id: Int32) -> [Int32] {
        self.text("/proc/\(id)/task/\(id)/children").split(separator: " ").compactMap { Int32($0) }
    }

    /// False for a zombie, which is only waiting for its parent.
    static func isRunning(_ id: Int32) -> Bool {
        // The state follows the name, which may contain parentheses.
        let stat = self.text("/proc/\(id)/stat")
        guard let end = stat.lastIndex(of: ")") else { return false }
        let state = stat[end...].dropFirst(2).first
        return state != nil && state != "Z" && state != "X"
    }

    private static func text(_ path: String) -> String {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 16_384)
        let count = unsafe read(file, &buffer, buffer.count)
        return String(decoding: buffer[..<max(0, count)], as: UTF8.self)
    }
}
