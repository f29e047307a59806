package import HTTP
package import Primitives

/// What one Matrix connection is told by the configuration.
package struct MatrixSettings: Sendable {
    /// How the account signs in.
    package enum Credential: Sendable {
        /// A token that an administrator or a login made; it keeps its device.
        case accessToken(Secret)
        /// A password; the login makes, or takes up again, the device ``MatrixSettings/deviceID``.
        case password(Secret)
    }

    /// The configured id: `home` of `matrix:home`.
    package var id: String
    /// The client-server API's base URL, or the server's name as one: `https://example.org`.
    package var homeserver: HTTPURL
    /// ``homeserver`` was given as a name only: where its API is, `/.well-known/matrix/client` says first.
    package var isServerName: Bool
    /// The account, `@name:server`.
    package var user: String
    /// How the account signs in.
    package var credential: Credential
    /// The device that a password login takes; always the same, so that transaction ids and keys stay valid.
    package var deviceID: String

    /// Makes settings.
    package init(
        id: String, homeserver: HTTPURL, isServerName: Bool = false, user: String, credential: Credential,
        deviceID: String = "JETBRIDGE"
    ) {
        self.id = id
        self.homeserver = homeserver
        self.isServerName = isServerName
        self.user = user
        self.credential = credential
        self.deviceID = deviceID
    }
}
