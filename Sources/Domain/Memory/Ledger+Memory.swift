internal import Chat
internal import Database
package import Store

/// What people wanted remembered.
extension Ledger {
    /// What a prompt of this person in this repository has, their own first. Asks the database now; the result reads the
    /// answer.
    package func laterMemory(of person: String, in repository: String?) throws -> () throws -> [MemoryNote] {
        let rows = try self.connection.later(
            Self.notes(of: "repository = $2"), [.text(person), .optional(repository)])
        return { try rows.get().map(Self.note) }
    }

    package func memory(of person: String, in repository: String?) throws -> [MemoryNote] {
        try self.laterMemory(of: person, in: repository)()
    }

    /// Their own, and those of all repositories.
    func wholeMemory(of person: String) throws -> [MemoryNote] {
        try self.connection.query(Self.notes(of: "repository IS NOT NULL"), [.text(person)]).map(Self.note)
    }

    private static func notes(of repositories: String) -> String {
        """
        SELECT number, person, author, repository, text, at FROM memories
        WHERE (repository IS NULL AND person IN (\(Self.samePerson(as: "$1")))) OR \(repositories)
        ORDER BY repository IS NOT NULL, repository, number
        """
    }

    private static func note(_ row: Row) throws -> MemoryNote {
        MemoryNote(
            number: try row.integer("number"), person: try row.text("person"), author: try row.text("author"),
            repository: try row.optionalText("repository"), text: try row.text("text"), at: try row.integer("at"))
    }

    /// Returns the note's number.
    func remember(
        _ text: String, of person: String, called author: String, in repository: String?, at now: Int64
    ) throws -> Int64 {
        try self.connection.query(
            "INSERT INTO memories (person, author, repository, text, at) VALUES (?, ?, ?, ?, ?) RETURNING number",
            [.text(person), .text(author), .optional(repository), .text(text), .integer(now)]
        )[0].integer("number")
    }

    func change(memory number: Int64, to text: String) throws {
        try self.connection.execute(
            "UPDATE memories SET text = ? WHERE number = ?", [.text(text), .integer(number)])
    }

    func forget(memory number: Int64) throws {
        try self.connection.execute("DELETE FROM memories WHERE number = ?", [.integer(number)])
    }
}
