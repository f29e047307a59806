package import Chat
internal import Crypto
internal import Primitives

/// A code that somebody enters to get in; what is entered is stored only as a hash.
package struct AccessCode: Sendable, Equatable {
    /// Nil for one of an earlier release.
    package var id: String?
    package let role: Role
    /// Of the person whom it is for, as far as that is known.
    package var name: String?
    /// Who made it, as people read it.
    package var by: String?
    /// The identity of whoever made it; nil for the host's own.
    package var maker: String?
    /// The person whose further browser it signs in; nil for a code that lets in somebody new.
    package var identity: String?
    /// Milliseconds since 1970.
    package let expiresAt: Int64

    package init(
        id: String? = nil, role: Role, name: String? = nil, by: String? = nil, maker: String? = nil,
        identity: String? = nil, expiresAt: Int64
    ) {
        self.id = id
        self.role = role
        self.name = name
        self.by = by
        self.maker = maker
        self.identity = identity
        self.expiresAt = expiresAt
    }

    /// What somebody is called: one line of at most 40 characters; nil if nothing remains.
    package static func name(_ text: String?) -> String? {
        let start = (text ?? "").beginning(bytes: 1_000)
        let visible = VisibleText.line(start.split(whereSeparator: \.isWhitespace).joined(separator: " "))
        return visible.isEmpty ? nil : String(visible.prefix(40)).beginning(bytes: 160)
    }

    /// The hash of a code, ignoring case, spaces and dashes.
    package static func hash(of code: String) -> String {
        let normal = code.uppercased().filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
        return Crypto.hex(Crypto.sha256(Array(normal.utf8)))
    }
}

/// Somebody new who may come in by a link.
package struct Invitation: Sendable {
    let role: Role
    let name: String?
    let expiresAt: Int64

    /// Milliseconds.
    private static let standard: Int64 = 2 * 86_400_000
    private static let longest: Int64 = 30 * 86_400_000

    /// Throws ``PeopleError``.
    ///
    /// - Parameters:
    ///   - expires: A duration from now such as `2d`, or a time in RFC 3339; two days if it is nil.
    ///   - now: Milliseconds since 1970.
    package init(as role: Role, called name: String?, expires: String?, at now: Int64) throws {
        self.role = role
        self.name = AccessCode.name(name)
        let end = expires.map { CivilTime.end(of: $0, at: now, within: 1...Self.longest) }
        guard let end = end ?? now + Self.standard else {
            throw PeopleError(
                code: .invalid,
                message: "An invite lasts for a duration such as `12h` or `7d`, or until a time such as "
                    + "`2027-01-31T12:00:00Z`: at most 30 days.")
        }
        self.expiresAt = end
    }
}

/// A code that was just made, with what is shown only this once.
package struct MadeCode: Sendable {
    /// As it is shown: `7KQM-X2PD`.
    package let code: String
    package let entry: AccessCode

    init(_ entry: AccessCode) {
        self.code = Crypto.randomCode()
        self.entry = entry
    }

    /// The page's address that fills the code in. What follows `#` reaches no server and no log.
    package func url(at publicURL: String) -> String { "\(publicURL)/#join=\(self.code)" }
}

/// A browser that wants to sign in with a code.
package struct NewBrowser: Sendable {
    /// Who it becomes, unless the code is for another browser of somebody.
    let identity: String
    /// What the person has typed.
    let name: String?
    /// Of its credential.
    let id: String
    /// Of the cookie's secret.
    let hash: String
    /// Of the cookie, in milliseconds.
    let lifetime: Int64

    package init(identity: String, name: String?, id: String, hash: String, lifetime: Int64) {
        self.identity = identity
        self.name = name
        self.id = id
        self.hash = hash
        self.lifetime = lifetime
    }
}
