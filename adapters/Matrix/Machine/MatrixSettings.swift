package import HTTP
package import Primitives

/// The configuration of one Matrix connection.
package struct MatrixSettings: Sendable {
    package enum Credential: Sendable, Equatable {
        /// A token created by an administrator or a login; it belongs to that login's device.
        case accessToken(Secret)
        /// A password; the login creates or reuses the device ``MatrixSettings/deviceID``.
        case password(Secret)
    }

    /// The configured id: `home` of `matrix:home`.
    package var id: String
    /// The base URL of the client-server API, or a server name as a URL: `https://example.org`.
    package var homeserver: HTTPURL
    /// ``homeserver`` is only a name: `/.well-known/matrix/client` gives the API's address.
    package var isServerName: Bool
    /// The account, `@name:server`.
    package var user: String
    package var credential: Credential
    /// The device of a password login; always the same, so that transaction ids stay valid.
    package var deviceID: String
    package var encryption: MatrixEncryptionSettings

    package init(
        id: String, homeserver: HTTPURL, isServerName: Bool = false, user: String, credential: Credential,
        deviceID: String = "JETBRIDGE", encryption: MatrixEncryptionSettings = MatrixEncryptionSettings()
    ) {
        self.id = id
        self.homeserver = homeserver
        self.isServerName = isServerName
        self.user = user
        self.credential = credential
        self.deviceID = deviceID
        self.encryption = encryption
    }
}

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
