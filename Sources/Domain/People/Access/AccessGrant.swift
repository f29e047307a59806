package import Audit
package import Chat
internal import JSON
package import Store

/// An owner lets in a stranger who has asked, as a pairing code would.
package struct AccessGrant: Sendable {
    package let person: Sender
    package let role: Role
    package let actor: Sender

    package init(_ person: Sender, as role: Role, by actor: Sender) {
        self.person = person
        self.role = role
        self.actor = actor
    }

    /// Part of the transaction that decides; ``AccessControl/admit(_:as:)`` follows.
    package func write(
        to ledger: Ledger, at now: Int64, audit: (Ledger, AuditEntry) throws -> Void
    ) throws {
        try ledger.grant(self.role, to: self.person.id, isLasting: self.person.isLasting, at: now)
        try audit(
            ledger,
            AuditEntry(
                kind: .access, session: nil, turn: nil, actor: self.actor.id,
                details: [
                    "person": .string(self.person.id), "id": .string(Person.id(of: self.person.id)),
                    "way": .string(Person.Way.code.rawValue), "name": .string(self.person.displayName),
                    "by": .string(self.actor.displayName), "was": .null, "role": .string(self.role.rawValue),
                ]))
    }
}
