package import EventLoop
internal import HTTP
package import JSON

/// A person on a test's Matrix server, using the plain client API and receiving what a chat client would.
///
/// It syncs until ``leave()`` or until the last reference goes away.
@Net package final class MatrixPerson {
    package nonisolated let account: MatrixAccount
    let api: MatrixAPI
    private var rooms: [String: MatrixTimeline] = [:]
    private var since: String
    private let changed = WaitList()
    private var isListening = true
    private var lastTransaction = 0
    /// How many times the server was asked what is new.
    var lastCount = 0
    /// The rooms that the person is invited to.
    package private(set) var invitations: Set<String> = []

    private nonisolated static let filter: JSON = [
        "room": ["timeline": ["limit": 100], "state": ["lazy_load_members": true], "account_data": ["types": []]],
        "presence": ["types": []], "account_data": ["types": []],
    ]

    nonisolated init(_ account: MatrixAccount, api: MatrixAPI) async throws {
        self.account = account
        self.api = api
        let first = try await api.get(
            "_matrix", "client", "v3", "sync", query: ["timeout": "0", "filter": Self.filter.text])
        self.since = first["next_batch"]?.stringValue ?? ""
        await self.take(first)
        // Unstructured: it syncs while the test does other things, and holds the person only during one sync request.
        Task { @Net [weak self] in
            while await self?.listen() == true {}
        }
    }

    package nonisolated var userID: String { self.account.userID }

    /// Stops syncing.
    package func leave() {
        self.isListening = false
        self.changed.wakeAll()
    }

    /// One long-polling sync; false at the end.
    private func listen() async -> Bool {
        guard self.isListening else { return false }
        do {
            let answer = try await self.api.get(
                "_matrix", "client", "v3", "sync",
                query: ["timeout": "10000", "since": self.since, "filter": Self.filter.text], wait: .seconds(10))
            try await self.fillGaps(of: answer)
            self.since = answer["next_batch"]?.stringValue ?? self.since
            self.take(answer)
        } catch {
            // The server may be away for a while; callers waiting here have a deadline.
            try? await EventLoop.shared.sleep(for: .milliseconds(50))
        }
        return self.isListening
    }

    private func take(_ answer: JSON) {
        for (room, update) in answer["rooms"]?["join"]?.objectValue ?? [:] {
            self.invitations.remove(room)
            for event in update["state"]?["events"]?.arrayValue ?? [] where event["type"] == "m.room.message" {
                self.rooms[room, default: MatrixTimeline()].take(event)
            }
            for event in update["timeline"]?["events"]?.arrayValue ?? [] {
                self.rooms[room, default: MatrixTimeline()].take(event)
            }
            for event in update["ephemeral"]?["events"]?.arrayValue ?? [] { self.takeEphemeral(event, in: room) }
        }
        for (room, _) in answer["rooms"]?["invite"]?.objectValue ?? [:] { self.invitations.insert(room) }
        self.changed.wakeAll()
    }

    private func takeEphemeral(_ event: JSON, in room: String) {
        switch event["type"]?.stringValue {
        case "m.typing":
            let people = event["content"]?["user_ids"]?.arrayValue?.compactMap(\.stringValue) ?? []
            self.rooms[room, default: MatrixTimeline()].typing = Set(people)
        case "m.receipt":
            for (id, kinds) in event["content"]?.objectValue ?? [:] {
                for (user, _) in kinds["m.read"]?.objectValue ?? [:] {
                    self.rooms[room, default: MatrixTimeline()].receipts[user] = id
                }
            }
        default: break
        }
    }

    /// A `limited` timeline begins after a gap; fetches backwards until a known event.
    private func fillGaps(of answer: JSON) async throws {
        for (room, update) in answer["rooms"]?["join"]?.objectValue ?? [:] {
            guard update["timeline"]?["limited"] == true, self.rooms[room] != nil,
                var from = update["timeline"]?["prev_batch"]?.stringValue
            else { continue }
            var missing: [JSON] = []
            while true {
                let page = try await self.api.get(
                    "_matrix", "client", "v3", "rooms", room, "messages",
                    query: ["dir": "b", "from": from, "limit": "100"])
                let chunk = page["chunk"]?.arrayValue ?? []
                let new = chunk.prefix { !self.hasSeen($0["event_id"]?.stringValue ?? "", in: room) }
                missing += new
                guard new.count == chunk.count, let end = page["end"]?.stringValue, !chunk.isEmpty else { break }
                from = end
            }
            for event in missing.reversed() { self.rooms[room]?.take(event) }
        }
    }

    // MARK: Room contents

    /// A room's messages in order, including those in threads, without redacted ones.
    package func messages(in room: String) -> [MatrixMessage] {
        self.rooms[room]?.messages.filter { !$0.isRedacted } ?? []
    }

    /// A message in its current form, even if it was redacted.
    package func message(_ id: String, in room: String) -> MatrixMessage? { self.rooms[room]?.message(id) }

    /// Every event, as the server sent it.
    package func events(in room: String) -> [JSON] { self.rooms[room]?.events ?? [] }

    package func typing(in room: String) -> Set<String> { self.rooms[room]?.typing ?? [] }

    /// The event up to which a user has read.
    package func receipt(of user: String, in room: String) -> String? { self.rooms[room]?.receipts[user] }

    /// Forgets the known messages, so that a long test does not accumulate them.
    package func forget(_ room: String) { self.rooms[room]?.forget() }

    package func hasSeen(_ event: String, in room: String) -> Bool { self.rooms[room]?.hasSeen(event) ?? false }

    // MARK: Waiting

    /// Waits until `find` returns a value; it is called after every sync.
    @discardableResult
    package func wait<Value: Sendable>(
        for what: String, within limit: Duration = .seconds(20), _ find: @Net (MatrixPerson) -> Value?
    ) async throws -> Value {
        var isOver = false
        let timer = EventLoop.shared.schedule(after: limit) {
            isOver = true
            self.changed.wakeAll()
        }
        defer { timer.cancel() }
        while true {
            if let found = find(self) { return found }
            guard !isOver, self.isListening else {
                let last = self.rooms.values.flatMap { $0.messages.suffix(6) }
                    .map { "\($0.sender): \($0.body)" }.joined(separator: "\n")
                throw MatrixTestFailure("\(self.account.name) timed out waiting for \(what); last:\n\(last)")
            }
            try await self.changed.wait()
        }
    }

    /// Waits until a room's messages satisfy `isMet`, and returns them.
    @discardableResult
    package func wait(
        in room: String, within limit: Duration = .seconds(20), until isMet: @Net ([MatrixMessage]) -> Bool
    ) async throws -> [MatrixMessage] {
        try await self.wait(for: "messages", within: limit) { person in
            let messages = person.messages(in: room)
            return isMet(messages) ? messages : nil
        }
    }

    /// Waits until an event has arrived.
    package func wait(forEvent id: String, in room: String, within limit: Duration = .seconds(20)) async throws {
        try await self.wait(for: "event \(id)", within: limit) { $0.hasSeen(id, in: room) ? true : nil }
    }

    /// Waits until the room's newest event has arrived.
    package func catchUp(in room: String) async throws {
        let page = try await self.api.get(
            "_matrix", "client", "v3", "rooms", room, "messages", query: ["dir": "b", "limit": "1"])
        guard let id = page["chunk"]?[0]?["event_id"]?.stringValue else { return }
        try await self.wait(forEvent: id, in: room)
    }

    /// A transaction id that this person has not used.
    func newTransaction() -> String {
        self.lastTransaction += 1
        return "t\(self.lastTransaction)"
    }
}
