/// One way to identify a person, as written in access lists: `irc:local/account:alice`, `telegram:1001`.
package struct Identity: Hashable, Sendable {
    /// How a configured entry is compared with ``value``.
    package enum Comparison: String, Sendable {
        /// Byte by byte.
        case exact
        /// Ignoring the case of ASCII letters.
        case caseInsensitive
        /// The entry may contain the wildcards `*` and `?`; ignores the case of ASCII letters.
        case mask
    }

    private let exact: ExactText
    /// With the adapter's prefix.
    package var value: String { self.exact.text }
    package let comparison: Comparison

    package init(_ value: String, comparison: Comparison = .exact) {
        self.exact = ExactText(value)
        self.comparison = comparison
    }
}

extension Identity {
    private static let ofMachine = "host:"

    /// A user of this machine's command line. Whoever may use the data directory decides like an owner; no adapter makes
    /// such an identity.
    package static func user(ofMachine name: String) -> Identity { Identity(Self.ofMachine + name) }

    package var isOfMachine: Bool { self.value.hasPrefix(Self.ofMachine) }
}

/// Who wrote a message.
package struct Sender: Hashable, Sendable {
    /// The identity that grants and sessions are stored under: the strongest that the platform vouches for.
    package let id: String
    /// Every identity that the platform vouches for now, including ``id``.
    package let identities: [Identity]
    /// For display only: never used in a decision.
    package let displayName: String
    /// A bot's account, a relay or a notice: never answered.
    package let isBot: Bool
    /// The bot's own account.
    package let isSelf: Bool
    /// Whether ``id`` never becomes somebody else's: what is kept under it outlives
    /// ``InboundEvent/Kind/identityEnded(_:)``.
    package let isLasting: Bool

    /// - Parameter id: the value of one of `identities`.
    package init(
        id: String, identities: [Identity], displayName: String, isBot: Bool = false, isSelf: Bool = false,
        isLasting: Bool = true
    ) {
        self.id = id
        self.identities = identities
        self.displayName = displayName
        self.isBot = isBot
        self.isSelf = isSelf
        self.isLasting = isLasting
    }
}

extension Sender {
    /// A user of this machine's command line.
    package static func user(ofMachine name: String) -> Sender {
        let identity = Identity.user(ofMachine: name)
        return Sender(id: identity.value, identities: [identity], displayName: name)
    }
}
