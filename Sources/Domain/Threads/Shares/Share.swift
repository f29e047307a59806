internal import Primitives

/// That somebody may see a conversation which another person began.
package struct Share: Sendable, Equatable {
    package enum Audience: Sendable, Equatable {
        /// By the identity, as names are compared.
        case person(String)
        /// Members and owners.
        case host
        /// Whoever has the link of a page, which shows less.
        case everybody

        /// What the API and commands call it.
        package var word: String {
            switch self {
            case .person(let identity): identity
            case .host: "host"
            case .everybody: "public"
            }
        }
    }

    package let id: String
    package let session: String
    package let audience: Audience
    /// What a person is called.
    package let name: String?
    /// ``ThreadRight/read`` or ``ThreadRight/join``.
    package let right: ThreadRight
    /// The identity of whoever made it, and what they are called.
    package let maker: String
    package let makerName: String
    /// Milliseconds since 1970.
    package let createdAt: Int64
    /// Nil for one that lasts until it is ended.
    package let expiresAt: Int64?

    /// What people read about whom it is for.
    package var shownAudience: String {
        switch self.audience {
        case .person(let identity): EscapedText.code(VisibleText.line(self.name ?? identity))
        case .host: "members and owners"
        case .everybody: "everybody with the link"
        }
    }
}

/// Until when something is shared. Pure.
package enum ShareTerm {
    /// What a public page gets without another one.
    package static let standard: Int64 = 7 * 86_400_000
    private static let least: Int64 = 60_000
    private static let most: Int64 = 366 * 86_400_000

    /// The time that `7d`, `12h` or an RFC 3339 time names, in milliseconds since 1970; nil for anything else, and for one
    /// that is not between a minute and a year away.
    package static func end(_ text: String, at now: Int64) -> Int64? {
        guard text.utf8.count <= 40 else { return nil }
        let units: [Character: Int64] = ["m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 7 * 86_400_000]
        let end: Int64?
        if let unit = text.last.flatMap({ units[$0] }), let count = Int64(untrusted: text.dropLast()) {
            let (span, isTooLong) = count.multipliedReportingOverflow(by: unit)
            end = isTooLong || !(Self.least...Self.most).contains(span) ? nil : now + span
        } else {
            end = CivilTime.milliseconds(rfc3339: text)
        }
        return end.flatMap { (now + Self.least...now + Self.most).contains($0) ? $0 : nil }
    }
}
