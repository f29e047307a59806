package import Chat
internal import Database
internal import JSON
internal import Kit
internal import Primitives

/// What was said in a room or thread: the homeserver keeps it, and is asked. Nobody learns by it what was said before they
/// came, where the room hides that from them.
extension MatrixAdapter: RoomHistory {
    private static let pageLimit = 4
    private static let pageSize = 100
    /// How long messages wait for the names of their authors, and of how many.
    private static let namePatience = Duration.milliseconds(300)
    private static let nameLimit = 20

    /// A message as the server sends it, with its last edit.
    private struct Item: Sendable {
        var event: MatrixEvent
        var edit: MatrixEvent?

        init?(_ json: JSON) {
            guard let event = MatrixEvent(json) else { return nil }
            self.event = event
            self.edit = MatrixEvent.bundledEdit(of: json)
        }
    }

    package func past(of query: PastQuery) async throws -> RoomPast {
        let (room, root) = (query.route.room.name, query.route.anchor)
        do {
            async let first = self.item(query.after == nil ? root : nil, in: room)
            async let repliedTo = self.item(query.repliesTo, in: room)
            async let beginning = self.beginning(for: query.route.recipient, in: room)
            var items = query.limit > 0 ? try await self.items(of: query) : []
            // The last of each is the oldest. What was listed has its place in time.
            for other in [try await repliedTo, try await first] {
                if let other, !items.contains(where: { $0.event.id == other.event.id }) { items.append(other) }
            }
            let start = try await beginning
            return try await self.read(items.filter { $0.event.timestamp >= start }, of: query)
        } catch let error as AdapterError where [.forbidden, .notFound, .invalid].contains(error.code) {
            return RoomPast(missing: "the \(root == nil ? "room" : "thread")'s messages: \(error.message)")
        }
    }

    // MARK: Asking

    /// One event; nil if the room does not have it, or the bot may not see it.
    private func item(_ id: String?, in room: String) async throws -> Item? {
        guard let id, id.hasPrefix("$"), JSON.isID(id) else { return nil }
        do {
            let json = try await self.look(.look(at: id, in: room), room: room)
            // A reply may name any event: servers that do not compare the rooms must not open others.
            guard json["room_id"]?.stringValue ?? room == room, json["event_id"]?.stringValue == id else { return nil }
            return Item(json)
        } catch let error as AdapterError where [.forbidden, .notFound, .invalid].contains(error.code) {
            return nil
        }
    }

    /// The messages before the question, newest first, at least as many as wanted if there are as many.
    private func items(of query: PastQuery) async throws -> [Item] {
        let before = query.before?.id
        var items: [Item] = []
        var edits: [String: MatrixEvent] = [:]
        var from: String?
        // A thread's first page has what was said since the question, too.
        var isBefore = query.route.anchor == nil || before == nil
        for _ in 0..<Self.pageLimit {
            let json = try await self.page(from: from, of: query)
            self.learnNames(from: json["state"])
            let chunk = json["chunk"] ?? json["events_before"]
            for item in (chunk?.arrayValue ?? []).prefix(Self.pageSize).compactMap({ Item($0) }) {
                let id = item.event.id
                guard id != query.after?.id else { return isBefore ? Self.edited(items, by: edits) : [] }
                if let target = item.event.replaced {
                    // The newest comes first.
                    if edits[target] == nil { edits[target] = item.event }
                } else if id == before {
                    (isBefore, items) = (true, [])
                } else if item.event.threadRoot == query.route.anchor, item.event.timestamp >= query.since {
                    items.append(item)
                }
            }
            // Around an event, `end` leads to later ones.
            from = (json["next_batch"] ?? json[json["events_before"] == nil ? "end" : "start"])?.stringValue
            let isOld = chunk?.arrayValue?.last?["origin_server_ts"]?.intValue.map { Int64($0) < query.since } ?? true
            if from == nil || isOld || (isBefore && items.count >= query.limit) { break }
        }
        return isBefore ? Self.edited(items, by: edits) : []
    }

    private func page(from: String?, of query: PastQuery) async throws -> JSON {
        let room = query.route.room.name
        let size = min(Self.pageSize, query.limit + 30)
        let request: MatrixRequest =
            if let root = query.route.anchor {
                .thread(room: room, root: root, from: from, limit: size)
            } else if from == nil, let before = query.before?.id {
                .before(room: room, event: before, limit: size)
            } else {
                .messages(room: room, from: from, limit: size)
            }
        return try await self.look(request, room: room)
    }

    private static func edited(_ items: [Item], by edits: [String: MatrixEvent]) -> [Item] {
        items.map { item in
            var item = item
            if let edit = edits[item.event.id], edit.sender == item.event.sender { item.edit = edit }
            return item
        }
    }

    /// Since when somebody may read the room, in milliseconds since 1970: what was said before they came, the network
    /// shows them only where the room permits it.
    private func beginning(for user: String?, in room: String) async throws -> Int64 {
        let visibility: String
        do {
            visibility = try await self.visibility(of: room)
        } catch let error as AdapterError where error.code == .notFound {
            return 0
        }
        guard ["joined", "invited"].contains(visibility) else { return 0 }
        // Other servers choose the time at which somebody came.
        guard let user, let server = MatrixStateMachine.server(of: user),
            server == MatrixStateMachine.server(of: self.settings.user)
        else { return .max }
        let member = try await self.look(.state(of: room, .member, key: user, isWhole: true), room: room)
        return member["origin_server_ts"]?.intValue.map { Int64($0) } ?? .max
    }

    /// Who may read what was said before they came. The server is asked once, and again after each change.
    private func visibility(of room: String) async throws -> String {
        let (known, changes) = self.state.withLock {
            ($0.machine.visibilities[room], $0.machine.visibilityChanges)
        }
        if let known { return known }
        let content = try await self.look(.state(of: room, .historyVisibility), room: room)
        let visibility = content["history_visibility"]?.stringValue ?? "shared"
        self.state.withLock { state in
            guard state.machine.visibilityChanges == changes else { return }
            state.machine.visibilities[room] = visibility
        }
        return visibility
    }

    // MARK: Reading

    /// - Parameter items: newest first.
    private func read(_ items: [Item], of query: PastQuery) async throws -> RoomPast {
        let room = query.route.room.name
        let opened = try await self.opened(items.flatMap { [$0.event, $0.edit].compactMap(\.self) }, in: room)
        try await self.learnNames(of: items.map(\.event.sender), in: room)
        let now = AdapterTime.now.wall
        // What cannot be decrypted is left out: mostly it was said before the bot came, and is not for it.
        let messages = self.state.withLock { state in
            var (messages, count): ([SaidMessage], Int) = ([], 0)
            for item in items {
                let relation: SaidMessage.Relation =
                    switch item.event.id {
                    case query.repliesTo: .repliedTo
                    case query.route.anchor: .root
                    default: .said
                    }
                guard relation != .said || count < query.limit else { continue }
                let event = opened[item.event.id] ?? item.event
                let edit = item.edit.map { opened[$0.id] ?? $0 }
                guard let message = state.machine.said(event, edit: edit, as: relation, in: room, at: now) else {
                    continue
                }
                messages.append(message)
                if relation == .said { count += 1 }
            }
            return messages
        }
        return RoomPast(messages: messages.reversed())
    }

    private func opened(_ events: [MatrixEvent], in room: String) async throws -> [String: MatrixEvent] {
        guard events.contains(where: \.isSealed), let encryption = self.encryption.withLock({ $0 }) else { return [:] }
        do {
            return try await encryption.look(at: events, in: room)
        } catch let error as DatabaseError {
            throw AdapterError(.disconnected, error.description)
        } catch let error as any NetworkGone {
            throw AdapterError(.disconnected, "\(error)")
        }
    }

    private func learnNames(from state: JSON?) {
        let members = MatrixEvent.list(state).filter { $0.type == .member }.prefix(Self.pageSize * 2)
        self.state.withLock { state in
            for member in members {
                // They are as they were then.
                guard let user = member.stateKey, !state.machine.unnamed([user]).isEmpty else { continue }
                state.machine.learn(name: member.content["displayname"]?.stringValue, of: user)
            }
        }
    }

    /// The names that the server tells in time.
    private func learnNames(of users: [String], in room: String) async throws {
        let unnamed = self.state.withLock { $0.machine.unnamed(users) }.prefix(Self.nameLimit)
        guard !unnamed.isEmpty else { return }
        await withDeadline(Self.namePatience) {
            await withTaskGroup(of: Void.self) { group in
                for user in unnamed {
                    group.addTask {
                        guard let member = try? await self.look(.state(of: room, .member, key: user), room: room) else {
                            return
                        }
                        self.state.withLock { $0.machine.learn(name: member["displayname"]?.stringValue, of: user) }
                    }
                }
            }
        }
        try Task.checkCancellation()
    }
}
