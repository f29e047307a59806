package import Chat
package import Database
internal import Primitives
package import Store

extension Ledger {
    /// The session of `key`, created if missing, for a change of it.
    ///
    /// - Parameter id: A new session's.
    package func session(
        for key: ThreadKey, route: Route, owner: String, title: String, at now: Int64, id: String? = nil
    ) throws -> SessionRecord {
        if let session = try self.session(for: key, isChanging: true) { return session }
        // The message was under way when its room was renamed.
        for (old, new) in try self.renamedRooms() {
            if let moved = key.moved(from: old, to: new), let session = try self.session(for: moved, isChanging: true) {
                return session
            }
        }
        let session = SessionRecord(
            id: id ?? Identifier.make("t"), key: key, title: title, owner: owner, route: route,
            model: try self.preferences(of: owner).model, repository: nil,
            state: .active, epoch: 0, summary: nil, createdAt: now, activeAt: now)
        try self.connection.execute(
            """
            INSERT INTO sessions (id, adapter, thread, title, owner, route, model, state, epoch, created_at, active_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, 'active', 0, ?, ?)
            """,
            [
                .text(session.id), .text(key.adapter.rawValue), .text(key.value), .text(title), .text(owner),
                .text(StoredForm.text(of: route)), .optional(session.model), .integer(now), .integer(now),
            ])
        return session
    }

    /// How many threads of the web chat there are.
    package func webThreads() throws -> Int64 {
        try self.connection.first(
            "SELECT COUNT(*) AS n FROM sessions WHERE adapter = ? AND state <> 'deleted'",
            [.text(Place.webAdapter.rawValue)])?.integer("n") ?? 0
    }

    /// - Parameter isChanging: Nobody else changes it until the transaction ends, because ``update(_:)`` writes all of it.
    package func session(for key: ThreadKey, isChanging: Bool = false) throws -> SessionRecord? {
        try self.connection.query(
            "SELECT * FROM sessions WHERE adapter = ? AND thread = ? \(isChanging ? self.connection.dialect.changing : "")",
            [.text(key.adapter.rawValue), .text(key.value)]
        ).first.map(Self.session)
    }

    /// - Parameter isChanging: Nobody else changes it until the transaction ends, because ``update(_:)`` writes all of it.
    package func session(id: String, isChanging: Bool = false) throws -> SessionRecord? {
        try self.connection.query(
            """
            SELECT * FROM sessions WHERE id = ? AND state <> 'deleted' \(isChanging ? self.connection.dialect.changing : "")
            """, [.text(id)]
        ).first.map(Self.session)
    }

    package func update(_ session: SessionRecord) throws {
        try self.connection.execute(
            """
            UPDATE sessions SET title = ?, route = ?, model = ?, repository = ?, state = ?, epoch = ?, summary = ?,
            summary_through = ?, active_at = ?, named = ?, persona = ?, feature = ?, muted = ?
            WHERE id = ? AND state <> 'deleted'
            """,
            [
                .text(session.title), .text(StoredForm.text(of: session.route)), .optional(session.model),
                .optional(session.repository), .text(session.state.rawValue), .integer(session.epoch),
                .optional(session.summary?.text), session.summary.map { .integer($0.through) } ?? .null,
                .integer(session.activeAt), .integer(session.isNamed ? 1 : 0),
                .optional(session.persona), .optional(session.feature), .integer(session.isMuted ? 1 : 0),
                .text(session.id),
            ])
    }

    /// Changes what a person decides about a session; nil leaves a value as it is. Returns the changed session, nil if
    /// it does not exist.
    package func change(session id: String, title: String?, isArchived: Bool?) throws -> SessionRecord? {
        guard var session = try self.session(id: id, isChanging: true) else { return nil }
        if let title {
            session.title = title
            session.isNamed = true
        }
        if let isArchived { session.state = isArchived ? .archived : .active }
        try self.update(session)
        return session
    }

    /// Archives a session, whose next turn does not see what was said before. Returns whether it exists.
    package func archive(session id: String) throws -> Bool {
        guard var session = try self.session(id: id, isChanging: true) else { return false }
        session.state = .archived
        session.epoch = try self.lastPlace(of: session.id)
        session.summary = nil
        try self.update(session)
        return true
    }

    package static func session(_ row: Row) throws -> SessionRecord {
        let key = ThreadKey(adapter: AdapterID(try row.text("adapter")), value: try row.text("thread"))
        let summary = try row.optionalText("summary").map {
            HistorySummary(text: $0, through: try row.optionalInteger("summary_through") ?? 0)
        }
        return SessionRecord(
            id: try row.text("id"), key: key, title: try row.text("title").beginning(bytes: ThreadTitle.byteLimit),
            owner: try row.text("owner"),
            route: try StoredForm.route(from: try row.text("route")), model: try row.optionalText("model"),
            repository: try row.optionalText("repository"),
            state: SessionRecord.State(rawValue: try row.text("state")) ?? .active, epoch: try row.integer("epoch"),
            summary: summary, createdAt: try row.integer("created_at"), activeAt: try row.integer("active_at"),
            isNamed: try row.integer("named") != 0, persona: try row.optionalText("persona"),
            feature: try row.optionalText("feature"), isMuted: try row.integer("muted") != 0,
            branch: try row.optionalText("parent").map {
                SessionBranch(session: $0, turn: try row.optionalInteger("parent_turn") ?? 0)
            }, shownBranch: try row.optionalText("shown_branch"))
    }
}
