internal import Crypto
package import HTTP
package import Primitives

/// An address that hears of changes.
package struct Webhook: Sendable, Equatable {
    /// Unique.
    package let name: String
    package let url: HTTPURL
    package let secret: Secret
    /// The kinds of changes, as in ``kinds``.
    package let events: [String]
    /// Whether the address may be a private one.
    package let allowsPrivate: Bool

    /// What a hook can name: a mention is for one person.
    package static let kinds = ChangeRow.Kind.allCases.filter { $0 != .mention }.map(\.rawValue)
    /// The event of a test, which every hook gets.
    static let ping = "ping"

    package init(name: String, url: HTTPURL, secret: Secret, events: [String]? = nil, allowsPrivate: Bool = false) {
        self.name = name
        self.url = url
        self.secret = secret
        self.events = events ?? Self.kinds
        self.allowsPrivate = allowsPrivate
    }

    /// `t=TIME,v1=HEX`: HMAC-SHA256 over `TIME.BODY`. The time is part of it, so that an old request cannot be repeated.
    ///
    /// - Parameter time: seconds since 1970.
    func signature(of body: [UInt8], at time: Int64) -> String {
        let text = Array("\(time).".utf8) + body
        return "t=\(time),v1=\(hex(hmacSHA256(text, key: Array(self.secret.reveal().utf8))))"
    }
}
