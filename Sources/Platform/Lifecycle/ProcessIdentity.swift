internal import Glibc
internal import Primitives

/// A process that can be told from a later one with the same number: pid, start time and the system's boot.
package struct ProcessIdentity: Sendable, Hashable {
    package let pid: Int32
    /// Clock ticks between the system's boot and the process's start, as `/proc/PID/stat` tells it.
    package let startTime: UInt64
    /// The kernel's id of this boot: after the next one pid and start time may come again.
    package let bootID: String

    package init(pid: Int32, startTime: UInt64, bootID: String) {
        self.pid = pid
        self.startTime = startTime
        self.bootID = bootID
    }

    /// This process.
    package static let current = ProcessIdentity(
        pid: getpid(), startTime: ProcessIdentity.startTime(of: getpid()) ?? 0, bootID: ProcessIdentity.currentBootID)

    /// The id of this boot; empty where the system does not tell.
    package static let currentBootID =
        (PrivateFile.text(of: "/proc/sys/kernel/random/boot_id") ?? "").filter { $0.isHexDigit || $0 == "-" }

    /// Whether this very process still runs. A zombie does not.
    package var isAlive: Bool {
        guard self.bootID == Self.currentBootID else { return false }
        return Self.startTime(of: self.pid) == self.startTime
    }

    /// Field 22 of `/proc/PID/stat` (proc(5)); nil where there is no such process.
    package static func startTime(of pid: Int32) -> UInt64? {
        guard pid > 0, let text = PrivateFile.text(of: "/proc/\(pid)/stat") else { return nil }
        return Self.startTime(inStat: text)
    }

    /// Reads the line of `/proc/PID/stat`. The name in it may hold blanks and parentheses, so counting begins behind the
    /// last one: there the state is field 3.
    package static func startTime(inStat text: String) -> UInt64? {
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[end...].dropFirst().split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return UInt64(fields[19])
    }
}
