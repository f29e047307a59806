internal import Host
internal import Primitives
internal import Store

/// `JETBRIDGE_FAULT`: the step at which a crash test kills the process.
enum FaultSetting {
    /// Refuses a gateway that other machines can reach, and an unknown step.
    static func arm(from surroundings: Surroundings, for configuration: Configuration) throws(HostError) {
        guard let setting = surroundings.variable("JETBRIDGE_FAULT"), !setting.isEmpty else { return }
        guard configuration.gateway.listen.isLoopback else {
            throw HostError("JETBRIDGE_FAULT is for tests on loopback only. Unset it, or listen on 127.0.0.1.")
        }
        guard FaultPoint.arm(setting) else {
            let names = FaultPoint.allCases.map(\.rawValue).joined(separator: ", ")
            throw HostError("JETBRIDGE_FAULT: there is no step '\(setting)'. The steps are \(names).")
        }
    }
}
