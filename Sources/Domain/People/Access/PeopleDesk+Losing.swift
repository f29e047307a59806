internal import Audit
internal import Chat
internal import JSON
internal import Store

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
        var ended: [EndedShare] = []
        if role == nil || role == .guest {
            ended = try ledger.endShares(of: identity, onlyPublic: role != nil)
        }
        for share in ended {
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
        for code in try ledger.endCodes(madeBy: identity) {
            try self.record(code, "ended", of: code.identity, by: actor, in: ledger)
        }
    }
}
