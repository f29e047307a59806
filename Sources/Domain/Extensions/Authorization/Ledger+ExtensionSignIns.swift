internal import Database
internal import Store

extension Ledger {
    /// More would only be somebody who fills the store.
    private static let underWayLimit: Int64 = 100

    func extensionSignIn(_ id: String) throws -> [UInt8]? {
        try self.connection.first("SELECT sealed FROM extension_sign_ins WHERE id = ?", [.text(id)])?.bytes("sealed")
    }

    /// Stores tokens, and ends the renewal that made them.
    func setExtensionSignIn(_ sealed: [UInt8], _ id: String, of server: String) throws {
        try self.connection.execute(
            """
            INSERT INTO extension_sign_ins (id, server, sealed, renewed_until) VALUES (?, ?, ?, 0)
            ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed, renewed_until = 0
            """, [.text(id), .text(server), .blob(sealed)])
    }

    func deleteExtensionSignIn(_ id: String) throws {
        try self.connection.execute("DELETE FROM extension_sign_ins WHERE id = ?", [.text(id)])
    }

    /// Only one host renews tokens at a time: a refresh token may work only once. Nil while another one does, and
    /// without tokens.
    func beginRenewal(_ id: String, at now: Int64, until end: Int64) throws -> [UInt8]? {
        try self.connection.query(
            "UPDATE extension_sign_ins SET renewed_until = ? WHERE id = ? AND renewed_until < ? RETURNING sealed",
            [.integer(end), .text(id), .integer(now)]
        ).first?.bytes("sealed")
    }

    func endRenewal(_ id: String) throws {
        try self.connection.execute("UPDATE extension_sign_ins SET renewed_until = 0 WHERE id = ?", [.text(id)])
    }

    // MARK: Sign-ins that are under way

    func insertExtensionSignIn(
        _ sealed: [UInt8], underWay id: String, of server: String, at now: Int64, until end: Int64
    ) throws {
        try self.connection.execute("DELETE FROM extension_sign_ins WHERE expires_at <= ?", [.integer(now)])
        try self.connection.execute(
            """
            DELETE FROM extension_sign_ins WHERE server = ? AND expires_at < (SELECT expires_at FROM extension_sign_ins
            WHERE server = ? AND expires_at IS NOT NULL ORDER BY expires_at DESC LIMIT 1 OFFSET ?)
            """, [.text(server), .text(server), .integer(Self.underWayLimit)])
        try self.connection.execute(
            "INSERT INTO extension_sign_ins (id, server, sealed, expires_at, renewed_until) VALUES (?, ?, ?, ?, 0)",
            [.text(id), .text(server), .blob(sealed), .integer(end)])
    }

    /// Whether it is under way: guesses cost no write.
    func hasExtensionSignIn(underWay id: String, of server: String, at now: Int64) throws -> Bool {
        try self.connection.first(
            "SELECT 1 FROM extension_sign_ins WHERE id = ? AND server = ? AND expires_at > ?",
            [.text(id), .text(server), .integer(now)]) != nil
    }

    /// Whether any is.
    func hasExtensionSignIn(underWayAt server: String, at now: Int64) throws -> Bool {
        try self.connection.first(
            "SELECT 1 FROM extension_sign_ins WHERE server = ? AND expires_at > ? LIMIT 1",
            [.text(server), .integer(now)]) != nil
    }

    /// Takes it away: of two hosts that are given its state at once, one gets it.
    func takeExtensionSignIn(underWay id: String, of server: String, at now: Int64) throws -> [UInt8]? {
        try self.connection.query(
            "DELETE FROM extension_sign_ins WHERE id = ? AND server = ? AND expires_at > ? RETURNING sealed",
            [.text(id), .text(server), .integer(now)]
        ).first?.bytes("sealed")
    }
}
