import Chat
import Database
import Store
import TestSupport
import Testing

@testable import Sessions
@testable import Threads

@Suite("The index of messages", .timeLimit(.minutes(1)))
struct SearchTests {
    private static func store(_ path: String, migrations: [Migration] = StoreSchema.migrations) throws -> SessionStore {
        SessionStore(database: try TestDatabase.open(path: path, migrations: migrations))
    }

    /// What a search finds.
    private static func found(_ words: String, in store: SessionStore) async throws -> [String] {
        try await store.indexMessages()
        return try await Self.indexed(words, in: store)
    }

    /// What is found in the index as it is.
    private static func indexed(_ words: String, in store: SessionStore) async throws -> [String] {
        try await store.read { ledger in
            try ledger.sessions(SessionFilter(search: words), after: nil, limit: 9).items.map(\.key.value)
        }
    }

    @Test("of a title as long as a message, which older releases stored, only the beginning is searched and read")
    func longTitle() async throws {
        let directory = try TemporaryDirectory()
        let store = try Self.store(directory.path + "/store")
        let id = try await store.write { ledger in
            let route = Route(room: RoomID(adapter: AdapterID("irc:local"), name: "#team"))
            let key = ThreadKey(adapter: AdapterID("irc:local"), value: "long")
            let title = "walrus " + String(repeating: "x", count: 200_000) + " penguin"
            return try ledger.session(for: key, route: route, owner: "alice", title: title, at: 1).id
        }
        try await expectEqual(Self.found("walrus", in: store), ["long"])
        try await expectEqual(Self.found("penguin", in: store), [])
        let stored = try await store.read { ledger in try ledger.session(id: id)?.title }
        expectEqual(stored?.utf8.count, ThreadTitle.byteLimit)
        await store.database.close()
    }

    @Test("a text of 2 MB with a zero is stored and found")
    func large() async throws {
        let directory = try TemporaryDirectory()
        let store = try Self.store(directory.path + "/store")
        let words = "walrus\0 " + (0..<300_000).map { "w\($0)" }.joined(separator: " ")
        let id = try await store.write { ledger in
            let route = Route(room: RoomID(adapter: AdapterID("irc:local"), name: "#team"))
            let key = ThreadKey(adapter: AdapterID("irc:local"), value: "large")
            let session = try ledger.session(for: key, route: route, owner: "alice", title: "", at: 1)
            return try ledger.insertMessage(session: session.id, turn: nil, role: .user, text: words, at: 1)
        }
        #expect(words.utf8.count > 2_000_000)
        let stored = try await store.read { ledger in try ledger.message(id: id)?.text }
        expectEqual(stored, TestDatabase.isPostgreSQL ? words.replacing("\0", with: "\u{FFFD}") : words)
        try await expectEqual(Self.found("walrus", in: store), ["large"])
        try await expectEqual(Self.found("w1234", in: store), ["large"])
        await store.database.close()
    }

    @Test("a long text of letters that normalising expands, or of accents that it sorts, is stored and found")
    func expanding() async throws {
        let directory = try TemporaryDirectory()
        let store = try Self.store(directory.path + "/store")
        // Squared words of katakana, three to a word; and words of one letter, of four bytes.
        let squares = (UInt32(0x3300)...0x3357).compactMap { Unicode.Scalar($0) }.map { Character($0) }
        let words = (0..<60_000).map { (number: Int) -> String in
            String([squares[number % 88], squares[number / 88 % 88], squares[number / 7_744]])
        }
        let letters = (UInt32(0x20000)..<0x2A000).compactMap { Unicode.Scalar($0) }.map { String(Character($0)) }
        let accents = String(repeating: "\u{301}", count: 50_000) + String(repeating: "\u{323}", count: 50_000)
        try await store.write { ledger in
            let route = Route(room: RoomID(adapter: AdapterID("irc:local"), name: "#team"))
            for (name, texts) in [("squares", words), ("letters", letters), ("accents", [accents])] {
                let key = ThreadKey(adapter: AdapterID("irc:local"), value: name)
                let session = try ledger.session(for: key, route: route, owner: "alice", title: "", at: 1)
                let text = "walrus\(name) " + texts.joined(separator: " ")
                try ledger.insertMessage(session: session.id, turn: nil, role: .user, text: text, at: 1)
            }
        }
        for name in ["squares", "letters", "accents"] {
            try await expectEqual(Self.found("walrus\(name)", in: store), [name])
        }
        await store.database.close()
    }

    @Test(
        "long messages are indexed in several transactions",
        .enabled(if: !TestDatabase.isPostgreSQL, "the index of words is SQLite's"))
    func batches() async throws {
        let directory = try TemporaryDirectory()
        let store = try Self.store(directory.path + "/store")
        try await store.write { ledger in
            let route = Route(room: RoomID(adapter: AdapterID("irc:local"), name: "#team"))
            let key = ThreadKey(adapter: AdapterID("irc:local"), value: "long")
            let session = try ledger.session(for: key, route: route, owner: "alice", title: "", at: 1)
            for word in ["walrus", "penguin", "otter"] {
                _ = try ledger.insertMessage(
                    session: session.id, turn: nil, role: .user, text: word + String(repeating: " x", count: 50_000),
                    at: 1)
            }
        }
        try await expectEqual(store.write { try $0.indexMessages(limit: 64, letters: 150_000) }, true)
        try await expectEqual(Self.indexed("penguin", in: store), ["long"])
        try await expectEqual(Self.indexed("otter", in: store), [])
        try await expectEqual(store.write { try $0.indexMessages(limit: 64, letters: 150_000) }, true)
        try await expectEqual(Self.indexed("otter", in: store), ["long"])
        try await expectEqual(store.write { try $0.indexMessages(limit: 64, letters: 150_000) }, false)
        await store.database.close()
    }

    @Test("a message that is edited or taken back while it waits is found as it is then, or not at all")
    func changes() async throws {
        let harness = try await BridgeHarness(worker: ScriptedWorker([.hold, .event(.text("one"))]))
        try await harness.adapter.say("first", from: "gina", thread: "alice", message: "m1")
        for (text, message) in [("walrus", "m2"), ("penguin", "m3")] {
            _ = try await harness.bridge.submit(harness.adapter.event(text, message: message))
        }
        let store = harness.bridge.store
        try await expectEqual(Self.found("walrus", in: store).count, 1)
        try await expectEqual(harness.adapter.edit("m2", to: "seal", id: "x1"), .stored)
        try await expectEqual(harness.adapter.takeBack("m3"), .stored)
        try await eventually("the edited text is no longer found") {
            try await Self.found("walrus", in: store).count != 1
        }
        try await eventually("the deleted text is no longer found") {
            try await Self.found("penguin", in: store).count != 1
        }
        try await expectEqual(Self.found("seal", in: store).count, 1)
        harness.worker.release()
        try await harness.settle()
    }

    @Test("a message that changes before it is indexed is found as it is then, and many are indexed in several steps")
    func later() async throws {
        let directory = try TemporaryDirectory()
        let store = try Self.store(directory.path + "/store")
        let session = try await store.write { ledger in
            let route = Route(room: RoomID(adapter: AdapterID("irc:local"), name: "#team"))
            let session = try ledger.session(
                for: ThreadKey(adapter: route.room.adapter, value: "many"), route: route, owner: "alice", title: "T",
                at: 1)
            for number in 1...150 {
                try ledger.insertMessage(session: session.id, turn: nil, role: .user, text: "text\(number)", at: 1)
            }
            try ledger.rewriteMessage(70, to: "walrus")
            try ledger.deleteMessages(where: "id = ?", .integer(150))
            return session
        }
        #expect(try await store.read { ledger in try ledger.hasUnindexedMessages() })
        #expect(try await Self.indexed("text1", in: store).isEmpty)
        for words in ["text1", "text149", "walrus"] { try await expectEqual(Self.found(words, in: store), ["many"]) }
        for words in ["text70", "text150"] { #expect(try await Self.found(words, in: store).isEmpty) }
        #expect(try await !store.read { ledger in try ledger.hasUnindexedMessages() })
        // The id of a deleted message is given out again, which must not make the next one look like an indexed one.
        try await store.write { ledger in
            try ledger.rewriteMessage(148, to: "seal")
            try ledger.deleteMessages(where: "id = ?", .integer(149))
            try ledger.insertMessage(session: session.id, turn: nil, role: .assistant, text: "penguin", at: 1)
        }
        try await expectEqual(Self.indexed("seal", in: store), ["many"])
        for words in ["text148", "text149"] { #expect(try await Self.indexed(words, in: store).isEmpty) }
        try await expectEqual(Self.found("penguin", in: store), ["many"])
        try await store.database.write { connection in
            try connection.execute("INSERT INTO message_words (message_words) VALUES ('integrity-check')", [])
        }
        await store.database.close()
    }

    @Test("a second after a turn its messages are indexed, also those of the turns before a restart")
    func indexer() async throws {
        let first = try await BridgeHarness()
        _ = try await first.ask("Where do otters sleep?")
        try await first.settle()
        let harness = try await BridgeHarness(directory: first.directory)
        let store = harness.bridge.store
        while try await Self.indexed("otters", in: store).isEmpty { try await Task.sleep(for: .milliseconds(20)) }
        _ = try await harness.bridge.deliver(harness.adapter.event("And seals?", id: "second"))
        while try await Self.indexed("seals", in: store).isEmpty { try await Task.sleep(for: .milliseconds(20)) }
        try await harness.settle()
    }
}
