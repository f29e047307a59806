internal import Matrix

/// Reads `encryption` of an entry of `adapters.matrix`.
extension MatrixEncryptionSettings {
    /// - Parameter isShared: Several hosts share the connection, but the keys would be on one of them.
    init(_ section: Section, isShared: Bool) {
        let isEnabled = section.read("enabled", default: !isShared) { value in
            guard let isEnabled = value.bool() else { return nil }
            return isEnabled && isShared
                ? value.error("the keys of encrypted rooms cannot follow to another host yet: write false in a cluster")
                : isEnabled
        }
        let trust = section.read("trust", default: Trust.any) { $0.choice() }
        let file = section.optional("recovery_key") { $0.futureSecretFile(madeBy: "jetbridge matrix recovery-key") }
        self.init(isEnabled: isEnabled, trust: trust, recoveryKeyFile: file)
        if !isEnabled, section.has("trust") || section.has("recovery_key") {
            section.warn("'trust' and 'recovery_key' have no effect while 'enabled' is false")
        }
    }
}
