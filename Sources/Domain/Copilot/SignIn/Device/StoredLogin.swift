internal import JSON
package import Primitives

/// The sign-in of `jetbridge login`, stored in `login.json`.
package struct StoredLogin: Sendable, Equatable {
    /// The GitHub of the sign-in, `host` or `host:port`.
    package var host: String
    package var user: String?
    package var token: Secret
    /// Only from apps whose tokens expire.
    package var renewal: Renewal?

    /// How to replace a token that expires after a few hours; works only once.
    package struct Renewal: Sendable, Equatable {
        package var refreshToken: Secret
        /// When the token expires, in seconds since 1970.
        package var expiresAt: Int64
        /// The app that the token was issued to.
        package var clientID: String

        package init(refreshToken: Secret, expiresAt: Int64, clientID: String) {
            self.refreshToken = refreshToken
            self.expiresAt = expiresAt
            self.clientID = clientID
        }
    }

    package init(host: String, user: String? = nil, token: Secret, renewal: Renewal? = nil) {
        self.host = host
        self.user = user
        self.token = token
        self.renewal = renewal
    }

    init?(bytes: [UInt8]) {
        guard let json = try? JSON.parse(bytes), let host = json["host"]?.stringValue,
            let token = json["oauth_token"]?.stringValue
        else { return nil }
        self.init(host: host, user: json["user"]?.stringValue, token: Secret(token))
        if let refreshToken = json["refresh_token"]?.stringValue, let expiresAt = json["expires_at"]?.intValue,
            let clientID = json["client_id"]?.stringValue
        {
            self.renewal = Renewal(
                refreshToken: Secret(refreshToken), expiresAt: Int64(expiresAt), clientID: clientID)
        }
    }

    var bytes: [UInt8] {
        var object = JSONObject()
        object["host"] = .string(self.host)
        object["user"] = self.user.map { .string($0) }
        object["oauth_token"] = .string(self.token.reveal())
        if let renewal = self.renewal {
            object["refresh_token"] = .string(renewal.refreshToken.reveal())
            object["expires_at"] = .integer(renewal.expiresAt)
            object["client_id"] = .string(renewal.clientID)
        }
        return JSON.object(object).bytes
    }
}
