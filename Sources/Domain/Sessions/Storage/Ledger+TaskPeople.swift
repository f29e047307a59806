package import Chat
internal import Database

/// Somebody who can be told of tasks in a direct message.
package struct TaskReader: Sendable {
    package let sender: Sender
    /// What they are called in lists of tasks, if they have used one.
    package let handle: String?
    let direct: Sighting.Direct

    package var adapter: AdapterID { self.direct.route.room.adapter }
}

extension Ledger {
    package func taskHandle(of identity: String) throws -> String? {
        try self.connection.first(
            "SELECT handle FROM task_handles WHERE identity = ?", .text(identity)
        )?.text("handle")
    }

    /// - Parameter isKept: whether one that the person has stays.
    package func setTaskHandle(_ handle: String, of identity: String, isKept: Bool) throws {
        try self.connection.execute(
            """
            INSERT INTO task_handles (identity, handle) VALUES (?, ?)
            ON CONFLICT (identity) DO \(isKept ? "NOTHING" : "UPDATE SET handle = excluded.handle")
            """, [.text(identity), .text(handle)])
    }

    /// Everybody who writes to the bot directly, whoever did so last first.
    package func taskReaders() throws -> [TaskReader] {
        try self.sightings().sorted { $0.at > $1.at }.compactMap { sighting in
            guard let direct = sighting.direct else { return nil }
            return TaskReader(
                sender: sighting.sender, handle: try self.taskHandle(of: sighting.sender.id), direct: direct)
        }
    }

    /// The thread of somebody's direct messages.
    package func directThread(of reader: TaskReader, at now: Int64) throws -> String {
        let direct = reader.direct
        return try self.session(
            for: direct.thread, route: direct.route, owner: reader.sender.id, title: "", at: now
        ).id
    }

    /// The tasks of a repository that are not finished and are due after one day and not after another.
    func tasks(of repository: String, dueAfter first: String, to last: String) throws -> [TaskRow] {
        try self.connection.query(
            """
            SELECT * FROM tasks WHERE repository = ? AND due > ? AND due <= ? AND state IN ('open', 'started')
            ORDER BY due, line
            """, [.text(repository), .text(first), .text(last)]
        ).map(Self.task)
    }

    /// The thread that has worked on a repository's tasks last, and still exists.
    func thread(ofTasksOf repository: String) throws -> SessionRecord? {
        try self.connection.query(
            """
            SELECT sessions.* FROM sessions JOIN tasks ON tasks.session = sessions.id
            WHERE tasks.repository = ? AND sessions.state <> 'deleted' ORDER BY sessions.active_at DESC, sessions.id LIMIT 1
            """, [.text(repository)]
        ).first.map(Self.session)
    }
}
