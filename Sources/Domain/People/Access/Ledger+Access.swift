package import Chat
internal import Database
package import Store

/// A stored credential of the gateway: an API token or a signed-in browser. The secret itself is not stored.
package struct CredentialRecord: Sendable, Equatable {
    package enum Kind: String, Sendable { case token, cookie }

    package let id: String
    package let kind: Kind
    package let name: String
    /// The sender's id that it acts for.
    package let identity: String
    package let role: Role
    package let scopes: [String]
    /// Milliseconds since 1970, like all times.
    package let createdAt: Int64
    package let usedAt: Int64?
    package let expiresAt: Int64?
    /// The models that it may use through the proxy; nil for all.
    package let models: [String]?
    /// The tokens that it may use a day through the proxy; nil without a limit.
    package let tokensPerDay: Int64?

    package init(
        id: String, kind: Kind, name: String, identity: String, role: Role, scopes: [String], createdAt: Int64,
        usedAt: Int64? = nil, expiresAt: Int64? = nil, models: [String]? = nil, tokensPerDay: Int64? = nil
    ) {
        self.id = id
        self.kind = kind
        self.name = name
        self.identity = identity
        self.role = role
        self.scopes = scopes
        self.createdAt = createdAt
        self.usedAt = usedAt
        self.expiresAt = expiresAt
        self.models = models
        self.tokensPerDay = tokensPerDay
    }

    package func isExpired(at now: Int64) -> Bool { (self.expiresAt ?? .max) <= now }

    /// The scopes of a signed-in browser.
    package static func scopes(ofBrowser role: Role) -> [String] {
        role == .owner ? ["chat", "read", "admin"] : ["chat"]
    }
}

extension Ledger {
    package func grants() throws -> [(identity: String, role: Role)] {
        try self.connection.query("SELECT identity, role FROM grants", []).compactMap { row in
            guard let role = Role(rawValue: try row.text("role")) else { return nil }
            return (try row.text("identity"), role)
        }
    }

    package func grant(_ role: Role, to identity: String, isLasting: Bool, at now: Int64) throws {
        try self.connection.execute(
            """
            INSERT INTO grants (identity, role, lasting, granted_at) VALUES (?, ?, ?, ?)
            ON CONFLICT (identity) DO UPDATE SET role = excluded.role, granted_at = excluded.granted_at
            """,
            [.text(identity), .text(role.rawValue), .integer(isLasting ? 1 : 0), .integer(now)])
        try self.noteAccess()
    }

    package func revoke(_ identity: String) throws {
        try self.connection.execute("DELETE FROM grants WHERE identity = ?", [.text(identity)])
        try self.noteAccess()
    }

    /// Grants for a connection end with it; a restart ends all connections.
    package func endConnectionGrants(of places: Places = .all) throws {
        guard case .some = places else {
            try self.connection.execute("DELETE FROM grants WHERE lasting = 0", [])
            return
        }
        for network in places.networks {
            try self.connection.execute(
                "DELETE FROM grants WHERE lasting = 0 AND substr(identity, 1, length($1)) = $1",
                [.text("\(network)/")])
        }
    }

    package func insert(_ credential: CredentialRecord, hash: String) throws {
        try self.connection.execute(
            """
            INSERT INTO credentials
                (id, hash, kind, name, identity, role, scopes, created_at, expires_at, models, tokens_per_day)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(credential.id), .text(hash), .text(credential.kind.rawValue), .text(credential.name),
                .text(credential.identity), .text(credential.role.rawValue),
                .text(credential.scopes.joined(separator: ",")), .integer(credential.createdAt),
                .optional(credential.expiresAt), .optional(credential.models?.joined(separator: ",")),
                .optional(credential.tokensPerDay),
            ])
        try self.noteAccess()
    }

    /// Also one that has expired but is still stored.
    package func credential(hash: String) throws -> CredentialRecord? {
        try self.connection.query("SELECT * FROM credentials WHERE hash = ?", [.text(hash)])
            .first.map(Self.credential)
    }

    /// Nil if it was revoked or has expired.
    package func credential(id: String, at now: Int64) throws -> CredentialRecord? {
        try self.connection.query(
            "SELECT * FROM credentials WHERE id = ? AND (expires_at IS NULL OR expires_at > ?)",
            [.text(id), .integer(now)]
        ).first.map(Self.credential)
    }

    package func credentials(kind: CredentialRecord.Kind) throws -> [CredentialRecord] {
        try self.connection.query(
            "SELECT * FROM credentials WHERE kind = ? ORDER BY created_at", [.text(kind.rawValue)]
        ).map(Self.credential)
    }

    /// The sign-ins of somebody's browsers that are valid, oldest first.
    package func cookies(of identity: String, at now: Int64) throws -> [CredentialRecord] {
        try self.connection.query(
            """
            SELECT * FROM credentials WHERE kind = ? AND identity = ? AND (expires_at IS NULL OR expires_at > ?)
            ORDER BY created_at
            """, [.text(CredentialRecord.Kind.cookie.rawValue), .text(identity), .integer(now)]
        ).map(Self.credential)
    }

    /// What people who have signed in, or have a token, are called, by identity. A sign-in's name is the newer one.
    package func namesOfPeople() throws -> [String: String] {
        let rows = try self.connection.query(
            "SELECT identity, name FROM credentials WHERE kind IN ('token', 'cookie') ORDER BY kind DESC, created_at",
            [])
        var names: [String: String] = [:]
        for row in rows { names[try row.text("identity")] = try row.text("name") }
        return names
    }

    /// Returns whether it existed.
    package func revokeCredential(id: String) throws -> Bool {
        let changed = try self.connection.rowsChanged(by: "DELETE FROM credentials WHERE id = ?", [.text(id)])
        try self.noteAccess()
        return changed > 0
    }

    /// Returns whether it was not revoked.
    package func extendCredential(id: String, until time: Int64) throws -> Bool {
        try self.connection.rowsChanged(
            by: "UPDATE credentials SET expires_at = ? WHERE id = ?", [.integer(time), .text(id)]) > 0
    }

    package func touchCredential(id: String, at now: Int64) throws {
        try self.connection.execute("UPDATE credentials SET used_at = ? WHERE id = ?", [.integer(now), .text(id)])
    }

    private static func credential(_ row: Row) throws -> CredentialRecord {
        CredentialRecord(
            id: try row.text("id"), kind: CredentialRecord.Kind(rawValue: try row.text("kind")) ?? .token,
            name: try row.text("name"), identity: try row.text("identity"),
            role: Role(rawValue: try row.text("role")) ?? .guest,
            scopes: try row.text("scopes").split(separator: ",").map(String.init),
            createdAt: try row.integer("created_at"), usedAt: try row.optionalInteger("used_at"),
            expiresAt: try row.optionalInteger("expires_at"),
            models: try row.optionalText("models")?.split(separator: ",").map(String.init),
            tokensPerDay: try row.optionalInteger("tokens_per_day"))
    }
}
