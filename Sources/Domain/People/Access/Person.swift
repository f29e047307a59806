package import Chat
internal import Crypto
package import JSON
internal import Primitives

/// Somebody with access, or a program: an entry of the configuration's lists, a paired person, a signed-in browser or a
/// token.
package struct Person: Sendable, Equatable {
    /// How they got access.
    package enum Way: String, Sendable, CaseIterable {
        /// `access` in the configuration.
        case list
        /// They paired with a code.
        case code
        /// They signed in, in a browser: with a code, or with an account elsewhere.
        case signIn = "sign-in"
        /// A program with a token.
        case token
    }

    /// Short, for commands and addresses.
    package let id: String
    /// As in access lists; a host mask may be several people's.
    package let identity: String
    /// For display only.
    package let name: String?
    package let role: Role
    package let way: Way
    /// The entry's place in the configuration: `access.members[0]`.
    package let key: String?
    /// The role that the configuration says, if owners have changed it.
    package let listedRole: Role?
    /// Of a browser or token.
    package let scopes: [String]
    /// Since when, where that is known. Milliseconds since 1970, like all times.
    package let since: Int64?
    package let lastSeen: Int64?
    package let expiresAt: Int64?
    /// False for a nick, which ends with its connection.
    package let isLasting: Bool
    /// The ids of the credentials of their signed-in browsers, oldest first.
    package var browsers: [String] = []
    /// The person's other identities.
    package var linked: [String] = []

    /// The network's id, as far as the identity tells it: `irc:local`, `matrix`, `web`.
    package var network: String {
        let kind = self.identity.prefix { $0 != ":" }
        // Identities of the others may contain a slash, but no adapter's name.
        guard !["slack", "matrix", "telegram", "web", "github", "oidc"].contains(kind) else { return String(kind) }
        return String(self.identity.prefix { $0 != "/" })
    }

    var account: String { Self.account(of: self.identity) }

    /// The last part of an identity, such as `alice` of `irc:local/account:alice`; on Matrix all of the user's id, which
    /// contains a colon.
    package static func account(of identity: String) -> String {
        if identity.hasPrefix("matrix"), let start = identity.firstIndex(of: "@") { return String(identity[start...]) }
        return identity.split { $0 == "/" || $0 == ":" }.last.map(String.init) ?? identity
    }

    /// What people are called in a list.
    package var shownName: String { self.name ?? self.account }

    /// In the form of the API and the command line.
    package var json: JSONObject {
        let time: (Int64?) -> JSON = { $0.map { .string(CivilTime(milliseconds: $0).rfc3339) } ?? .null }
        return [
            "id": .string(self.id), "identity": .string(self.identity), "name": self.name.map { .string($0) } ?? .null,
            "network": .string(self.network), "role": .string(self.role.rawValue), "way": .string(self.way.rawValue),
            "key": self.key.map { .string($0) } ?? .null,
            "listed_role": self.listedRole.map { .string($0.rawValue) } ?? .null,
            "scopes": .array(self.scopes.map { .string($0) }),
            "browsers": .array(self.browsers.map { .string($0) }), "linked": .array(self.linked.map { .string($0) }),
            "since": time(self.since),
            "last_seen": time(self.lastSeen), "expires_at": time(self.expiresAt),
        ]
    }

    /// The id of whoever has an identity, however that is spelled.
    package static func id(ofName identity: String) -> String { self.id(of: AccessPolicy.folded(identity)) }

    /// The id of whoever has an identity that is no credential's.
    package static func id(of identity: String) -> String {
        "p_" + Crypto.hex(Array(Crypto.sha256(identity).prefix(8)))
    }
}

/// Why somebody's access was not shown or changed.
package struct PeopleError: Error, Equatable, CustomStringConvertible {
    package enum Code: Sendable {
        case unknown, ambiguous
        /// It cannot be done for this person, or not by whoever asks.
        case notAllowed
        /// What was given cannot be used.
        case invalid
        /// Without them nobody could give access any more.
        case lastOwner
    }

    package let code: Code
    /// Markdown that names commands without a sign.
    package let message: String
    package var description: String { self.message }
}

/// What an owner has changed about somebody's access.
package struct AccessChange: Sendable {
    package let person: Person
    /// The new role; nil when they were removed.
    package let role: Role?
    /// Who changed it.
    package let actor: Sender

    package var isLowered: Bool { self.role.map { $0 < self.person.role } ?? true }

    /// Whether it is about `sender`, as far as identities tell.
    package func concerns(_ sender: Sender) -> Bool {
        sender.identities.contains { AccessPolicy.matches(self.person.identity, $0) }
    }
}

extension Person {
    /// Somebody of whom only this is known.
    init(identity: String, role: Role) {
        self.init(
            id: Person.id(of: identity), identity: identity, name: nil, role: role, way: .code, key: nil,
            listedRole: nil,
            scopes: [], since: nil, lastSeen: nil, expiresAt: nil, isLasting: true)
    }
}
