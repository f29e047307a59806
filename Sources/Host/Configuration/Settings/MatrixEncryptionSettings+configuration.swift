internal import Matrix

/// Reads `encryption` of an entry of `adapters.matrix`.
extension MatrixEncryptionSettings {
    init(_ section: Section) {
        let isEnabled = section.read("enabled", default: true) { $0.bool() }
        let trust = section.read("trust", default: Trust.any) { $0.choice() }
        let file = section.optional("recovery_key") { $0.futureSecretFile(madeBy: "jetbridge matrix recovery-key") }
        self.init(isEnabled: isEnabled, trust: trust, recoveryKeyFile: file)
        if !isEnabled, section.has("trust") || section.has("recovery_key") {
            section.warn("'trust' and 'recovery_key' have no effect while 'enabled' is false")
        }
    }
}
