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
    /// From a minute to a year.
    private static let range: ClosedRange<Int64> = 60_000...366 * 86_400_000

    package static func end(_ text: String, at now: Int64) -> Int64? {
        CivilTime.end(of: text, at: now, within: Self.range)
    }
}
