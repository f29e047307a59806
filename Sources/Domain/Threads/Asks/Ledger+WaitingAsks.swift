internal import Chat
internal import Database
package import Store

extension Ledger {
    /// The open asks that may wait for somebody, oldest first: of threads that they may see, with a rule by which people
    /// with their role may answer, and not expired. Whether this person may is left to
    /// ``AskRule/allows(_:as:askedBy:)``. Of very many, the oldest ``mostOpenAsks``.
    package func openAsks(for visitor: ThreadVisitor, at now: Int64) throws -> [AskRecord] {
        let rules = AskRule.rules(for: visitor.role)
        var values: [SQLValue] = [.integer(now), .integer(Int64(Self.mostOpenAsks))]
        let places = values.places(of: rules.map(\.rawValue))
        var threads = "SELECT id FROM sessions WHERE state <> 'deleted'"
        if !visitor.seesEverything {
            threads += " AND \(visitor.began(&values)) UNION \(visitor.sharedSessions(&values, to: .join, at: now))"
        }
        return try self.connection.query(
            """
            SELECT * FROM asks WHERE state = 'open' AND expires_at > ?1 AND rule IN (\(places))
            AND session IN (\(threads)) ORDER BY number LIMIT ?2
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
