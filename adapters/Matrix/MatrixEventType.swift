/// An event type, by its name in the protocol.
package struct MatrixEventType: RawRepresentable, Sendable, Hashable {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    package static let message = Self(rawValue: "m.room.message")
    /// A message that only the members' devices can read.
    package static let encrypted = Self(rawValue: "m.room.encrypted")
    package static let reaction = Self(rawValue: "m.reaction")
    package static let redaction = Self(rawValue: "m.room.redaction")
    package static let member = Self(rawValue: "m.room.member")
    package static let name = Self(rawValue: "m.room.name")
    package static let canonicalAlias = Self(rawValue: "m.room.canonical_alias")
    /// Turns on encryption, which cannot be turned off again.
    package static let encryption = Self(rawValue: "m.room.encryption")
    /// The room was replaced by another.
    package static let tombstone = Self(rawValue: "m.room.tombstone")

    /// The types that `/sync` returns in timelines, and those that it returns as state.
    package static let timeline: [Self] = [
        .message, .encrypted, .reaction, .redaction, .member, .name, .canonicalAlias, .encryption, .tombstone,
    ]
    package static let state: [Self] = [.member, .name, .canonicalAlias, .encryption, .tombstone]
}
