package import Chat
internal import Database
package import Store
package import Threads

/// Where the words of prompts come from whose data has a class.
extension Ledger {
    /// Stores where a turn's prompt may have data of a class from, whatever the configuration and the thread say later.
    package func set(_ origins: Set<DataOrigin>, ofTurn turn: String) throws {
        let text = origins.map { "\($0.name):\($0.repository)" }.sorted().joined(separator: " ")
        try self.connection.execute(
            "UPDATE turns SET data_origins = ? WHERE id = ?", [.optional(text.isEmpty ? nil : text), .text(turn)])
    }

    /// What a prompt of `turn` may have besides what its own repository gives it: of all turns since `new`, of what it
    /// continues, and of what was said where its thread began.
    package func origins(
        of session: SessionRecord, before turn: TurnRecord, _ classes: DataClasses
    ) throws -> Set<DataOrigin> {
        let end =
            try self.connection.first("SELECT number FROM turns WHERE id = ?", [.text(turn.id)])?.integer("number") ?? 0
        var origins = try self.origins(of: session.id, after: session.epoch, end: end, work: turn.work, classes)
        for parent in try self.parents(of: session) {
            origins.formUnion(
                try self.origins(
                    of: parent.record.id, after: parent.start, end: parent.last + 1, work: turn.work, classes))
        }
        return origins
    }

    private func origins(
        of session: String, after position: Int64, end: Int64, work: String, _ classes: DataClasses
    ) throws -> Set<DataOrigin> {
        let rows = try self.connection.query(
            """
            SELECT DISTINCT repository, data_origins FROM turns
            WHERE session = $1 AND (number > $2 AND number < $3 OR work = $4) AND kind <> 'command'
            """, [.text(session), .integer(position / 2), .integer(end), .text(work)])
        return try rows.reduce(into: []) { origins, row in origins.formUnion(try Self.origins(row, classes)) }
    }

    /// What the transcript of a branch's turn may have.
    package func origins(of branch: SessionBranch, _ classes: DataClasses) throws -> Set<DataOrigin> {
        guard let session = try self.session(id: branch.session) else { return [] }
        return try self.origins(
            of: session.id, after: session.epoch <= branch.turn * 2 ? session.epoch : 0, end: branch.turn + 1, work: "",
            classes)
    }

    /// The lines as a thread of `repository` may have them: without the words of other repositories' threads whose data has
    /// a class.
    package func permitted(
        _ lines: [TurnLine], in session: String, of repository: String?, _ classes: DataClasses
    ) throws -> [TurnLine] {
        try lines.map { line in
            guard let reference = line.said.reference, !line.isUnread,
                let origins = try self.origins(of: reference, besides: session, classes),
                !classes.mayEnter(origins, threadOf: repository)
            else { return line }
            var line = line
            line.said = line.said.with(text: SurroundingsTexts.classified, attachments: [])
            return line
        }
    }

    /// What a message that is stored may have; nil for one that is not, or belongs to `session`, whose prompts count it.
    private func origins(
        of message: MessageReference, besides session: String, _ classes: DataClasses
    ) throws -> Set<DataOrigin>? {
        let posted = try self.posted(message)
        if let turn = try posted?.turn ?? self.received(message)?.turn,
            let row = try self.connection.first(
                "SELECT session, repository, data_origins FROM turns WHERE id = ?", [.text(turn)])
        {
            return try row.text("session") == session ? nil : try Self.origins(row, classes)
        }
        // A line of news has no turn.
        guard let posted, posted.session != session, let record = try self.session(id: posted.session) else {
            return nil
        }
        return classes.origin(of: record.repository).map { [$0] }
    }

    /// What was stored with a turn, and what its repository's data counts as now.
    private static func origins(_ row: Row, _ classes: DataClasses) throws -> Set<DataOrigin> {
        var origins: Set<DataOrigin> = []
        for word in try row.optionalText("data_origins")?.split(separator: " ") ?? [] {
            let parts = word.split(separator: ":", maxSplits: 1).map(String.init)
            if parts.count == 2 { origins.insert(DataOrigin(repository: parts[1], name: parts[0])) }
        }
        let repository = try row.optionalText("repository").flatMap { $0.isEmpty ? nil : $0 }
        if let own = classes.origin(of: repository) { origins.insert(own) }
        return origins
    }
}
