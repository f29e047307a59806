internal import Chat
internal import Database
internal import Files
package import Store

/// A question of a turn that a new turn is to replace, in a branch of its own.
package struct ReplacedQuestion: Sendable {
    package let turn: TurnRecord
    /// The row of the transcript that is written anew.
    package let message: Int64
}

extension Ledger {
    package func branches(of session: String) throws -> ThreadBranches {
        let shown = try self.connection.first("SELECT shown_branch FROM sessions WHERE id = ?", [.text(session)])
        let begun = try self.connection.query(
            """
            SELECT turns.id AS id, turns.number AS number, turns.replaces AS replaces, earlier.branch AS parent
            FROM turns LEFT JOIN turns earlier ON earlier.number = turns.replaces AND earlier.session = turns.session
            WHERE turns.session = ? AND turns.replaces IS NOT NULL ORDER BY turns.number
            """, [.text(session)]
        ).map { row in
            ThreadBranches.Begun(
                id: try row.text("id"), number: try row.integer("number"), parent: try row.optionalText("parent"),
                replaces: try row.integer("replaces"))
        }
        return ThreadBranches(shown: try shown?.optionalText("shown_branch"), begun: begun)
    }

    /// The place of a turn among the branches of its session; nil for one that is gone.
    package func branchPlace(ofTurn id: String) throws -> ThreadBranches.Place? {
        try self.connection.first("SELECT number, branch FROM turns WHERE id = ?", [.text(id)]).map {
            ThreadBranches.Place(number: try $0.integer("number"), branch: try $0.optionalText("branch"))
        }
    }

    /// What a message of a session asks, if a branch may replace it now. Throws ``BranchRefusal``.
    ///
    /// - Parameter people: The identities of whoever asks; nil where that was checked before.
    package func replaceable(_ message: Int64, in session: String, by people: [String]?) throws -> ReplacedQuestion {
        guard let row = try self.message(id: message), row.session == session else { throw BranchRefusal.missing }
        guard row.role == .user, let turn = try row.turn.flatMap({ try self.turn(id: $0) }), turn.kind == .chat,
            turn.work == turn.id, turn.ask == nil, turn.messages.contains(where: { $0.message == message }),
            !turn.text.utf8.elementsEqual(TurnTexts.deletedByAuthor.utf8)
        else { throw BranchRefusal.notAQuestion }
        if let people, !people.contains(turn.sender.id) { throw BranchRefusal.notYours(turn.sender.displayName) }
        try self.checkRest(session)
        guard try self.branches(of: session).mayGrow else { throw BranchRefusal.tooMany }
        return ReplacedQuestion(turn: turn, message: message)
    }

    /// Throws ``BranchRefusal`` while a turn of a session runs or waits, or a question that belongs to the shown branch.
    package func checkRest(_ session: String) throws {
        guard try self.openTurns(of: session).isEmpty else { throw BranchRefusal.busy }
        guard try self.openAsks(of: session).isEmpty else { throw BranchRefusal.asked }
    }

    /// Begins a branch with the turn `id`, which is inserted next, in place of another one.
    package func beginBranch(_ id: String, replacing question: ReplacedQuestion) throws {
        guard let place = try self.branchPlace(ofTurn: question.turn.id) else { return }
        let branches = try self.branches(of: question.turn.session)
        let point = branches.point(of: place)
        var path = branches.path(to: point.branch)
        path[0] = ThreadBranches.Segment(branch: point.branch, end: point.number)
        try self.show(path, as: id, of: question.turn.session)
    }

    /// Completes ``beginBranch(_:replacing:)`` once the turn is inserted, which has the files of the one that it replaces.
    package func endBeginning(_ turn: TurnRecord, replacing question: ReplacedQuestion) throws {
        guard let place = try self.branchPlace(ofTurn: question.turn.id) else { return }
        let point = try self.branches(of: turn.session).point(of: place)
        try self.connection.execute(
            "UPDATE turns SET replaces = ? WHERE id = ?", [.integer(point.number), .text(turn.id)])
        try self.store(turn)
        if turn.attachments.isEmpty { try self.keepImages(question.turn.images, question.turn.files, of: turn.id) }
    }

    /// Writes the messages of a replaced turn for another one, with `text` in place of the one that was edited. Returns the
    /// new ones, and the whole question.
    ///
    /// - Parameter files: How many come with it instead of the old ones; with none, those stay, and what was read of them.
    package func rewriteMessages(
        of question: ReplacedQuestion, for turn: String, reading text: String, with files: Int, at now: Int64
    ) throws -> (parts: [TurnPart], text: String) {
        let old = question.turn
        var texts = DividedQuestion(old.text, dividedInto: old.messages)
        if old.parts.isEmpty { texts.rest = Self.listing(in: old.text) }
        if files > 0 { texts.rest = "" }
        var parts: [TurnPart] = []
        for (index, part) in old.messages.enumerated() {
            guard let row = try self.message(id: part.message) else { continue }
            let isEdited = part.message == question.message
            let isLast = index == old.messages.count - 1
            if isEdited { texts.texts[index] = text }
            let number = try self.insertMessage(
                session: old.session, turn: turn, role: .user, author: row.author,
                text: isEdited ? text + (isLast ? texts.rest : "") : row.text, at: now)
            let bytes = texts.texts[index].utf8.count
            parts.append(
                TurnPart(
                    message: number, reference: nil, bytes: bytes, files: files == 0 ? part.files : isEdited ? files : 0
                ))
        }
        return (parts, texts.text)
    }

    private static func listing(in text: String) -> String {
        String(decoding: text.utf8.dropFirst(FileListing.written(in: text).utf8.count), as: UTF8.self)
    }

    /// Shows another branch from now on, to people and models. Returns the changed session, nil if it is gone.
    package func showBranch(_ branch: String?, of session: String) throws -> SessionRecord? {
        let branches = try self.branches(of: session)
        guard branches.shown != branch else { return try self.session(id: session) }
        try self.show(branches.path(to: branch), as: branch, of: session)
        return try self.session(id: session)
    }

    /// The history begins after the last `new` of the path, and a summary that covers anything else goes.
    private func show(_ path: [ThreadBranches.Segment], as branch: String?, of id: String) throws {
        guard var session = try self.session(id: id, isChanging: true) else { return }
        if session.epoch > 0 {
            try self.connection.execute(
                "UPDATE turns SET ends_part = 1 WHERE session = ? AND number = ?",
                [.text(id), .integer(session.epoch / 2)])
        }
        var values: [SQLValue] = [.text(id)]
        let isOnPath = Self.condition(path, of: "turns", &values)
        let isOther = "session = ?1 AND (aside IS NULL) <> (\(isOnPath))"
        let change = try self.connection.first("SELECT MIN(number) AS number FROM turns WHERE \(isOther)", values)
        try self.connection.execute(
            "UPDATE turns SET aside = CASE WHEN aside IS NULL THEN 1 END WHERE \(isOther)", values)
        let part = try self.connection.first(
            "SELECT MAX(number) AS number FROM turns WHERE session = ? AND ends_part = 1 AND aside IS NULL", [.text(id)]
        )
        session.epoch = try part?.optionalInteger("number").map { $0 * 2 + 1 } ?? 0
        if let change = try change?.optionalInteger("number"), change * 2 <= session.summary?.through ?? 0 {
            session.summary = nil
        }
        try self.update(session)
        try self.connection.execute(
            "UPDATE sessions SET shown_branch = ? WHERE id = ?", [.optional(branch), .text(id)])
    }

    /// Which turns are on a path, as SQL; adds its parameters, which are numbered.
    private static func condition(
        _ path: [ThreadBranches.Segment], of turns: String, _ values: inout [SQLValue]
    ) -> String {
        path.map { segment in
            values.append(.integer(segment.end))
            let isBefore = "\(turns).number < ?\(values.count)"
            guard let branch = segment.branch else { return "\(turns).branch IS NULL AND \(isBefore)" }
            values.append(.text(branch))
            // Never unknown, also for a turn without a branch.
            return "\(turns).branch IS NOT NULL AND \(turns).branch = ?\(values.count) AND \(isBefore)"
        }.map { "(\($0))" }.joined(separator: " OR ")
    }

    /// Which messages a listing of a session has, as SQL; adds its parameters, which are numbered. Those of no turn are in
    /// all branches.
    func isShown(_ branch: ShownBranch, of session: String, _ values: inout [SQLValue]) throws -> String {
        let isAside: String
        switch branch {
        case .all: return "1 = 1"
        case .current: isAside = "turns.aside IS NOT NULL"
        case .named(let name):
            isAside = "NOT (\(Self.condition(try self.branches(of: session).path(to: name), of: "turns", &values)))"
        }
        return "NOT EXISTS (SELECT 1 FROM turns WHERE turns.id = messages.turn AND \(isAside))"
    }
}
