package import Chat
internal import Database
internal import Store

extension AccessControl {
    /// Under whose name and address `sender` commits: one identity's for all of a person, their own while they have one.
    package func author(_ sender: Sender) async throws -> Sender {
        let identities = try await self.store.read { ledger in try ledger.namedIdentities(of: sender.id) }
        return CommitAuthor.of(identities) ?? sender
    }
}

/// Which identity of a person is the author of their commits. Pure.
enum CommitAuthor {
    /// Those that say most about a person first. Among the others the one that was linked first counts.
    private static let order = ["github:", "oidc:", "web:"]

    /// Nil without identities.
    ///
    /// - Parameter identities: In the order in which they were linked.
    static func of(_ identities: [(identity: String, name: String?)]) -> Sender? {
        let chosen =
            Self.order.lazy.compactMap { kind in identities.first { $0.identity.hasPrefix(kind) } }.first
            ?? identities.first
        return chosen.map { chosen in
            // Every identity of the person has to arrive at the same name.
            let name = chosen.name ?? identities.lazy.compactMap(\.name).first
            return Sender(
                id: chosen.identity, identities: [Identity(chosen.identity)],
                displayName: name ?? Person.account(of: chosen.identity))
        }
    }
}

extension Ledger {
    /// The identities of a person who has several, in the order in which they were linked, with what they are called: as
    /// they wrote or signed in last, otherwise as they were called when they were linked.
    func namedIdentities(of identity: String) throws -> [(identity: String, name: String?)] {
        try self.connection.query(
            """
            SELECT linked.identity, linked.name, people.sender, accounts.name AS account,
            (SELECT credentials.name FROM credentials WHERE credentials.identity = linked.identity
            AND credentials.kind = ? ORDER BY credentials.created_at DESC LIMIT 1) AS browser
            FROM person_identities AS own JOIN person_identities AS linked ON linked.person = own.person
            LEFT JOIN people ON people.identity = linked.identity
            LEFT JOIN accounts ON accounts.identity = linked.identity
            WHERE own.identity = ? ORDER BY linked.linked_at, linked.identity
            """, [.text(CredentialRecord.Kind.cookie.rawValue), .text(identity)]
        ).map { row in
            let seen = try row.optionalText("sender").map { try StoredForm.sender(from: $0).displayName }
            let names = try [seen, row.optionalText("account"), row.optionalText("browser"), row.optionalText("name")]
            return (try row.text("identity"), names.lazy.compactMap(\.self).first { !$0.isEmpty })
        }
    }
}
