internal import Audit
package import Chat
internal import JSON
package import Store

/// A share that has ended with somebody's access.
struct EndedShare: Sendable {
    let id: String
    let session: String
    /// An identity, `host` or `public`.
    let audience: String
    let name: String?
    /// `read` or `join`.
    let right: String
}

extension PeopleDesk {
    /// Ends what somebody has given to others, or was given, beyond the role that they have from now on: codes that they
    /// made would let them in again.
    ///
    /// - Parameter role: Nil when they have no access any more.
    func endGifts(of identity: String, keeping role: Role?, by actor: Sender, in ledger: Ledger) throws {
        try self.endShares(of: identity, keeping: role, by: actor, in: ledger)
        try self.endMadeCodes(of: identity, by: actor, in: ledger)
    }

    /// Ends what was shared with somebody and what they have shared; of a guest only the public pages.
    func endShares(of identity: String, keeping role: Role?, by actor: Sender, in ledger: Ledger) throws {
        guard role == nil || role == .guest else { return }
        for share in try ledger.endShares(of: identity, onlyPublic: role != nil) {
            let details: JSONObject = [
                "person": .string(share.audience), "id": .string(share.id), "way": "share",
                "name": share.name.map { .string($0) } ?? .null, "by": .string(Self.name(of: actor)),
                "was": .string(share.right), "role": .null,
            ]
            try self.audit(
                ledger,
                AuditEntry(
                    kind: .access, session: share.session, turn: nil, actor: actor.id, details: .object(details)))
        }
    }

    func endMadeCodes(of identity: String, by actor: Sender, in ledger: Ledger) throws {
        try self.record(ended: ledger.endCodes(madeBy: identity), by: actor, in: ledger)
    }

    /// Ends the codes that somebody may have been given in a conversation of theirs, before others can read them there.
    package func endShownCodes(of identity: String, by actor: Sender, in ledger: Ledger) throws {
        try self.record(ended: ledger.endCodes(madeBy: identity, onlyForBrowsers: true), by: actor, in: ledger)
        try ledger.endLinkCodes(of: identity)
    }

    /// Revokes a credential. Returns whether it existed. Whoever had it may have made codes, which end as well: those for
    /// other browsers of its person, and all that this person has made.
    package func revoke(_ id: String, by actor: Sender, in store: SessionStore) async throws -> Bool {
        try await store.write { ledger in
            // Also one that has expired.
            if let identity = try ledger.credential(id: id, at: 0)?.identity {
                try self.record(ended: ledger.endCodes(of: identity), by: actor, in: ledger)
                try self.endMadeCodes(of: identity, by: actor, in: ledger)
            }
            return try ledger.revokeCredential(id: id)
        }
    }

    private func record(ended codes: [AccessCode], by actor: Sender, in ledger: Ledger) throws {
        for code in codes { try self.record(code, "ended", of: code.identity, by: actor, in: ledger) }
    }
}
