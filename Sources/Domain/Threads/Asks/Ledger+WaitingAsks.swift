package import Chat
internal import Database
package import Store

extension Ledger {
    /// The open asks that may wait for somebody, oldest first: of threads that they may see, with a rule by which people
    /// with their role may answer, and not expired. Whether this person may is left to
    /// ``AskRule/allows(_:as:askedBy:)``. Of very many, the oldest ``mostOpenAsks``.
    ///
    /// - Parameter owner: Only of this person's threads; nil for those of all.
    package func openAsks(for role: Role, inThreadsOf owner: String?, at now: Int64) throws -> [AskRecord] {
        let rules = AskRule.rules(for: role)
        var values: [SQLValue] = [.integer(now)] + rules.map { SQLValue.text($0.rawValue) }
        var threads = "SELECT id FROM sessions WHERE state <> 'deleted'"
        if let owner {
            threads += " AND owner = ?"
            values.append(.text(owner))
        }
        values.append(.integer(Int64(Self.mostOpenAsks)))
        let places = rules.map { _ in "?" }.joined(separator: ", ")
        return try self.connection.query(
            """
            SELECT * FROM asks WHERE state = 'open' AND expires_at > ? AND rule IN (\(places))
            AND session IN (\(threads)) ORDER BY number LIMIT ?
            """, values
        ).map(Self.ask)
    }
}

extension AskRule {
    /// Those by which some person with this role may answer.
    fileprivate static func rules(for role: Role) -> [AskRule] {
        switch role {
        case .guest: [.asker]
        case .member: [.asker, .requester, .members]
        case .owner: [.asker, .requester, .members, .owners, .otherOwners]
        }
    }
}
