internal import Chat
internal import Database
internal import HTTP
package import Store

/// That a text names somebody.
package struct PersonMention: Sendable, Equatable {
    package let number: Int64
    package let text: NamedText
    /// An identity.
    package let person: String
    package let isSeen: Bool

    /// Of the host: the page that shows the text.
    package var path: String {
        let session = self.text.session ?? ""
        func encoded(_ text: some StringProtocol) -> String {
            PercentEncoding.encode(String(text), keeping: .unreserved)
        }
        switch self.text.kind {
        case .comment:
            let path = self.text.subject.split(separator: "/").map { encoded($0) }.joined(separator: "/")
            return "/d/\(session)/\(path)"
        case .task: return "/tasks?task=\(encoded("\(self.text.repository)/\(self.text.subject)"))"
        case .message: return "/#/t/\(session)/m/\(self.text.subject)"
        }
    }
}

/// Texts that may name people, and whom they name.
extension Ledger {
    /// The most mentions that are listed.
    private static let listLimit = 100

    /// Keeps a text until it is looked up whom it names; nothing of one without a sign.
    package func note(_ text: NamedText) throws {
        guard !text.names.isEmpty else { return }
        try self.connection.execute(
            """
            INSERT INTO named_texts (kind, session, repository, subject, source, author, author_name, excerpt, at, names,
            known) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            Self.values(of: text) + [
                .text(text.names.joined(separator: "\n")), .text(text.known.joined(separator: "\n")),
            ])
    }

    package func hasNamedTexts() throws -> Bool {
        try self.connection.first("SELECT 1 AS found FROM named_texts LIMIT 1", []) != nil
    }

    /// The oldest texts that wait, each given to one caller only.
    package func takeNamedTexts(limit: Int) throws -> [NamedText] {
        try self.connection.query(
            """
            DELETE FROM named_texts WHERE number IN (SELECT number FROM named_texts ORDER BY number LIMIT ?) RETURNING *
            """, [.integer(Int64(limit))]
        ).sorted { try $0.integer("number") < $1.integer("number") }.map { row in
            func lines(_ name: String) throws -> [String] { try row.text(name).split(separator: "\n").map(String.init) }
            return try Self.namedText(row, names: lines("names"), known: lines("known"))
        }
    }

    /// Whether somebody may read what a text of this kind, in this thread, says.
    package func mayRead(_ text: NamedText, _ visitor: ThreadVisitor, at now: Int64) throws -> Bool {
        switch text.kind {
        // Members read all documents and lists of tasks.
        case .comment, .task: return visitor.role >= .member
        case .message:
            guard let session = text.session else { return false }
            return try self.session(id: session, for: visitor, to: .read, at: now) != nil
        }
    }

    // MARK: Mentions

    /// - Parameter isTold: whether no direct message follows.
    package func insertMention(of person: String, in text: NamedText, isTold: Bool) throws {
        try self.connection.execute(
            """
            INSERT INTO mentions (kind, session, repository, subject, source, author, author_name, excerpt, at, person,
            told_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source, person) DO NOTHING
            """, Self.values(of: text) + [.text(person), .optional(isTold ? text.at : nil)])
    }

    /// How many people somebody has mentioned in a time. Later ones come from a wrong clock and do not count.
    package func mentionCount(by author: String, since start: Int64, until now: Int64) throws -> Int {
        let row = try self.connection.first(
            "SELECT COUNT(*) AS n FROM mentions WHERE author = ? AND at > ? AND at <= ?",
            [.text(author), .integer(start), .integer(now)])
        return Int(try row?.integer("n") ?? 0)
    }

    /// What a person has not seen yet and may read, newest first.
    package func mentions(for visitor: ThreadVisitor, at now: Int64) throws -> [PersonMention] {
        var values: [SQLValue] = [.integer(Int64(Self.listLimit))]
        let people = values.places(of: visitor.identities)
        return try self.connection.query(
            "SELECT * FROM mentions WHERE person IN (\(people)) AND seen_at IS NULL ORDER BY number DESC LIMIT ?1",
            values
        ).map(Self.mention).filter { try self.mayRead($0.text, visitor, at: now) }
    }

    /// Notes that a person has seen a mention of them; false if there is no such one.
    package func see(mention number: Int64, _ visitor: ThreadVisitor, at now: Int64) throws -> Bool {
        var values: [SQLValue] = [.integer(now), .integer(number)]
        let people = values.places(of: visitor.identities)
        let changed = try self.connection.rowsChanged(
            by: "UPDATE mentions SET seen_at = ?1 WHERE number = ?2 AND seen_at IS NULL AND person IN (\(people))",
            values)
        if changed > 0 { try self.noteMentions() }
        return changed > 0
    }

    /// A mention of this person, if they may read it; whether they have seen it, too.
    package func mention(_ number: Int64, for visitor: ThreadVisitor, at now: Int64) throws -> PersonMention? {
        var values: [SQLValue] = [.integer(number)]
        let people = values.places(of: visitor.identities)
        return try self.connection.query(
            "SELECT * FROM mentions WHERE number = ?1 AND person IN (\(people))", values
        ).first.map(Self.mention).flatMap { try self.mayRead($0.text, visitor, at: now) ? $0 : nil }
    }

    // MARK: Direct messages

    /// Who has a direct message to get.
    package func mentionedPeople() throws -> [String] {
        try self.connection.query("SELECT DISTINCT person FROM mentions WHERE told_at IS NULL ORDER BY person", [])
            .map { try $0.text("person") }
    }

    package func mentionsToTell(_ person: String, limit: Int) throws -> [PersonMention] {
        try self.connection.query(
            "SELECT * FROM mentions WHERE person = ? AND told_at IS NULL ORDER BY number LIMIT ?",
            [.text(person), .integer(Int64(limit))]
        ).map(Self.mention)
    }

    /// No direct message follows for a person.
    package func setAllTold(_ person: String, at now: Int64) throws {
        try self.connection.execute(
            "UPDATE mentions SET told_at = ? WHERE person = ? AND told_at IS NULL", [.integer(now), .text(person)])
    }

    package func setTold(_ mention: Int64, at now: Int64) throws {
        try self.connection.execute(
            "UPDATE mentions SET told_at = ? WHERE number = ?", [.integer(now), .integer(mention)])
    }

    /// When a person got direct messages about mentions, oldest first.
    package func mentionTimes(of person: String, since start: Int64, until now: Int64) throws -> [Int64] {
        try self.connection.query(
            "SELECT told_at FROM mentions WHERE person = ? AND told_at > ? AND told_at <= ? ORDER BY told_at",
            [.text(person), .integer(start), .integer(now)]
        ).map { try $0.integer("told_at") }
    }

    /// Returns how many.
    func deleteMentions(before time: Int64, limit: Int) throws -> Int {
        try self.connection.rowsChanged(
            by: "DELETE FROM mentions WHERE number IN (SELECT number FROM mentions WHERE at < ? ORDER BY at LIMIT ?)",
            [.integer(time), .integer(Int64(limit))])
    }

    // MARK: Rows

    private static func values(of text: NamedText) -> [SQLValue] {
        [
            .text(text.kind.rawValue), .optional(text.session), .text(text.repository), .text(text.subject),
            .text(text.source), .text(text.author), .text(text.authorName), .text(text.excerpt), .integer(text.at),
        ]
    }

    private static func mention(_ row: Row) throws -> PersonMention {
        PersonMention(
            number: try row.integer("number"), text: try Self.namedText(row, names: [], known: []),
            person: try row.text("person"), isSeen: try row.optionalInteger("seen_at") != nil)
    }

    private static func namedText(_ row: Row, names: [String], known: [String]) throws -> NamedText {
        NamedText(
            kind: NamedText.Kind(rawValue: try row.text("kind")) ?? .message, session: try row.optionalText("session"),
            repository: try row.text("repository"), subject: try row.text("subject"), source: try row.text("source"),
            author: try row.text("author"), authorName: try row.text("author_name"), excerpt: try row.text("excerpt"),
            names: names, known: known, at: try row.integer("at"))
    }
}
