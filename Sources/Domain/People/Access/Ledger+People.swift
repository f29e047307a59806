package import Chat
internal import Database
package import Store

extension Ledger {
    // MARK: What owners have changed

    /// By identity; without a role for somebody who was removed.
    package func accessChanges() throws -> [(identity: String, role: Role?)] {
        try self.connection.query("SELECT identity, role FROM access_changes ORDER BY identity", []).map { row in
            // A role that this release does not know admits nobody.
            (try row.text("identity"), try row.optionalText("role").flatMap(Role.init(rawValue:)))
        }
    }

    func changeAccess(of identity: String, to role: Role?, at now: Int64) throws {
        try self.connection.execute(
            """
            INSERT INTO access_changes (identity, role, changed_at) VALUES (?, ?, ?)
            ON CONFLICT (identity) DO UPDATE SET role = excluded.role, changed_at = excluded.changed_at
            """, [.text(identity), .optional(role?.rawValue), .integer(now)])
        try self.noteAccess()
    }

    func undoAccessChange(of identity: String) throws {
        try self.connection.execute("DELETE FROM access_changes WHERE identity = ?", [.text(identity)])
        try self.noteAccess()
    }

    // MARK: Grants and credentials

    func grantedAt() throws -> [String: Int64] {
        let rows = try self.connection.query("SELECT identity, granted_at FROM grants", []).map {
            (try $0.text("identity"), try $0.integer("granted_at"))
        }
        return Dictionary(rows, uniquingKeysWith: { first, _ in first })
    }

    /// The identities whose grants outlive their connection.
    func lastingGrants() throws -> Set<String> {
        Set(
            try self.connection.query("SELECT identity FROM grants WHERE lasting = 1", []).map {
                try $0.text("identity")
            })
    }

    func setRole(_ role: Role, ofGrant identity: String) throws {
        try self.connection.execute(
            "UPDATE grants SET role = ? WHERE identity = ?", [.text(role.rawValue), .text(identity)])
        try self.noteAccess()
    }

    func setRole(_ role: Role, scopes: [String], ofCredential id: String) throws {
        try self.connection.execute(
            "UPDATE credentials SET role = ?, scopes = ? WHERE id = ?",
            [.text(role.rawValue), .text(scopes.joined(separator: ",")), .text(id)])
        try self.noteAccess()
    }

    // MARK: Who was seen

    func note(_ sighting: Sighting) throws {
        let direct = sighting.direct
        try self.connection.execute(
            """
            INSERT INTO people (identity, sender, seen_at, direct_thread, direct_route) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (identity) DO UPDATE SET sender = excluded.sender, seen_at = excluded.seen_at,
            direct_thread = COALESCE(excluded.direct_thread, people.direct_thread),
            direct_route = COALESCE(excluded.direct_route, people.direct_route)
            """,
            [
                .text(sighting.sender.id), .text(StoredForm.text(of: sighting.sender)), .integer(sighting.at),
                .optional(direct?.thread.value), .optional(direct.map { StoredForm.text(of: $0.route) }),
            ])
    }

    package func sightings() throws -> [Sighting] {
        try self.connection.query("SELECT * FROM people ORDER BY identity", []).map { row in
            let route = try row.optionalText("direct_route").map { try StoredForm.route(from: $0) }
            let thread = try row.optionalText("direct_thread")
            return Sighting(
                sender: try StoredForm.sender(from: try row.text("sender")),
                direct: route.flatMap { route in
                    thread.map {
                        DirectConversation(thread: ThreadKey(adapter: route.room.adapter, value: $0), route: route)
                    }
                }, at: try row.integer("seen_at"))
        }
    }

    func forgetSighting(of identity: String) throws {
        try self.connection.execute("DELETE FROM people WHERE identity = ?", [.text(identity)])
        try self.connection.execute("DELETE FROM task_handles WHERE identity = ?", [.text(identity)])
    }

    /// Ends what was shared with somebody, and what they have shared.
    ///
    /// - Parameter onlyPublic: Ends only the public pages that they made.
    func endShares(of identity: String, onlyPublic: Bool = false) throws -> [EndedShare] {
        let those = onlyPublic ? "kind = 'public' AND maker = ?1" : "maker = ?1 OR kind = 'person' AND person = ?2"
        let values: [SQLValue] = [.text(identity)] + (onlyPublic ? [] : [.text(AccessPolicy.folded(identity))])
        return try self.connection.query("DELETE FROM shares WHERE \(those) RETURNING *", values).map { row in
            let kind = try row.text("kind")
            return EndedShare(
                id: try row.text("id"), session: try row.text("session"),
                audience: kind == "person" ? try row.text("person") : kind, name: try row.optionalText("name"),
                right: try row.text("role"))
        }
    }

    /// Whether somebody with this identity has begun a conversation that is kept.
    func hasConversations(of identity: String) throws -> Bool {
        try self.connection.first("SELECT 1 AS found FROM sessions WHERE owner = ? LIMIT 1", [.text(identity)]) != nil
    }

    /// Whether somebody with this identity has written or signed in.
    package func hasSeen(_ identity: String) throws -> Bool {
        try self.connection.first(
            """
            SELECT 1 AS found FROM people WHERE identity = $1
            UNION ALL SELECT 1 AS found FROM credentials WHERE identity = $1
            """, [.text(identity)]) != nil
    }
}
