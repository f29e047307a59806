/// How a connection takes part in end-to-end encryption.
package struct MatrixEncryptionSettings: Sendable, Equatable {
    // Change: whose devices count on Matrix, what `doctor` says
    /// Whose devices get the keys of the bot's messages, and whose encrypted messages count.
    package enum Trust: String, Sendable, CaseIterable {
        /// Every device of the people in the room. The specification recommends ``crossSigned``: Client-Server API,
        /// "Recommended client behaviour".
        case any
        /// Devices that their owner has signed.
        case crossSigned = "cross-signed"
        /// Signed devices of people whose identity was compared with emoji.
        case verified
    }

    /// False: the bot keeps out of encrypted rooms.
    package var isEnabled: Bool
    package var trust: Trust
    /// The absolute path of the file with the recovery key, which may be missing; nil without secret storage and backup.
    package var recoveryKeyFile: String?

    package init(isEnabled: Bool = true, trust: Trust = .any, recoveryKeyFile: String? = nil) {
        self.isEnabled = isEnabled
        self.trust = trust
        self.recoveryKeyFile = recoveryKeyFile
    }
}
