internal import Chat
package import Store

extension Ledger {
    /// What somebody may do with a conversation: the one decision for every way to it. Nil for nothing, where it answers
    /// like one that does not exist.
    package func right(
        of visitor: ThreadVisitor, in session: SessionRecord, at now: Int64
    ) throws -> ThreadRight? {
        if visitor.seesEverything || visitor.began(threadOf: session.owner) { return .own }
        return try self.shares(with: visitor, among: [session.id], at: now)[session.id]?.right
    }

    /// The session `id`, if somebody may do at least this with it.
    package func session(
        id: String, for visitor: ThreadVisitor, to right: ThreadRight, at now: Int64
    ) throws -> SessionRecord? {
        guard let session = try self.session(id: id), let held = try self.right(of: visitor, in: session, at: now),
            held >= right
        else { return nil }
        return session
    }
}
