internal import CSystem
internal import Glibc

/// Processes that were started with a certain environment variable.
///
/// Also finds processes that left their parent and process group, because the environment is inherited. Does not find
/// programs started with a cleared environment or, unless run by root, those of other users.
package enum MarkedProcesses {
    /// Kills them and those that they start meanwhile. They may take a moment to end.
    ///
    /// - Parameter variable: `NAME=VALUE`, with a unique value.
    @concurrent package static func kill(_ variable: String) async {
        let mark = Array(variable.utf8)
        var killed: Set<Int32> = []
        // Each round kills at least one more; processes that start others faster than this cannot be caught.
        for _ in 0..<100 where self.killOthers(mark, &killed) == false { return }
    }

    /// Whether any were left.
    private static func killOthers(_ mark: [UInt8], _ killed: inout Set<Int32>) -> Bool {
        var isAnyLeft = false
        for process in self.all() where !killed.contains(process) {
            // Opened first, so that the number cannot be reused for another process.
            let pidfd = csystem_pidfd_open(process)
            guard pidfd >= 0 else { continue }
            defer { _ = close(pidfd) }
            guard self.variables(of: process).contains(mark[...]) else { continue }
            _ = csystem_pidfd_signal(pidfd, SIGKILL)
            killed.insert(process)
            isAnyLeft = true
        }
        return isAnyLeft
    }

    private static func all() -> [Int32] {
        guard let folder = unsafe opendir("/proc") else { return [] }
        defer { unsafe closedir(folder) }
        var found: [Int32] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if let process = Int32(name), process != getpid() { found.append(process) }
        }
        return found
    }

    private static func variables(of process: Int32) -> [ArraySlice<UInt8>] {
        let file = unsafe open("/proc/\(process)/environ", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { _ = close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < 8 << 20 {
            let count = unsafe read(file, &piece, piece.count)
            guard count > 0 else { break }
            bytes += piece[..<count]
        }
        return bytes.split(separator: 0)
    }
}
