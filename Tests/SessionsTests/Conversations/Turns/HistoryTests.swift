import Chat
import Database
import Store
import Surroundings
import TestSupport
import Testing

@testable import Sessions
@testable import Threads

@Suite("The history in memory", .timeLimit(.minutes(1)))
struct HistoryTests {
    private func entry(_ id: Int64, _ text: String = "text") -> HistoryEntry {
        HistoryEntry(id: id, role: id % 2 == 0 ? .user : .assistant, author: id % 2 == 0 ? "alice" : nil, text: text)
    }

    @Test("a turn gets the stored history, even after new, a command or a cut answer")
    func sameAsStored() async throws {
        let harness = try await BridgeHarness(
            worker: ScriptedWorker(
                [.event(.text("one"))], [.event(.text("two"))], [.event(.text("half")), .cut("it broke")],
                [.event(.text("four"))], [.event(.text("five"))], [.event(.text("six"))]))
        for text in ["a", "b", "c", "!whoami", "d", "!new", "e", "f"] {
            let operation = try #require(try await harness.ask(text)).operation
            _ = try await harness.frames(of: operation)
            guard !text.hasPrefix("!"), let request = harness.worker.requests.last else { continue }
            // The turn's end is published before the thread is free for the next.
            let stored = try await harness.bridge.store.read { ledger in
                let turn = try ledger.turn(id: operation)
                let session = try turn.flatMap { try ledger.session(id: $0.session) }
                return try ledger.history(
                    of: session?.id ?? "", after: session?.historyStart ?? 0, before: operation, limit: 400)
            }
            expectEqual(request.history, stored, "\(text)")
        }
        expectEqual(harness.worker.requests.last?.history.map(\.text), ["e", "five"])
    }

    @Test("it has the newest entries within its bytes, and counts of a long output what later prompts may have of it")
    func bytes() async throws {
        let directory = try TemporaryDirectory()
        let database = try TestDatabase.open(path: directory.path + "/store", migrations: StoreSchema.migrations)
        let store = SessionStore(database: database)
        let output = String(repeating: "begin ", count: 20_000) + String(repeating: "end ", count: 20_000)
        let histories = try await store.write { ledger in
            let route = Route(room: Sample.room)
            let session = try ledger.session(for: Sample.thread, route: route, owner: "alice", title: "", at: 1).id
            for (index, kind) in [TurnKind.chat, .run, .chat, .chat].enumerated() {
                let turn = "turn\(index)"
                try ledger.insert(
                    TurnRecord(
                        id: turn, session: session, kind: kind, work: turn, text: "", sender: Sample.person("alice"),
                        route: route, message: nil, state: .running, attempts: 1, queuedAt: 1))
                let text = kind == .run ? output : String(repeating: "\(index)", count: 3_000)
                try ledger.insertMessage(session: session, turn: turn, role: .assistant, text: text, at: 1)
            }
            return try [1, 10_000, 25_000].map { bytes in
                try ledger.history(of: session, after: 0, before: "turn3", limit: 400, bytes: bytes).map(\.text)
            }
        }
        let (first, last) = (String(repeating: "0", count: 3_000), String(repeating: "2", count: 3_000))
        expectEqual(histories, [[last], [last], [first, HistoryOutput.shortened(output), last]])
        await database.close()
    }

    @Test("only the direct successor of the cached history gets it")
    func successor() {
        let cache = HistoryCache(entryLimit: 4)
        let (alice, gina) = (AccessTests.sender(Identity("alice")), AccessTests.sender(Identity("gina")))
        expectEqual(cache.past(of: "t", upTo: 0), HistoryCache.Past())
        expectEqual(cache.past(of: "t", upTo: 3), nil)
        cache.append([self.entry(2), self.entry(3)], by: Authors([alice]), of: "t", epoch: 0, turn: 1, after: 0)
        cache.append([self.entry(10)], by: Authors([alice]), of: "t", epoch: 0, turn: 5, after: 4)
        let first = HistoryCache.Past(entries: [self.entry(2), self.entry(3)], authors: Authors([alice]), epoch: 0)
        expectEqual(cache.past(of: "t", upTo: 1), first)
        expectEqual(cache.past(of: "t", upTo: 5), nil)
        cache.append([self.entry(8), self.entry(9)], by: Authors([gina]), of: "t", epoch: 0, turn: 4, after: 1)
        cache.append([self.entry(10)], by: Authors([alice]), of: "t", epoch: 0, turn: 5, after: 4)
        expectEqual(cache.past(of: "t", upTo: 5)?.entries.map(\.id), [3, 8, 9, 10])
        expectEqual(cache.past(of: "t", upTo: 5)?.authors, Authors([alice, gina]))
    }

    @Test("beyond its byte limit the cache drops the least recently used threads, and refuses huge ones")
    func bounded() {
        let cache = HistoryCache(byteLimit: 40_000, entryLimit: 400)
        let text = String(repeating: "x", count: 5_000)
        for number in 0..<7 {
            cache.keep(self.past(text), of: "t\(number)", upTo: 1, readAt: 0)
            _ = cache.past(of: "t0", upTo: 1)
        }
        cache.keep(self.past(text), of: "t7", upTo: 1, readAt: 0)
        #expect(cache.past(of: "t0", upTo: 1) != nil)
        #expect(cache.past(of: "t7", upTo: 1) != nil)
        expectEqual(cache.past(of: "t1", upTo: 1), nil)
        cache.keep(self.past(text + text), of: "giant", upTo: 1, readAt: 0)
        expectEqual(cache.past(of: "giant", upTo: 1), nil)
    }

    @Test("what was read before something was forgotten is not kept")
    func forgotten() {
        let cache = HistoryCache(byteLimit: 40_000, entryLimit: 400)
        cache.keep(self.past("old"), of: "t", upTo: 1, readAt: 0)
        cache.forget("t")
        cache.keep(self.past("old"), of: "t", upTo: 1, readAt: 0)
        expectEqual(cache.past(of: "t", upTo: 1), nil)
        cache.keep(self.past("new"), of: "t", upTo: 1, readAt: cache.forgotten)
        #expect(cache.past(of: "t", upTo: 1) != nil)
    }

    private func past(_ text: String) -> HistoryCache.Past { HistoryCache.Past(entries: [self.entry(2, text)]) }
}
