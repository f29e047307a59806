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
