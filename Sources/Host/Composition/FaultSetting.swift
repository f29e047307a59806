internal import Sessions

/// `JETBRIDGE_FAULT`: where a crash test ends the process.
package enum FaultSetting {
    /// Refused for a gateway that others can reach, and for a name that does not exist.
    package static func arm(from surroundings: Surroundings, for configuration: Configuration) throws(HostError) {
        guard let setting = surroundings.variable("JETBRIDGE_FAULT"), !setting.isEmpty else { return }
        guard configuration.gateway.listen.isLoopback else {
            throw HostError("JETBRIDGE_FAULT is for tests on loopback only. Unset it, or listen on 127.0.0.1.")
        }
        guard FaultPoint.arm(setting) else {
            let names = FaultPoint.allCases.map(\.rawValue).joined(separator: ", ")
            throw HostError("JETBRIDGE_FAULT names no step: '\(setting)'. There are \(names).")
        }
    }
}
