import Chat
import Database
import Primitives
import Store
import TestSupport
import Testing

@testable import Delivery
@testable import Sessions
@testable import Threads

/// Two hosts over one store: places move between them.
@Suite("Take-over", .timeLimit(.minutes(1)))
struct TakeoverTests {
    private let directory: TemporaryDirectory
    private let database: Database
    private let places = TestPlaces()
    private let one = FakeAdapter(id: "irc:a")
    private let two = FakeAdapter(id: "irc:b")
    private let placeA = Place.network(AdapterID("irc:a"))

    init() throws {
        self.directory = try TemporaryDirectory()
        self.database = try Database(path: self.directory.path + "/store", migrations: StoreSchema.migrations)
    }

    /// Host A has the first network, host B the second.
    private func hosts(
        _ a: ScriptedWorker = ScriptedWorker(), _ b: ScriptedWorker = ScriptedWorker(), desk: FakeDesk? = nil
    ) async throws -> (a: HostOfPlaces, b: HostOfPlaces) {
        let networks = [self.one, self.two]
        let first = try await HostOfPlaces(
            "a", of: self.places, self.database, networks: networks, worker: a, desk: desk)
        let second = try await HostOfPlaces("b", of: self.places, self.database, networks: networks, worker: b)
        self.places.give(self.placeA, to: "a")
        self.places.give(.network(self.two.id), to: "b")
        try await first.bridge.take([self.placeA])
        try await second.bridge.take([.network(self.two.id)])
        self.one.connect(to: first.bridge)
        self.two.connect(to: second.bridge)
        return (first, second)
    }

    /// Lets B have the first network.
    private func move(to host: HostOfPlaces) async throws {
        self.places.give(self.placeA, to: "b")
        self.one.connect(to: host.bridge)
        try await host.bridge.take([self.placeA])
    }

    @Test("a host refuses what belongs to another")
    func foreignEvent() async throws {
        let (a, b) = try await self.hosts()
        await #expect(throws: PlaceLost.self) { try await b.bridge.deliver(self.one.event("hello")) }
        await #expect(throws: PlaceLost.self) { try await a.bridge.deliver(self.two.event("hello")) }
        _ = try await b.ask("hello", on: self.two)
        try await b.settle(self.two)
        expectEqual(self.two.texts, ["You said: hello"])
        #expect(self.one.texts.isEmpty)
    }

    @Test("two calls that take a place recover it once, and both wait for that")
    func twice() async throws {
        let (a, b) = try await self.hosts()
        await a.bridge.drop([self.placeA])
        self.places.give(self.placeA, to: "b")
        let recoveries = Protected(0)
        let (begun, ended) = (Signal(), Signal())
        let first = Task {
            try await b.bridge.take([self.placeA]) { _ in
                recoveries.withLock { $0 += 1 }
                begun.signal()
                await ended.wait()
            }
        }
        await begun.wait()
        let second = Task { try await b.bridge.take([self.placeA]) { _ in recoveries.withLock { $0 += 1 } } }
        try await eventually("the second call waits") { b.bridge.state.withLock { $0.takers.count } == 1 }
        ended.signal()
        try await first.value
        try await second.value
        expectEqual(recoveries.withLock { $0 }, 1)
        #expect(b.bridge.serves(self.placeA))
    }

    @Test("what ran and what waited is answered by the next host, once")
    func moved() async throws {
        let (a, b) = try await self.hosts(
            ScriptedWorker([.event(.text("You said: 1"))], [.hold, .event(.text("too late"))]))
        _ = try await a.ask("1", on: self.one)
        try await a.settle(self.one)
        let running = try #require(try await a.ask("2", on: self.one))
        let third = self.one.event("3", from: "gina", thread: "alice")
        let waiting = try #require(try await a.bridge.submit(third))
        _ = try await b.ask("beside", on: self.two)
        await a.bridge.drop([self.placeA])
        try await self.move(to: b)
        try await b.settle(self.one)
        try await b.settle(self.two)
        let answers = self.one.texts.filter { $0.hasPrefix("You said") || $0.hasPrefix("too") }
        expectEqual(answers, ["You said: 1", "You said: 2", "You said: 3"])
        expectEqual(self.two.texts, ["You said: beside"])
        for submission in [running, waiting] {
            let turn = try await b.bridge.store.read { ledger in try ledger.turn(id: submission.operation) }
            expectEqual(turn?.state, .complete)
        }
        expectEqual(self.places.refusals, 0)
    }

    @Test("a turn that has said something ends with one note, and its old host says nothing more")
    func streamed() async throws {
        let (a, b) = try await self.hosts(
            ScriptedWorker([.event(.text("Begun.\n\nHal")), .hold, .event(.text("f."))]))
        let submission = try #require(try await a.ask("hello", on: self.one))
        let watching = try await a.bridge.hub.subscribe(toOperation: submission.operation, after: 0)
        await self.one.waitForPosts(1)
        var seen: [LiveFrame] = []
        for await frame in watching.frames {
            seen.append(frame)
            if frame.kind == .execution { break }
        }
        try await eventually("the outbox is sent") {
            try await a.bridge.store.read { ledger in try ledger.outboxPending() == 0 }
        }
        await a.bridge.drop([self.placeA])
        #expect(watching.didOverflow)
        try await self.move(to: b)
        a.worker.release()
        try await b.settle(self.one)
        expectEqual(self.one.texts.count, 3)
        expectEqual(self.one.texts.first, "Begun.")
        expectEqual(self.one.texts.dropFirst().first, "Hal")
        expectEqual(self.one.texts.last?.hasPrefix("Interrupted"), true)
        let frames = try await b.bridge.store.frames(of: submission.operation, after: 0)
        expectEqual(Array(frames.prefix(seen.count)), seen)
        expectEqual(frames.map(\.sequence), Array(1...Int64(frames.count)))
        expectEqual(frames.filter(\.isLast).count, 1)
    }

    @Test("a host that hung while another took its place writes and posts nothing, and lets go")
    func pausedHost() async throws {
        let desk = FakeDesk()
        let (a, b) = try await self.hosts(ScriptedWorker([.hold, .event(.text("From A."))]), desk: desk)
        let submission = try #require(try await a.ask("hello", on: self.one))
        let session = try #require(
            try await a.bridge.store.read { ledger in try ledger.turn(id: submission.operation)?.session })
        desk.add(
            Job(id: "j1", session: session, turn: "t", command: "sleep 9", isBackground: true, startedAt: 1))
        // A does not know.
        try await self.move(to: b)
        try await b.settle(self.one)
        #expect(a.held.contains(self.placeA))
        a.worker.release()
        try await eventually("host A has lost the place") { !a.held.contains(self.placeA) }
        await a.bridge.drop([self.placeA])
        #expect(self.places.refusals > 0)
        expectEqual(desk.abandoned, [session])
        expectEqual(self.one.texts, ["You said: hello"])
        let turns = try await b.bridge.store.read { ledger in try ledger.turn(id: submission.operation) }
        expectEqual(turns?.state, .complete)
        await #expect(throws: PlaceLost.self) { try await a.bridge.deliver(self.one.event("again")) }
    }

    @Test("a host that gets a place back serves it as if it were new")
    func backAgain() async throws {
        let (a, b) = try await self.hosts(ScriptedWorker([.hold]))
        _ = try await a.ask("1", on: self.one)
        await a.bridge.drop([self.placeA])
        try await self.move(to: b)
        try await b.settle(self.one)
        await b.bridge.finish([self.placeA], by: .now + .seconds(5))
        await b.bridge.drop([self.placeA])
        self.places.give(self.placeA, to: "a")
        self.one.connect(to: a.bridge)
        try await a.bridge.take([self.placeA])
        _ = try await a.ask("2", on: self.one)
        try await a.settle(self.one)
        expectEqual(self.one.texts, ["You said: 1", "You said: 2"])
        expectEqual(self.places.refusals, 0)
    }

    @Test("before a place goes, running turns end, and what comes waits for its next host")
    func handedOver() async throws {
        let (a, b) = try await self.hosts(ScriptedWorker([.hold, .event(.text("Ended here."))]))
        _ = try await a.ask("1", on: self.one)
        async let finished: Void = a.bridge.finish([self.placeA], by: .now + .seconds(20))
        try await eventually("the place is stopping") { a.bridge.isStopping(self.placeA) }
        try await expectEqual(self.one.say("2"), .stored)
        a.worker.release()
        await finished
        expectEqual(self.one.texts, ["Ended here."])
        await a.bridge.drop([self.placeA])
        try await self.move(to: b)
        try await b.settle(self.one)
        expectEqual(self.one.texts, ["Ended here.", "You said: 2"])
    }

    @Test("while a host is not sure of its place it posts nothing")
    func unsure() async throws {
        let (a, _) = try await self.hosts()
        a.tenancy.setMayPost(false)
        let submission = try #require(try await a.ask("hello", on: self.one))
        let room = RoomID(adapter: self.one.id, name: "alice")
        let lane = try #require(a.bridge.lanes.lane(for: room))
        try await eventually("the lane pauses") { await lane.isPausing }
        #expect(self.one.texts.isEmpty)
        let items = try await a.bridge.store.read { ledger in try ledger.outbox(ofTurn: submission.operation) }
        expectEqual(items.map(\.state), [.pending])
        a.tenancy.setMayPost(true)
        await lane.wake()
        try await a.settle(self.one)
        expectEqual(self.one.texts, ["You said: hello"])
    }

    // MARK: Sends

    @Test(
        "a lost send that cannot be found is repeated: with the mark after a take-over, unless the network knows repeats",
        arguments: [
            (Interruption.restart, false, false), (.takeover, false, true), (.takeover, true, false),
        ])
    func lostSend(interruption: Interruption, knowsRepeats: Bool, isMarked: Bool) async throws {
        let network = FindingAdapter(self.one, recognisesRepeats: knowsRepeats)
        let store = SessionStore(database: self.database)
        let room = RoomID(adapter: network.id, name: "#team")
        try await store.write { ledger in
            let item = try ledger.insertOutbox(
                session: "s", turn: "t", kind: .final, route: Route(room: room), text: "Answer", at: 1)
            try ledger.setOutbox(item.id, .sending, at: 1)
            try ledger.markInterruptedSends(in: .some([self.placeA]), after: interruption)
        }
        let host = try await HostOfPlaces("a", of: self.places, self.database, networks: [network])
        self.places.give(self.placeA, to: "a")
        self.one.connect(to: host.bridge)
        try await host.bridge.take([self.placeA])
        await self.one.waitForPosts(1)
        try await host.settle(self.one)
        expectEqual(self.one.texts, [isMarked ? TurnTexts.repeatMark + "Answer" : "Answer"])
    }

    @Test("that a send may still arrive is remembered through further failures")
    func rememberedDoubt() async throws {
        let route = Route(room: RoomID(adapter: self.one.id, name: "#team"))
        try await SessionStore(database: self.database).write { ledger throws in
            let item = try ledger.insertOutbox(
                session: "s", turn: "t", kind: .preview, route: route, text: "Beg", at: 1)
            try ledger.setOutbox(item.id, .sending, at: 1)
            try ledger.markInterruptedSends(after: .takeover)
            let (finals, _) = try ledger.finishPreviews(ofTurn: "t", with: ["Begun."], surplus: .kept)
            expectEqual(finals.map(\.mayStillArrive), [true])
            #expect(try ledger.markSending(item.id, at: 1))
            try ledger.markInterruptedSends(after: .restart)
            try expectEqual(ledger.outbox(ofTurn: "t").map(\.mayStillArrive), [true])
            try ledger.setOutbox(item.id, .sent, reference: "7", at: 1)
            try expectEqual(ledger.outbox(ofTurn: "t").map(\.mayStillArrive), [false])
        }
    }
}
