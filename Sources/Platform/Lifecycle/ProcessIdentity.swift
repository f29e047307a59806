internal import Glibc
internal import Primitives

/// Identifies a process even after its pid is reused: by pid, start time and the system's boot.
package struct ProcessIdentity: Sendable, Hashable {
    package let pid: Int32
    /// Clock ticks from the system's boot to the process's start, from `/proc/PID/stat`.
    package let startTime: UInt64
    /// The kernel's id of this boot: after another boot, the same pid and start time can recur.
    package let bootID: String

    package init(pid: Int32, startTime: UInt64, bootID: String) {
        self.pid = pid
        self.startTime = startTime
        self.bootID = bootID
    }

    package static let current = ProcessIdentity(
        pid: getpid(), startTime: ProcessIdentity.startTime(of: getpid()) ?? 0, bootID: ProcessIdentity.currentBootID)

    /// Empty if the system does not report it.
    package static let currentBootID =
        (PrivateFile.text(of: "/proc/sys/kernel/random/boot_id") ?? "").filter { $0.isHexDigit || $0 == "-" }

    /// Whether this exact process is still running; a zombie is not.
    package var isAlive: Bool {
        guard self.bootID == Self.currentBootID else { return false }
        return Self.startTime(of: self.pid) == self.startTime
    }

    /// Field 22 of `/proc/PID/stat` (proc(5)); nil if there is no such process.
    package static func startTime(of pid: Int32) -> UInt64? {
        guard pid > 0, let text = PrivateFile.text(of: "/proc/\(pid)/stat") else { return nil }
        return Self.startTime(inStat: text)
    }

    /// Parses the line of `/proc/PID/stat`. The name in it may contain spaces and parentheses, so fields are counted
    /// from the last parenthesis: the state after it is field 3.
    package static func startTime(inStat text: String) -> UInt64? {
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[end...].dropFirst().split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return UInt64(fields[19])
    }
}
