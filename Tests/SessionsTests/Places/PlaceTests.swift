import Chat
import Database
import Store
import TestSupport
import Testing
import Work

@testable import People
@testable import Sessions
@testable import Threads

@Suite("Places", .timeLimit(.minutes(1)))
struct PlaceTests {
    @Test(
        "a place has a name, and the name is the place",
        arguments: [
            (Place.network(AdapterID("irc:libera")), "irc:libera"), (.web("7f"), "web:7f"), (.gitHub, "github"),
            (.janitor, "janitor"), (.webhooks, "webhooks"),
        ])
    func names(place: Place, name: String) {
        expectEqual(place.name, name)
        expectEqual(Place(name: name), place)
    }

    @Test("a room and a thread of a network are the network's, in the web chat they are their own")
    func derivation() {
        let irc = AdapterID("irc:libera")
        expectEqual(Place(of: RoomID(adapter: irc, name: "#a")), .network(irc))
        expectEqual(Place(of: ThreadKey(adapter: irc, value: "#a/alice")), .network(irc))
        expectEqual(Place(of: RoomID(adapter: Place.webAdapter, name: "7f")), .web("7f"))
        expectEqual(Place(of: ThreadKey(adapter: Place.webAdapter, value: "7f")), .web("7f"))
    }

    @Test("many threads of the web chat come in parts")
    func batches() {
        let threads = Set((0..<600).map { Place.web("\($0)") })
        let parts = Places.some(threads.union([.network(AdapterID("irc:a"))])).batches
        expectEqual(parts.first, .some([.network(AdapterID("irc:a"))]))
        expectEqual(parts.count, 4)
        let all = parts.reduce(into: Set<Place>()) { all, part in
            if case .some(let places) = part { all.formUnion(places) }
        }
        expectEqual(all.count, 601)
        expectEqual(Places.all.batches, [.all])
        #expect(Places.some([]).batches.isEmpty)
    }

    @Test("a hold ends when the place is dropped, and a later one is another")
    func holds() {
        let held = HeldPlaces(hasAll: false)
        let place = Place.network(AdapterID("irc:a"))
        let none = held.hold(of: place)
        #expect(!held.contains(place) && !held.isCurrent(none))
        held.take([place])
        let first = held.hold(of: place)
        #expect(held.isCurrent(first) && !held.isCurrent(none))
        held.drop([place])
        #expect(!held.isCurrent(first) && !held.contains(place))
        held.take([place])
        #expect(!held.isCurrent(first))
        #expect(held.isCurrent(held.hold(of: place)))
    }

    @Test("who has everything can give up one place and get it back")
    func everything() {
        let held = HeldPlaces()
        let (a, b) = (Place.network(AdapterID("irc:a")), Place.network(AdapterID("irc:b")))
        let (holdA, holdB) = (held.hold(of: a), held.hold(of: b))
        held.drop([a])
        #expect(!held.isCurrent(holdA) && held.isCurrent(holdB))
        #expect(!held.contains(a) && held.contains(.janitor))
        held.take([a])
        #expect(held.contains(a) && !held.isCurrent(holdA) && held.isCurrent(holdB))
    }

    /// Every kind of row of two networks and two threads of the web chat; each place finds its own.
    @Test("statements choose the rows of a place")
    func rows() async throws {
        let directory = try TemporaryDirectory()
        let database = try Database(path: directory.path + "/store", migrations: StoreSchema.migrations)
        let store = SessionStore(database: database)
        let (a, b) = (AdapterID("irc:a"), AdapterID("irc:b"))
        let keys = [
            ThreadKey(adapter: a, value: "#x"), ThreadKey(adapter: b, value: "#x"),
            ThreadKey(adapter: Place.webAdapter, value: "one"), ThreadKey(adapter: Place.webAdapter, value: "two"),
        ]
        let sessions = try await store.write { ledger in
            try keys.map { key in
                try PlaceRows(key: key).write(to: ledger)
            }
        }
        for (key, session) in zip(keys, sessions) {
            let places = Places.some([Place(of: key)])
            try await store.read { ledger throws in
                try expectEqual(ledger.place(ofSession: session), Place(of: key))
                try expectEqual(ledger.openTurns(in: places).map(\.session), [session])
                try expectEqual(ledger.place(ofTurn: ledger.openTurns(in: places)[0].id), Place(of: key))
                try expectEqual(ledger.newEvents(of: places, after: 0, limit: 9).map(\.message.thread), [key])
                try expectEqual(ledger.runningJobs(in: places).map(\.job.session), [session])
                try expectEqual(ledger.roomsWithOutbox(in: places).map { Place(of: $0) }, [Place(of: key)])
                try expectEqual(
                    ledger.sessionsOfNicks(in: places).map(\.id), key.adapter == Place.webAdapter ? [] : [session])
            }
        }
        let some = Places.some([.network(a), .web("two")])
        try await store.write { ledger throws in
            try expectEqual(ledger.openTurns(in: some).map(\.session), [sessions[0], sessions[3]])
            try expectEqual(ledger.openTurns(in: .all).count, 4)
            #expect(try ledger.openTurns(in: .some([.janitor])).isEmpty)
            try ledger.markInterruptedSends(in: some, after: .takeover)
            let items = try sessions.map { try ledger.outbox(ofTurn: "op-\($0)")[0] }
            expectEqual(items.map(\.state), [.unknown, .sending, .sending, .unknown])
            expectEqual(items.map(\.mayStillArrive), [true, false, false, true])
            try ledger.endConnectionGrants(of: some)
            try expectEqual(ledger.grants().map(\.identity), ["irc:b/nick:bob"])
        }
    }

    @Test("a place is unfinished while a message, a turn, a command or an ask waits in it")
    func unfinished() async throws {
        let directory = try TemporaryDirectory()
        let store = SessionStore(
            database: try TestDatabase.open(path: directory.path + "/store", migrations: StoreSchema.migrations))
        try await store.write { ledger throws in
            try expectEqual(ledger.unfinishedPlaces(), [])
            let session = try PlaceRows(key: ThreadKey(adapter: Place.webAdapter, value: "one")).write(to: ledger)
            try expectEqual(ledger.unfinishedPlaces(), [.web("one")])
            try ledger.endJob("j1", of: session, .ended, ending: "exit 0", hasChanges: false, at: 2)
            try ledger.end("op-\(session)", .complete, error: nil, at: 2)
            try expectEqual(ledger.unfinishedPlaces(), [.web("one")])
            try ledger.finishEvent(ledger.newEvents(after: 0, limit: 1)[0].number, turn: nil)
            try expectEqual(ledger.unfinishedPlaces(), [])
            try ledger.connection.execute(
                """
                INSERT INTO asks (id, session, turn, kind, lead, tail, options, rule, requester, digest, adapter, room, route,
                message, created_at, expires_at, state)
                VALUES ('a1', ?, 't', '', '', '', '', '', '', '', 'web', 'one', '', 0, 0, 0, 'open')
                """, [.text(session)])
            try expectEqual(ledger.unfinishedPlaces(), [.web("one")])
            try ledger.connection.execute("UPDATE asks SET state = 'closed'", [])
            try expectEqual(ledger.unfinishedPlaces(), [])
        }
    }
}

/// A session with a row of each kind.
private struct PlaceRows {
    let key: ThreadKey

    /// Returns the session's id.
    func write(to ledger: Ledger) throws -> String {
        let route = Route(room: RoomID(adapter: self.key.adapter, name: self.key.value))
        let owner = self.key.adapter == Place.webAdapter ? "web/alice" : "\(self.key.adapter)/nick:bob"
        let session = try ledger.session(for: self.key, route: route, owner: owner, title: "", at: 1)
        let sender = Sender(id: owner, identities: [], displayName: "bob")
        let turn = "op-\(session.id)"
        try ledger.insert(
            TurnRecord(
                id: turn, session: session.id, kind: .chat, work: turn, text: "hello", sender: sender, route: route,
                message: nil, state: .running, attempts: 1, queuedAt: 1))
        let message = InboundMessage(
            thread: self.key, route: route, sender: sender, text: "hello", sentAt: 1, isDirect: true, isAddressed: true)
        _ = try ledger.insertEvent(
            session.id, adapter: self.key.adapter, body: StoredForm.text(of: message), role: .member, in: route.room,
            at: 1)
        _ = try ledger.insertJob(
            session: session.id, turn: turn, actor: owner, command: "make", isBackground: false, snapshot: nil, at: 1)
        let item = try ledger.insertOutbox(
            session: session.id, turn: turn, kind: .final, route: route, text: "answer", at: 1)
        try ledger.setOutbox(item.id, .sending, at: 1)
        if owner.contains("/nick:") { try ledger.grant(.member, to: owner, isLasting: false, at: 1) }
        return session.id
    }
}
