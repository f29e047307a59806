internal import CSystem
internal import Glibc
internal import Primitives

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
        var beginning = 0
        // Each round kills at least one more; processes that start others faster than this cannot be caught.
        for _ in 0..<100 {
            switch self.killOthers(mark, &killed) {
            case .none: return
            case .killed: continue
            case .unknown:
                beginning += 1
                if beginning > 1 { try? await Task.sleep(for: .milliseconds(1)) }
            }
        }
    }

    private enum Round {
        /// No other process has the mark.
        case none
        case killed
        /// A process is just replacing its program, and its environment cannot be read before it has.
        case unknown
    }

    private static func killOthers(_ mark: [UInt8], _ killed: inout Set<Int32>) -> Round {
        var round = Round.none
        for process in self.all() where !killed.contains(process) {
            // Opened first, so that the number cannot be reused for another process.
            let pidfd = csystem_pidfd_open(process)
            guard pidfd >= 0 else { continue }
            defer { _ = close(pidfd) }
            guard let environment = self.contents("environ", of: process) else { continue }
            if environment.split(separator: 0).contains(mark[...]) {
                _ = csystem_pidfd_signal(pidfd, SIGKILL)
                killed.insert(process)
                round = .killed
            } else if environment.isEmpty, round == .none, self.isBeginning(process) {
                round = .unknown
            }
        }
        return round
    }

    /// Whether the process is inside `execve`, or was when its environment was read as empty: it has memory, and its
    /// environment is not known yet, or is not empty. Source: proc_pid_stat(5), fields 23 (`vsize`), 50 and 51
    /// (`env_start`, `env_end`).
    private static func isBeginning(_ process: Int32) -> Bool {
        guard let stat = self.contents("stat", of: process), let name = stat.lastIndex(of: UInt8(ascii: ")")) else {
            return false
        }
        // The first is field 3.
        let fields = stat[(name + 1)...].split(separator: UInt8(ascii: " "))
        let zero = [UInt8(ascii: "0")][...]
        guard fields.count > 48, fields[20] != zero else { return false }
        return fields[48] == zero || fields[48] != fields[47]
    }

    private static func all() -> [Int32] {
        (unsafe FileDescriptor.names(opendir("/proc")) ?? []).compactMap { Int32(String(decoding: $0, as: UTF8.self)) }
            .filter { $0 != getpid() }
    }

    /// Nil if it may not be read.
    private static func contents(_ name: String, of process: Int32) -> [UInt8]? {
        FileDescriptor.contents(of: "/proc/\(process)/\(name)", upTo: 8 << 20)
    }
}
