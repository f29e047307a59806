internal import JSON
package import Primitives

/// What `jetbridge login` keeps: `login.json`.
package struct StoredLogin: Sendable, Equatable {
    /// The GitHub that it is a sign-in to, `host` or `host:port`.
    package var host: String
    package var user: String?
    package var token: Secret
    /// Only with apps whose tokens end.
    package var renewal: Renewal?

    /// How a token that ends after some hours is replaced; each works once.
    package struct Renewal: Sendable, Equatable {
        package var refreshToken: Secret
        /// The token's end, in seconds since 1970.
        package var expiresAt: Int64
        /// The app that it was given to.
        package var clientID: String
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
