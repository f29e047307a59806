package import Crypto
internal import HTTP
internal import JSON

/// The key by which push services know this host (VAPID, RFC 8292). Browsers subscribe for one key: with another one,
/// nothing reaches them.
package struct PushKey: Sendable {
    let pair: P256Key

    package init(_ pair: P256Key = .random()) { self.pair = pair }

    /// The same for the same secret, so that it needs no file of its own and is that of all hosts of a cluster.
    package init(derivedFrom secret: [UInt8]) {
        var number = hmacSHA256(Array("push".utf8), key: secret)
        // The first one is a key but for one of four billion secrets.
        while true {
            if let pair = P256Key(privateNumber: number) {
                self.pair = pair
                return
            }
            number = hmacSHA256(number, key: secret)
        }
    }

    /// What browsers call `applicationServerKey`.
    package var publicText: String { base64URL(self.pair.publicPoint) }

    /// Seconds for which a push service takes one signature; it refuses more than a day (RFC 8292 §2).
    private static let lifetime: Int64 = 12 * 3_600

    /// The value of `Authorization` for a push service.
    ///
    /// - Parameters:
    ///   - contact: Where its operators find this host's; an `https:` or `mailto:` URL.
    ///   - now: Seconds since 1970.
    func authorization(for endpoint: HTTPURL, contact: String?, at now: Int64) -> String {
        var claims: JSONObject = [
            "aud": .string("\(endpoint.scheme)://\(endpoint.authority)"), "exp": .integer(now + Self.lifetime),
        ]
        if let contact { claims["sub"] = .string(contact) }
        let header: JSON = ["typ": "JWT", "alg": "ES256"]
        let text = "\(base64URL(header.bytes)).\(base64URL(JSON.object(claims).bytes))"
        return "vapid t=\(text).\(base64URL(self.pair.signature(of: Array(text.utf8)))), k=\(self.publicText)"
    }
}
