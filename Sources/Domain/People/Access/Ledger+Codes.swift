internal import Chat
internal import Database
package import Store

extension Ledger {
    /// - Parameter hash: Of the code, which is not stored itself.
    package func insert(_ code: AccessCode, hash: String) throws {
        try self.connection.execute(
            """
            INSERT INTO codes (hash, role, expires_at, id, name, made_by, maker, identity) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(hash), .text(code.role.rawValue), .integer(code.expiresAt), .optional(code.id),
                .optional(code.name), .optional(code.by), .optional(code.maker.map(AccessPolicy.folded)),
                .optional(code.identity),
            ])
    }

    /// Redeems a code. Nil when it is unknown or expired.
    ///
    /// - Parameter isBrowser: False for somebody who pairs on a network, where a code for another browser does not count
    ///   and stays.
    package func takeCode(hash: String, isBrowser: Bool, at now: Int64) throws -> AccessCode? {
        try self.connection.execute("DELETE FROM codes WHERE expires_at <= ?", [.integer(now)])
        // One statement: of two hosts that are given the code at once, one redeems it.
        let rows = try self.connection.query(
            "DELETE FROM codes WHERE hash = ?\(isBrowser ? "" : " AND identity IS NULL") RETURNING *", [.text(hash)])
        return try rows.first.flatMap(Self.code)
    }

    /// Whether a valid code exists that lets in somebody new.
    package func hasCode(at now: Int64) throws -> Bool {
        try !self.connection.query(
            "SELECT 1 FROM codes WHERE expires_at > ? AND identity IS NULL LIMIT 1", [.integer(now)]
        ).isEmpty
    }

    /// Whether the code with this hash is valid.
    package func hasCode(hash: String, at now: Int64) throws -> Bool {
        try !self.connection.query(
            "SELECT 1 FROM codes WHERE hash = ? AND expires_at > ?", [.text(hash), .integer(now)]
        ).isEmpty
    }

    /// A valid code, which is not used up; nil for another.
    func code(hash: String, at now: Int64) throws -> AccessCode? {
        try self.connection.query(
            "SELECT * FROM codes WHERE hash = ? AND expires_at > ?", [.text(hash), .integer(now)]
        ).first.flatMap(Self.code)
    }

    /// The open codes that let in somebody new, in the order in which they expire.
    func invites(at now: Int64) throws -> [AccessCode] {
        try self.connection.query(
            """
            SELECT * FROM codes WHERE identity IS NULL AND id IS NOT NULL AND expires_at > ? ORDER BY expires_at, id
            """, [.integer(now)]
        ).compactMap(Self.code)
    }

    /// Takes such a code back. Nil if it is not there.
    func endInvite(id: String) throws -> AccessCode? {
        try self.connection.query(
            "DELETE FROM codes WHERE id = ? AND identity IS NULL RETURNING *", [.text(id)]
        ).first.flatMap(Self.code)
    }

    // MARK: Of a person

    /// How many codes for other browsers of one person are open at once; older ones end.
    private static let codesOfPerson: Int64 = 5

    func insert(_ code: AccessCode, hash: String, of identity: String) throws {
        try self.insert(code, hash: hash)
        try self.connection.execute(
            """
            DELETE FROM codes WHERE identity = $1 AND hash NOT IN
            (SELECT hash FROM codes WHERE identity = $1 ORDER BY expires_at DESC, id LIMIT $2)
            """, [.text(identity), .integer(Self.codesOfPerson)])
    }

    func setRole(_ role: Role, ofCodesOf identity: String) throws {
        try self.connection.execute(
            "UPDATE codes SET role = ? WHERE identity = ?", [.text(role.rawValue), .text(identity)])
    }

    /// Returns them.
    @discardableResult
    func endCodes(of identity: String) throws -> [AccessCode] {
        try self.connection.query("DELETE FROM codes WHERE identity = ? RETURNING *", [.text(identity)])
            .compactMap(Self.code)
    }

    /// Returns them.
    ///
    /// - Parameter onlyForBrowsers: Leaves those that let in somebody new.
    func endCodes(madeBy identity: String, onlyForBrowsers: Bool = false) throws -> [AccessCode] {
        try self.connection.query(
            "DELETE FROM codes WHERE maker = ?\(onlyForBrowsers ? " AND identity IS NOT NULL" : "") RETURNING *",
            [.text(AccessPolicy.folded(identity))]
        ).compactMap(Self.code)
    }

    /// Nil for a role that this release does not know.
    private static func code(_ row: Row) throws -> AccessCode? {
        guard let role = Role(rawValue: try row.text("role")) else { return nil }
        return AccessCode(
            id: try row.optionalText("id"), role: role, name: try row.optionalText("name"),
            by: try row.optionalText("made_by"), maker: try row.optionalText("maker"),
            identity: try row.optionalText("identity"),
            expiresAt: try row.integer("expires_at"))
    }
}
