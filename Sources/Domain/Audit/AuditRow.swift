internal import Crypto
internal import Database
package import JSON
internal import Primitives

/// A stored entry and its place in the chain.
package struct AuditRow: Sendable, Equatable {
    /// 1, 2, 3, … without gaps.
    package let number: Int64
    /// Milliseconds since 1970.
    package let at: Int64
    /// The kind as stored; a later release may have written one that this release does not know.
    package let kind: String
    package let session: String?
    package let turn: String?
    package let actor: String
    /// In canonical form (RFC 8785).
    package let details: String
    /// The hash of the row before, in hexadecimal.
    package let previous: String
    /// SHA-256 over ``previous`` and the canonical JSON of all other columns, in hexadecimal.
    package let hash: String

    /// The hash before the first row.
    static let noHash = String(repeating: "0", count: 64)

    /// The next row after the one with the hash `previous`.
    init(_ entry: AuditEntry, number: Int64, at: Int64, previous: String) {
        self.number = number
        self.at = at
        self.kind = entry.kind.rawValue
        self.session = entry.session
        self.turn = entry.turn
        self.actor = entry.actor
        self.details = entry.details.canonicalText
        self.previous = previous
        self.hash = Self.hash(
            (entry.kind.rawValue, entry.session, entry.turn, entry.actor, self.details), number: number, at: at,
            previous: previous)
    }

    init(_ row: Row) throws(DatabaseError) {
        self.number = try row.int64("number")
        self.at = try row.int64("at")
        self.kind = try row.text("kind")
        self.session = row["session"].text
        self.turn = row["turn"].text
        self.actor = try row.text("actor")
        self.details = try row.text("details")
        self.previous = try row.text("previous")
        self.hash = try row.text("hash")
    }

    /// The hash that this content would have as row `number`; differs from ``hash`` if the row was changed.
    func computedHash(as number: Int64) -> String {
        Self.hash(
            (self.kind, self.session, self.turn, self.actor, self.details), number: number, at: self.at,
            previous: self.previous)
    }

    var isIntact: Bool { self.computedHash(as: self.number) == self.hash }

    private typealias Content = (kind: String, session: String?, turn: String?, actor: String, details: String)

    private static func hash(_ content: Content, number: Int64, at: Int64, previous: String) -> String {
        hex(sha256(previous + Self.canonical(content, number: number, at: at)))
    }

    /// The canonical JSON of the row. The details are spliced in as they are stored, so that any change of their text
    /// changes the hash.
    private static func canonical(_ content: Content, number: Int64, at: Int64) -> String {
        func text(_ value: String?) -> String { (value.map { JSON.string($0) } ?? .null).canonicalText }
        let time = text(CivilTime(milliseconds: at).rfc3339)
        return "{\"actor\":\(text(content.actor)),\"at\":\(time),\"details\":\(content.details)"
            + ",\"kind\":\(text(content.kind)),\"number\":\(number),\"session\":\(text(content.session))"
            + ",\"turn\":\(text(content.turn))}"
    }
}

extension AuditRow {
    /// The row as people and programs get it. Its canonical form without `hash` and `previous` is what is hashed.
    package var json: JSON {
        [
            "number": .integer(self.number), "at": .string(CivilTime(milliseconds: self.at).rfc3339),
            "kind": .string(self.kind), "session": self.session.map { .string($0) } ?? .null,
            "turn": self.turn.map { .string($0) } ?? .null, "actor": .string(self.actor),
            // Text that is no longer JSON was changed from outside; `audit verify` reports it.
            "details": (try? JSON.parse(Array(self.details.utf8))) ?? .string(self.details),
            "previous": .string(self.previous), "hash": .string(self.hash),
        ]
    }
}
