internal import Chat
internal import Database
internal import People
internal import Store
internal import Threads

/// Somebody who can be told of tasks in a direct message.
struct TaskAssignee: Sendable {
    let sender: Sender
    /// What they are called in lists of tasks, if they have used one.
    let handle: String?
    let direct: DirectConversation

    var adapter: AdapterID { self.direct.route.room.adapter }
    var isOnWeb: Bool { self.adapter == Place.webAdapter }
    /// Of several with one name, the lowest is meant: networks come before the web, names in lists before others.
    var rank: Int { (self.isOnWeb ? 2 : 0) + (self.handle == nil ? 1 : 0) }
}

extension Ledger {
    func taskHandle(of identity: String) throws -> String? {
        try self.connection.first(
            "SELECT handle FROM task_handles WHERE identity = ?", .text(identity)
        )?.text("handle")
    }

    /// - Parameter isKept: whether one that the person has stays.
    func setTaskHandle(_ handle: String, of identity: String, isKept: Bool) throws {
        try self.connection.execute(
            """
            INSERT INTO task_handles (identity, handle) VALUES (?, ?)
            ON CONFLICT (identity) DO \(isKept ? "NOTHING" : "UPDATE SET handle = excluded.handle")
            """, [.text(identity), .text(handle)])
    }

    /// Everybody who writes to the bot directly on a network, then everybody who is signed in to the web chat, in the order in
    /// which they were seen last.
    func taskAssignees(at now: Int64) throws -> [TaskAssignee] {
        let onNetworks = try self.sightings().sorted { $0.at > $1.at }.compactMap { sighting in
            sighting.direct.map { (sighting.sender, $0) }
        }
        let browsers = try self.credentials(kind: .cookie).filter { $0.role >= .member && !$0.isExpired(at: now) }
            .sorted { $0.usedAt ?? $0.createdAt > $1.usedAt ?? $1.createdAt }
        let onWeb = browsers.map { browser in
            let (identity, name) = (Identity(browser.identity), "tasks-\(Person.id(of: browser.identity))")
            return (
                Sender(id: browser.identity, identities: [identity], displayName: browser.name),
                DirectConversation(
                    thread: ThreadKey(adapter: Place.webAdapter, value: name),
                    route: Route(room: RoomID(adapter: Place.webAdapter, name: name)))
            )
        }
        return try (onNetworks + onWeb).map { sender, direct in
            TaskAssignee(sender: sender, handle: try self.taskHandle(of: sender.id), direct: direct)
        }
    }

    /// The thread of somebody's direct messages; on the web one about tasks, which comes to the top of their list.
    func directThread(of person: TaskAssignee, at now: Int64) throws -> String {
        let direct = person.direct
        var session = try self.session(
            for: direct.thread, route: direct.route, owner: person.sender.id, title: person.isOnWeb ? "Tasks" : "",
            at: now)
        guard person.isOnWeb else { return session.id }
        (session.state, session.isNamed, session.activeAt) = (.active, true, now)
        try self.update(session)
        return session.id
    }
}
