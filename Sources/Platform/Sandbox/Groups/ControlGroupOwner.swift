internal import Glibc
package import Lifecycle
internal import Primitives

/// The process that made a group, as the group's name tells: `jetbridge-NAMESPACE-PID-START-REST`.
///
/// Groups do not survive the system, so the boot needs no place in the name.
package struct ControlGroupOwner: Sendable, Equatable {
    /// The number of the pid namespace: a pid says nothing in another one.
    package let namespace: String
    package let process: ProcessIdentity

    package init(namespace: String, process: ProcessIdentity) {
        self.namespace = namespace
        self.process = process
    }

    package static let current = ControlGroupOwner(
        namespace: ControlGroupOwner.currentNamespace() ?? "0", process: .current)

    /// The name of a group of this process.
    package func name(_ rest: String) -> String {
        "\(Self.prefix)\(self.namespace)-\(self.process.pid)-\(self.process.startTime)-\(rest)"
    }

    /// The owner of a group by its name; nil for a name of another form.
    package init?(of name: String) {
        let parts = name.dropFirst(Self.prefix.count).split(separator: "-", maxSplits: 3)
        guard name.hasPrefix(Self.prefix), parts.count == 4, let pid = Int32(parts[1]), let start = UInt64(parts[2])
        else { return nil }
        self.namespace = String(parts[0])
        self.process = ProcessIdentity(pid: pid, startTime: start, bootID: ProcessIdentity.currentBootID)
    }

    /// Whether the owner has certainly ended. Of a process in another pid namespace nothing is known.
    package var isGone: Bool { self.namespace == Self.current.namespace && !self.process.isAlive }

    package static let prefix = "jetbridge-"

    private static func currentNamespace() -> String? {
        var buffer = [CChar](repeating: 0, count: 128)
        let count = unsafe readlink("/proc/self/ns/pid", &buffer, buffer.count)
        guard count > 0 else { return nil }
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self).filter(\.isNumber)
    }
}
