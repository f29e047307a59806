/// Whether commands can run in a jail on this machine.
package enum JailStatus: Sendable, Equatable {
    /// The version of Bubblewrap, and the names of what limits a jail and its workspace.
    case ready(bubblewrap: String, limits: String, quota: String)
    /// Why not, and what to do, in one line.
    case unavailable(String)
    /// They run without one, as this user of the machine: somebody wanted it so, on the command line.
    case off(user: String)

    /// As `status` in a thread says it: a clause without a full stop.
    package var line: String {
        switch self {
        case .ready(let bubblewrap, let limits, let quota):
            "Bubblewrap \(bubblewrap); limits by \(limits), disk by \(quota)"
        case .unavailable(let reason): "not available: \(reason)"
        case .off(let user): "off: commands run without a jail, as the user \(user) of the host's machine"
        }
    }

    /// As `/readyz` says it; nil if commands run in a jail.
    package var problem: String? {
        switch self {
        case .ready: nil
        case .unavailable(let reason): reason
        case .off: self.line
        }
    }

    /// Why commands are refused; nil if they run.
    package var refusal: String? {
        if case .unavailable(let reason) = self { reason } else { nil }
    }
}
