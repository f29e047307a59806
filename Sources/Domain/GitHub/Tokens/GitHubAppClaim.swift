package import Crypto
internal import JSON
package import Primitives

/// The signed claim with which a GitHub App identifies itself (JWT, RFC 7519, RS256).
package enum GitHubAppClaim {
    /// GitHub refuses more than ten minutes.
    static let life: Int64 = 9 * 60
    /// GitHub's clock may be behind.
    static let leeway: Int64 = 60

    /// - Parameter date: seconds since 1970.
    package static func signed(_ app: GitHubAppSettings, date: Int64) throws(PrivateKeyError) -> Secret {
        let head: JSON = ["alg": "RS256", "typ": "JWT"]
        let claim: JSON = [
            "iat": .integer(date - Self.leeway), "exp": .integer(date + Self.life), "iss": .string(app.appID),
        ]
        let text = "\(base64URL(head.bytes)).\(base64URL(claim.bytes))"
        let signature = try signRSASHA256(Array(text.utf8), privateKey: app.privateKey)
        return Secret("\(text).\(base64URL(signature))")
    }
}
