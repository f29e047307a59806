internal import JSON
package import Primitives

/// The sign-in that a person authorised.
package struct DeviceGrant: Sendable, Equatable {
    package let token: Secret
    /// Only from apps whose tokens expire.
    package let refreshToken: Secret?
    /// In seconds.
    package let expiresIn: Double?

    package init(token: Secret, refreshToken: Secret? = nil, expiresIn: Double? = nil) {
        self.token = token
        self.refreshToken = refreshToken
        self.expiresIn = expiresIn
    }

    init?(_ json: JSON) {
        guard let token = json["access_token"]?.stringValue, !token.isEmpty else { return nil }
        self.init(
            token: Secret(token), refreshToken: json["refresh_token"]?.stringValue.map { Secret($0) },
            expiresIn: json["expires_in"]?.doubleValue.map { min(max($0, 0), 1e9) })
    }

    /// How to replace the token later; `now` in seconds since 1970.
    package func renewal(clientID: String, now: Double) -> StoredLogin.Renewal? {
        guard let refreshToken = self.refreshToken, let expiresIn = self.expiresIn else { return nil }
        return StoredLogin.Renewal(
            refreshToken: refreshToken, expiresAt: Int64(now + expiresIn), clientID: clientID)
    }
}
