internal import Database
internal import People
package import Store
package import Words

/// What a person has chosen for themselves, in all their threads.
package struct Preferences: Sendable, Hashable {
    /// The model of their new threads; nil for the host's default.
    package var model: String?
    /// What answers should take into account; nil for nothing.
    package var instructions: String?
    /// The name of their time zone; nil for the host's.
    package var zone: String?
    /// In which the bot's notes are for them; nil for that of their network, else the host's.
    package var language: Language?
    /// What notifies them, as JSON; nil for the usual.
    package var notifications: String?
}

extension Ledger {
    /// - Parameter person: an identity, such as ``Sender/id``.
    package func preferences(of person: String) throws -> Preferences { try self.laterPreferences(of: person)() }

    /// Asks the database now; the result reads the answer.
    package func laterPreferences(of person: String) throws -> () throws -> Preferences {
        let rows = try self.connection.later(
            "SELECT model, instructions, zone, language, notifications FROM preferences WHERE person = ?",
            [.text(person)])
        return {
            let row = try rows.get().first
            return Preferences(
                model: try row?.optionalText("model"), instructions: try row?.optionalText("instructions"),
                zone: try row?.optionalText("zone"),
                language: try row?.optionalText("language").flatMap { Language(rawValue: $0) },
                notifications: try row?.optionalText("notifications"))
        }
    }

    /// For all identities of the person: what reads it looks at one.
    package func set(_ preferences: Preferences, of person: String) throws {
        for identity in try self.identities(of: person) {
            guard preferences != Preferences() else {
                try self.connection.execute("DELETE FROM preferences WHERE person = ?", [.text(identity)])
                continue
            }
            try self.connection.execute(
                """
                INSERT INTO preferences (person, model, instructions, zone, language, notifications)
                VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (person) DO UPDATE SET model = excluded.model, instructions = excluded.instructions,
                zone = excluded.zone, language = excluded.language, notifications = excluded.notifications
                """,
                [
                    .text(identity), .optional(preferences.model), .optional(preferences.instructions),
                    .optional(preferences.zone), .optional(preferences.language?.rawValue),
                    .optional(preferences.notifications),
                ])
        }
    }

    /// Pins a session to the top of a person's list, or removes the pin: for all of their identities, as settings.
    package func setPinned(_ isPinned: Bool, session: String, of person: String) throws {
        for identity in try self.identities(of: person) {
            try self.connection.execute(
                isPinned
                    ? "INSERT INTO pins (person, session) VALUES (?, ?) ON CONFLICT DO NOTHING"
                    : "DELETE FROM pins WHERE person = ? AND session = ?", [.text(identity), .text(session)])
        }
    }

    /// Deletes what people had chosen whose last browser's sign-in has ended, if no code for another browser is open:
    /// nobody can be that person again.
    func deleteEndedPreferences() throws {
        for table in ["preferences", "pins", "memories"] {
            try self.connection.execute(
                """
                DELETE FROM \(table) WHERE person LIKE 'web:%' AND person NOT IN (SELECT identity FROM credentials)
                AND person NOT IN (SELECT identity FROM codes WHERE identity IS NOT NULL)
                """, [])
        }
    }
}
