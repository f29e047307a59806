internal import Chat
internal import Database
package import Store

extension Ledger {
    // MARK: People

    func account(_ key: AccountKey) throws -> SignedInPerson? {
        try self.connection.query(
            "SELECT * FROM accounts WHERE provider = ? AND issuer = ? AND subject = ?", Self.values(of: key)
        ).first.map(Self.account)
    }

    /// Whose identity it is, however it is spelled.
    func account(identity: String) throws -> SignedInPerson? {
        try self.connection.query(
            "SELECT * FROM accounts WHERE folded = ?", [.text(AccessPolicy.folded(identity))]
        ).first.map(Self.account)
    }

    package func accounts() throws -> [SignedInPerson] {
        try self.connection.query("SELECT * FROM accounts ORDER BY folded", []).map(Self.account)
    }

    func store(_ person: SignedInPerson) throws {
        try self.connection.execute(
            """
            INSERT INTO accounts (provider, issuer, subject, identity, folded, name, held, role, checked_at, released)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)
            ON CONFLICT (provider, issuer, subject) DO UPDATE SET name = excluded.name, held = excluded.held,
            role = excluded.role, checked_at = excluded.checked_at, released = 0
            """,
            Self.values(of: person.account) + [
                .text(person.identity), .text(AccessPolicy.folded(person.identity)), .text(person.name),
                .text(person.held.joined(separator: "\n")), .optional(person.role?.rawValue),
                .integer(person.checkedAt),
            ])
    }

    /// Lets the identity become another account's.
    func releaseAccount(of identity: String) throws {
        try self.connection.execute(
            "UPDATE accounts SET released = 1 WHERE folded = ?", [.text(AccessPolicy.folded(identity))])
    }

    /// Frees an identity for another account. Its conversations stay for the owners' records, under an owner that nobody
    /// is.
    func retire(_ person: SignedInPerson) throws {
        let (account, identity) = (person.account, person.identity)
        let past = "\(account.provider):past/\(account.subject)/\(Person.account(of: identity))"
        try self.connection.execute(
            "UPDATE sessions SET owner = ? WHERE owner = ?", [.text(past), .text(identity)])
        try self.unlink(identity)
        try self.endLinkCodes(of: identity)
        for table in ["preferences", "pins", "memories"] {
            try self.connection.execute("DELETE FROM \(table) WHERE person = ?", [.text(identity)])
        }
        try self.connection.execute(
            "DELETE FROM accounts WHERE provider = ? AND issuer = ? AND subject = ?", Self.values(of: account))
    }

    func setRole(_ role: Role, ofCookiesOf identity: String) throws {
        try self.connection.execute(
            "UPDATE credentials SET role = ?, scopes = ? WHERE kind = ? AND identity = ?",
            [
                .text(role.rawValue), .text(CredentialRecord.scopes(ofBrowser: role).joined(separator: ",")),
                .text(CredentialRecord.Kind.cookie.rawValue), .text(identity),
            ])
        try self.setRole(role, ofCodesOf: identity)
        try self.noteAccess()
    }

    /// Ends the sign-ins of somebody's browsers, and the codes for further ones.
    func revokeCookies(of identity: String) throws {
        try self.endCodes(of: identity)
        try self.connection.execute(
            "DELETE FROM credentials WHERE kind = ? AND identity = ?",
            [.text(CredentialRecord.Kind.cookie.rawValue), .text(identity)])
        try self.noteAccess()
    }

    private static func values(of key: AccountKey) -> [SQLValue] {
        [.text(key.provider), .text(key.issuer), .text(key.subject)]
    }

    private static func account(_ row: Row) throws -> SignedInPerson {
        SignedInPerson(
            account: AccountKey(
                provider: try row.text("provider"), issuer: try row.text("issuer"), subject: try row.text("subject")),
            identity: try row.text("identity"), name: try row.text("name"),
            held: try row.text("held").split(separator: "\n").map(String.init),
            role: try row.optionalText("role").flatMap(Role.init(rawValue:)), checkedAt: try row.integer("checked_at"),
            isReleased: try row.integer("released") == 1)
    }

    // MARK: Sign-ins that wait for the provider

    /// More would only be somebody who fills the store.
    private static let pendingLimit: Int64 = 10_000

    package func insert(_ pending: PendingSignIn, at now: Int64) throws {
        try self.connection.execute("DELETE FROM pending_sign_ins WHERE expires_at <= ?", [.integer(now)])
        try self.connection.execute(
            """
            DELETE FROM pending_sign_ins WHERE expires_at <
            (SELECT expires_at FROM pending_sign_ins ORDER BY expires_at DESC LIMIT 1 OFFSET ?)
            """, [.integer(Self.pendingLimit)])
        try self.connection.execute(
            "INSERT INTO pending_sign_ins (state, browser, method, next, expires_at) VALUES (?, ?, ?, ?, ?)",
            [
                .text(pending.state), .text(pending.browser), .text(pending.method), .text(pending.next),
                .integer(pending.expiresAt),
            ])
    }

    /// Whether the browser has such a sign-in: guesses cost no write.
    package func hasPendingSignIn(state: String, browser: String) throws -> Bool {
        try !self.connection.query(
            "SELECT 1 FROM pending_sign_ins WHERE state = ? AND browser = ?", [.text(state), .text(browser)]
        ).isEmpty
    }

    /// Takes a browser's pending sign-in away: of two hosts that are given its state at once, one gets it. Another browser
    /// gets nothing, and leaves it.
    package func takePendingSignIn(state: String, browser: String) throws -> PendingSignIn? {
        try self.connection.query(
            "DELETE FROM pending_sign_ins WHERE state = ? AND browser = ? RETURNING *", [.text(state), .text(browser)]
        ).first.map { row in
            PendingSignIn(
                state: try row.text("state"), browser: try row.text("browser"), method: try row.text("method"),
                next: try row.text("next"), expiresAt: try row.integer("expires_at"))
        }
    }
}
