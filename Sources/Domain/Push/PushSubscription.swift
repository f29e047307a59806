internal import Crypto
package import HTTP

/// Where a browser gets messages, as its Push API has said (https://www.w3.org/TR/push-api).
package struct PushSubscription: Sendable, Equatable {
    package let id: String
    /// The sign-in that it belongs to, with which it ends.
    package let credential: String
    /// At a push service.
    package let endpoint: HTTPURL
    /// The browser's public key.
    let point: [UInt8]
    /// Only the browser and this host know it.
    let secret: [UInt8]
    /// The ``PushKey/publicText`` that the browser has subscribed for.
    package let key: String
    /// Milliseconds since 1970.
    package let createdAt: Int64

    /// The most of one person.
    package static let limit = 10
    /// Of an address, in bytes.
    package static let addressLimit = 1_000

    /// Why a subscription cannot be used, as a sentence for people.
    package struct Mistake: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// - Parameters:
    ///   - p256dh: The public key, as the browser's `toJSON()` has it, and `auth`, the secret.
    ///   - allowsPlain: Whether the address may be `http:`; for tests.
    package init(
        endpoint: String, p256dh: String, auth: String, key: String, of credential: String, at now: Int64,
        allowsPlain: Bool = false
    ) throws(Mistake) {
        guard endpoint.utf8.count <= Self.addressLimit, let url = try? HTTPURL(endpoint),
            url.scheme == "https" || (allowsPlain && url.scheme == "http")
        else {
            throw Mistake(
                description: "`endpoint` must be an https address of at most \(Self.addressLimit) bytes: send what "
                    + "the browser's `subscribe()` gave.")
        }
        let point = decodeBase64URL(p256dh.prefix { $0 != "=" }) ?? []
        let secret = decodeBase64URL(auth.prefix { $0 != "=" }) ?? []
        guard P256Key.random().agreement(with: point) != nil, secret.count == 16 else {
            throw Mistake(
                description: "`p256dh` must be a public key on P-256 and `auth` 16 bytes, both in base64url: send what "
                    + "the browser's `subscribe()` gave.")
        }
        self.id = "push_\(hex(randomBytes(10)))"
        (self.credential, self.endpoint, self.point, self.secret) = (credential, url, point, secret)
        (self.key, self.createdAt) = (key, now)
    }

    /// Whether it is the same but for its id and time.
    func isSame(as other: PushSubscription) -> Bool {
        self.endpoint == other.endpoint && self.credential == other.credential && self.point == other.point
            && self.secret == other.secret && self.key == other.key
    }

    init(
        id: String, credential: String, endpoint: HTTPURL, point: [UInt8], secret: [UInt8], key: String,
        createdAt: Int64
    ) {
        self.id = id
        (self.credential, self.endpoint, self.point, self.secret) = (credential, endpoint, point, secret)
        (self.key, self.createdAt) = (key, createdAt)
    }
}

/// Something to push to one browser, as it is stored until a push service has it. Times are milliseconds since 1970.
package struct PushNote: Sendable, Equatable {
    /// Its place in the order.
    package var number: Int64 = 0
    /// The subscription's id.
    package let subscription: String
    /// A kind of ``NotificationChoice``; nil for a summary.
    package let kind: NotificationChoice.Kind?
    /// What it is about: the id of an ask or an operation, the number of a mention.
    package let subject: String
    /// The conversation, with which it goes.
    package let session: String?
    package var title: String
    /// One more line; empty for none.
    package var line: String
    /// The page that it leads to, beginning with `/`.
    package var path: String
    package let createdAt: Int64
    package var nextAt: Int64
    /// When a push service may drop it.
    package let endsAt: Int64
    package var tries: Int64 = 0
    /// Waits for the end of the quiet hours, or of a minute with many others: what waits together becomes one summary.
    package var isHeld: Bool

    package init(
        for subscription: String, _ kind: NotificationChoice.Kind?, _ subject: String, session: String?, title: String,
        line: String, path: String, at now: Int64, heldUntil: Int64? = nil, endsAt: Int64
    ) {
        self.subscription = subscription
        (self.kind, self.subject, self.session) = (kind, subject, session)
        (self.title, self.line, self.path) = (title, line, path)
        (self.createdAt, self.nextAt, self.isHeld) = (now, heldUntil ?? now, heldUntil != nil)
        self.endsAt = endsAt
    }

    /// What the service worker reads.
    var text: [UInt8] { Self.json(self.title, self.line, self.path, tag: self.subject) }
}
