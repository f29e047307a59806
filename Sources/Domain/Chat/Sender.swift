/// One way to recognise a person, as the access lists write it: `irc:local/account:alice`, `telegram:1001`.
public struct Identity: Hashable, Sendable {
    /// How a configured entry is compared with ``value``.
    public enum Comparison: String, Sendable {
        /// Byte by byte.
        case exact
        /// ASCII letters without regard to case.
        case caseInsensitive
        /// The entry may hold `*` and `?`; letters without regard to case.
        case mask
    }

    private let exact: ExactText
    /// The full text, adapter prefix included.
    public var value: String { self.exact.text }
    /// How to compare it.
    public let comparison: Comparison

    /// Makes an identity; `value` includes the adapter's prefix.
    public init(_ value: String, comparison: Comparison = .exact) {
        self.exact = ExactText(value)
        self.comparison = comparison
    }
}

/// Who wrote a message.
public struct Sender: Hashable, Sendable {
    /// The identity that grants and sessions are stored under: the strongest one the platform vouches for.
    public let id: String
    /// Every identity the platform vouches for at this moment, ``id`` among them.
    public let identities: [Identity]
    /// For people only: never used in a decision.
    public let displayName: String
    /// A program's account, a relay or a notice: never answered.
    public let isBot: Bool
    /// Our own account.
    public let isSelf: Bool
    /// How long a pairing of ``id`` lasts: false means until ``InboundEvent/Kind/identityEnded(_:)``.
    public let isLasting: Bool

    /// Describes a sender; `id` has to be the value of one of `identities`.
    public init(
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
