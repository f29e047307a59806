internal import Chat
internal import Database
package import Store

/// Identities that are one person.
extension Ledger {
    /// Those of each person who has several, in the order in which they were linked.
    package func linkedIdentities() throws -> [[String]] {
        let rows = try self.connection.query(
            "SELECT identity, person FROM person_identities ORDER BY linked_at, identity", [])
        var people: [String: [String]] = [:]
        for row in rows { people[try row.text("person"), default: []].append(try row.text("identity")) }
        return people.values.sorted { $0[0] < $1[0] }
    }

    /// Those of the person who has this one, itself among them.
    package func identities(of identity: String) throws -> [String] {
        let rows = try self.connection.query(Self.samePerson(as: "?"), [.text(identity), .text(identity)])
        return try rows.map { try $0.text("identity") }.sorted()
    }

    /// Makes two identities, with those that are linked with them, one person: those of the first one come first, and what
    /// its person has chosen counts.
    ///
    /// - Parameter names: What the two are called now.
    func link(_ first: String, _ other: String, names: [String: String] = [:], at now: Int64) throws {
        let person = try self.person(of: first) ?? self.person(of: other) ?? Identifier.make("h")
        for (place, identity) in try (self.inOrder(first) + self.inOrder(other)).enumerated() {
            try self.connection.execute(
                """
                INSERT INTO person_identities (identity, person, linked_at, name) VALUES (?, ?, ?, ?)
                ON CONFLICT (identity) DO UPDATE SET person = excluded.person, linked_at = excluded.linked_at,
                name = COALESCE(excluded.name, person_identities.name)
                """,
                [.text(identity), .text(person), .integer(now + Int64(place)), .optional(names[identity])])
        }
        try self.shareChoices(of: person)
        try self.noteAccess()
    }

    /// The identities of whose person this is, as they were linked.
    private func inOrder(_ identity: String) throws -> [String] {
        let rows = try self.connection.query(
            """
            SELECT identity FROM person_identities WHERE person = (
                SELECT person FROM person_identities WHERE identity = ?)
            ORDER BY linked_at, identity
            """, [.text(identity)])
        return rows.isEmpty ? [identity] : try rows.map { try $0.text("identity") }
    }

    /// Gives all identities of a person the pins of each, and of each setting what the first of those has that have chosen
    /// it. What is stored later is stored for all, so that each keeps a copy when it is unlinked.
    private func shareChoices(of person: String) throws {
        try self.connection.execute(
            """
            INSERT INTO pins (person, session) SELECT DISTINCT linked.identity, pins.session FROM pins
            JOIN person_identities AS own ON own.identity = pins.person
            JOIN person_identities AS linked ON linked.person = own.person
            WHERE own.person = ? ON CONFLICT DO NOTHING
            """, [.text(person)])
        let chosen =
            "FROM preferences JOIN person_identities AS own ON own.identity = preferences.person WHERE own.person = $1"
        let first = "ORDER BY own.linked_at, own.identity LIMIT 1"
        try self.connection.execute(
            """
            INSERT INTO preferences (person, model, instructions, zone, language, notifications)
            SELECT linked.identity, (SELECT model \(chosen) AND model IS NOT NULL \(first)),
            (SELECT instructions \(chosen) AND instructions IS NOT NULL \(first)),
            (SELECT zone \(chosen) AND zone IS NOT NULL \(first)),
            (SELECT language \(chosen) AND language IS NOT NULL \(first)),
            (SELECT notifications \(chosen) AND notifications IS NOT NULL \(first))
            FROM person_identities AS linked WHERE linked.person = $1 AND EXISTS (SELECT 1 \(chosen))
            ON CONFLICT (person) DO UPDATE SET model = excluded.model, instructions = excluded.instructions,
            zone = excluded.zone, language = excluded.language, notifications = excluded.notifications
            """, [.text(person)])
    }

    private func person(of identity: String) throws -> String? {
        try self.connection.first("SELECT person FROM person_identities WHERE identity = ?", [.text(identity)])?
            .text("person")
    }

    /// Makes an identity a person of its own.
    func unlink(_ identity: String) throws {
        guard let person = try self.person(of: identity) else { return }
        try self.connection.execute("DELETE FROM person_identities WHERE identity = ?", [.text(identity)])
        // One that is left alone needs no row.
        try self.connection.execute(
            """
            DELETE FROM person_identities WHERE person = $1
            AND (SELECT COUNT(*) FROM person_identities WHERE person = $1) = 1
            """, [.text(person)])
        try self.noteAccess()
    }

    // MARK: Codes

    func insertLink(_ offer: LinkOffer, hash: String, at now: Int64) throws {
        try self.connection.execute(
            "DELETE FROM link_codes WHERE expires_at <= ? OR identity = ?",
            [.integer(now), .text(offer.identity)])
        try self.connection.execute(
            """
            INSERT INTO link_codes (hash, identity, name, adapter, thread, expires_at) VALUES (?, ?, ?, ?, ?, ?)
            """,
            [
                .text(hash), .text(offer.identity), .text(offer.name), .text(offer.thread.adapter.rawValue),
                .text(offer.thread.value), .integer(offer.expiresAt),
            ])
    }

    /// Redeems a code. Nil when it is unknown or expired.
    func takeLink(hash: String, at now: Int64) throws -> LinkOffer? {
        try self.connection.query(
            "DELETE FROM link_codes WHERE hash = ? AND expires_at > ? RETURNING *", [.text(hash), .integer(now)]
        ).first.map { row in
            LinkOffer(
                identity: try row.text("identity"), name: try row.text("name"),
                thread: ThreadKey(adapter: AdapterID(try row.text("adapter")), value: try row.text("thread")),
                expiresAt: try row.integer("expires_at"))
        }
    }

    func endLinkCodes(of identity: String) throws {
        try self.connection.execute("DELETE FROM link_codes WHERE lower(identity) = lower(?)", [.text(identity)])
    }
}
