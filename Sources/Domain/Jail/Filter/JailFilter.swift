internal import Seccomp

/// The system calls that a jail denies. Everything else stays allowed, because programs that people run are not known
/// in advance; what matters is that the calls below reach beyond a jail or open much of the kernel.
///
/// Sources: the default profile of Docker, the list of Flatpak, and trials.
package enum JailFilter {
    /// The programs for `bwrap --add-seccomp-fd`, in this order.
    package static func programs() throws(JailFailure) -> [[UInt8]] {
        do throws(SeccompError) {
            return [try SeccompProgram.compile(self.rules), try self.boundary.compile()]
        } catch {
            throw JailFailure("the jail's system call filter could not be made: \(error.message)")
        }
    }

    /// 450 is `set_mempolicy_home_node`, the newest call that ``rules`` were written against.
    static let boundary = SeccompBoundary(
        newest: 450,
        allowedValues: [
            // Only Linux (0) and the query (0xffffffff): others switch off address randomisation, or make pages at
            // address 0 readable.
            "personality": [0, 0xFFFF_FFFF]
        ])

    static let rules: [SeccompRule] = [
        Self.processes, Self.namespaces, Self.kernel, Self.machine, Self.memory, Self.devices, Self.sockets,
        Self.obsolete,
    ].flatMap { $0 }

    /// A rule for each name.
    static func deny(
        _ names: String..., with action: SeccompRule.Action = .notPermitted, isOptional: Bool = false,
        because reason: String
    ) -> [SeccompRule] {
        names.map { SeccompRule($0, action, isOptional: isOptional, reason: reason) }
    }
}
