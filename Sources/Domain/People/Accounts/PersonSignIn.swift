internal import Database
package import Store

/// A person's sign-in to GitHub that waits for approval.
package struct PersonSignIn: Sendable, Hashable {
    package let id: String
    /// The id of the sender.
    package let person: String
    /// Where the person asked for it.
    package let session: String

    package init(id: String, person: String, session: String) {
        self.id = id
        self.person = person
        self.session = session
    }
}

extension Ledger {
    /// Stores a person's sign-in; it replaces an earlier one.
    package func insert(_ signIn: PersonSignIn, at now: Int64) throws {
        try self.connection.execute(
            """
            INSERT INTO github_sign_ins (person, id, session, created_at) VALUES (?, ?, ?, ?)
            ON CONFLICT (person) DO UPDATE SET id = excluded.id, session = excluded.session,
            created_at = excluded.created_at
            """,
            [.text(signIn.person), .text(signIn.id), .text(signIn.session), .integer(now)])
    }

    package func gitHubSignIns() throws -> [PersonSignIn] {
        try self.connection.query("SELECT * FROM github_sign_ins ORDER BY created_at, person", []).map {
            PersonSignIn(id: try $0.text("id"), person: try $0.text("person"), session: try $0.text("session"))
        }
    }

    /// Removes a sign-in; false if it has ended before.
    package func endGitHubSignIn(_ id: String) throws -> Bool {
        let changed = try self.connection.rowsChanged(by: "DELETE FROM github_sign_ins WHERE id = ?", [.text(id)])
        return changed > 0
    }
}
