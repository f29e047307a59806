import Database
import JSON
import Kit
import TestSupport
import Testing

@testable import Matrix

/// What is kept and asked for while events wait for their keys.
@Suite("Matrix: events that wait for keys", .timeLimit(.minutes(1)))
struct EncryptionLateTests {
    private let server = KeyServer()
    private let room = "!r:s"

    private func device(
        _ user: String, keys: TestKeys? = nil,
        mayTalk: @escaping @Sendable (String, String) async -> Bool = { _, _ in true }
    ) async throws -> KeyDevice {
        self.server.join(user, self.room)
        let device = try await KeyDevice(user, "D1", on: self.server, keys: keys, mayTalk: mayTalk)
        try await expectEqual(device.open(), .ready)
        return device
    }

    /// An event of a session that nobody has.
    private func unreadable(_ number: Int, from sender: String, session: String) -> JSON {
        [
            "event_id": .string("$\(sender)\(number)"), "type": "m.room.encrypted", "sender": .string(sender),
            "origin_server_ts": 1_000,
            "content": [
                "algorithm": "m.megolm.v1.aes-sha2", "session_id": .string(session), "ciphertext": "x",
            ],
        ]
    }

    /// A sync with these events, and without the messages to the device.
    private func hear(_ events: [JSON], _ bot: KeyDevice) async throws {
        let rooms: JSON = .object([self.room: ["timeline": ["events": .array(events)]]])
        let opened = try await bot.encryption.receive(["next_batch": "x", "rooms": ["join": rooms]], since: "s")
        try await bot.encryption.finishSync(opened)
    }

    private func waiting(of sender: String, _ bot: KeyDevice) async throws -> Int {
        try await bot.encryption.store.read { rows in
            let row = try rows.first(
                "SELECT count(*) AS count FROM {late} WHERE event LIKE $1", SQLValue("$\(sender)%"))
            return try row?.int("count") ?? 0
        }
    }

    private var requests: Int { self.server.requests.count { $0.contains("m.room_key_request") } }

    @Test("a flood of one person takes no other's places, nor more requests than its share, also after a start")
    func flood() async throws {
        let (alice, first) = (try await self.device("@a:s"), try await self.device("@bot:s"))
        let question = try await alice.say("hello", in: self.room, id: "$1")
        try await self.hear([question.json], first)
        try await self.hear((0..<300).map { self.unreadable($0, from: "@eve:s", session: "s\($0)") }, first)
        try await expectEqual(self.waiting(of: "@eve:s", first), MatrixLateEvents.senderLimit)
        await first.runErrands()
        // With Alice's.
        expectEqual(self.requests, 101)
        let bot = try await self.device("@bot:s", keys: try await first.kill())
        try await self.hear((300..<350).map { self.unreadable($0, from: "@eve:s", session: "s\($0)") }, bot)
        try await expectEqual(self.waiting(of: "@eve:s", bot), MatrixLateEvents.senderLimit)
        // Her newest ones.
        let newest = try await bot.encryption.store.read { rows in
            try rows.first("SELECT 1 FROM {late} WHERE event = $1", "$@eve:s349") != nil
        }
        #expect(newest)
        try await expectEqual(bot.sync(), ["$1": "hello"])
    }

    @Test("what an earlier version has kept beyond a person's share goes, the oldest first")
    func earlier() async throws {
        let bot = try await self.device("@bot:s")
        var changes = MatrixKeyChanges()
        let start = AdapterTime.now.wall - 1_000
        for number in 0..<250 {
            let body = self.unreadable(number, from: "@a:s", session: "s").text
            changes.setLate("$@a:s\(number)", room: self.room, session: "s", body: body, at: start + Int64(number))
        }
        try await bot.encryption.commit(changes)
        try await self.hear([self.unreadable(0, from: "@b:s", session: "t")], bot)
        try await expectEqual(self.waiting(of: "@a:s", bot), MatrixLateEvents.senderLimit)
        try await expectEqual(self.waiting(of: "@b:s", bot), 1)
        let oldest = try await bot.encryption.store.read { rows in
            try rows.first("SELECT min(at) AS at FROM {late}")?.int64("at")
        }
        expectEqual(oldest, start + 50)
    }

    @Test("of people to whom the bot does not listen nothing is kept, and no key is asked for")
    func strangers() async throws {
        let (alice, bot) = (
            try await self.device("@a:s"), try await self.device("@bot:s", mayTalk: { user, _ in user == "@a:s" })
        )
        let question = try await alice.say("hello", in: self.room, id: "$1")
        try await self.hear([self.unreadable(0, from: "@eve:s", session: "s"), question.json], bot)
        try await expectEqual(self.waiting(of: "@eve:s", bot), 0)
        await bot.runErrands()
        expectEqual(self.requests, 1)
        try await expectEqual(bot.sync(), ["$1": "hello"])
    }

    @Test("the key of a session is asked for once, and again after a failure; of others' sessions that says nothing")
    func once() async throws {
        let bot = try await self.device("@bot:s")
        try await self.hear((0..<50).map { self.unreadable($0, from: "@eve:s", session: "s") }, bot)
        try await self.hear([self.unreadable(50, from: "@eve:s", session: "s")], bot)
        self.server.fail("m.room_key_request")
        await bot.runErrands()
        expectEqual(self.requests, 1)
        try await self.hear([self.unreadable(51, from: "@eve:s", session: "s")], bot)
        try await self.hear([self.unreadable(0, from: "@a:s", session: "s")], bot)
        await bot.runErrands()
        expectEqual(self.requests, 3)
    }

    @Test("where bytes or places are short, whoever has most gives way, and of equals who has waited longest")
    func shares() {
        var late = MatrixLateEvents()
        expectEqual(late.add("$a", from: "@a:s", bytes: 60_000, at: 0), [])
        var dropped: [String] = []
        for number in 0..<200 {
            for user in ["@x:s", "@y:s", "@z:s"] {
                dropped += late.add("$\(user)\(number)", from: user, bytes: 65_536, at: 1)
            }
        }
        expectEqual(dropped.count, 600 - (MatrixLateEvents.limit - 60_000) / 65_536)
        #expect(!dropped.contains("$a"))
        late = MatrixLateEvents()
        expectEqual(late.add("$a", from: "@a:s", bytes: 500, at: 1_000), [])
        for number in 0..<4_999 { _ = late.add("$\(number)", from: "@p\(number):s", bytes: 500, at: Int64(number)) }
        expectEqual(late.add("$new", from: "@new:s", bytes: 500, at: 5_000), ["$0"])
        // A repeated event counts once; those that were read leave their places.
        expectEqual(late.add("$new", from: "@new:s", bytes: 500, at: 5_000), [])
        late.remove("$a", from: "@a:s")
        expectEqual(late.add("$b", from: "@b:s", bytes: 500, at: 5_001), [])
        expectEqual(late.add("$c", from: "@c:s", bytes: 500, at: 5_002), ["$1"])
        late.forgetOld(at: MatrixLateEvents.time + 1_000)
        expectEqual(late.add("$d", from: "@d:s", bytes: 998 * MatrixLateEvents.leastCost, at: 5_003), [])
    }
}
