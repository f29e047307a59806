import Database
import JSON
import Primitives
import TestSupport
import Testing

@testable import Matrix

/// What is kept of messages that were read, so that a server cannot repeat them.
@Suite("Matrix: indices of messages", .timeLimit(.minutes(1)))
struct EncryptionIndexTests {
    private let server = KeyServer()
    private let room = "!r:s"
    private let clock = Protected<Int64>(1_800_000_000_000)

    private func bot(_ keys: TestKeys? = nil) async throws -> KeyDevice {
        self.server.join("@bot:s", self.room)
        let clock = self.clock
        let bot = try await KeyDevice("@bot:s", "D1", on: self.server, keys: keys, clock: { clock.withLock { $0 } })
        try await expectEqual(bot.open(), .ready)
        return bot
    }

    private func alice() async throws -> KeyDevice {
        self.server.join("@a:s", self.room)
        let alice = try await KeyDevice("@a:s", "D1", on: self.server)
        try await expectEqual(alice.open(), .ready)
        return alice
    }

    /// A sync an hour later.
    private func syncLater(_ bot: KeyDevice) async throws {
        self.clock.withLock { $0 += 3_600_000 }
        try await bot.sync()
    }

    /// The event as if it was sent now.
    private func stamped(_ event: MatrixEvent) throws -> MatrixEvent {
        var json = event.json.objectValue ?? [:]
        json["origin_server_ts"] = .integer(self.clock.withLock { $0 })
        return try #require(MatrixEvent(.object(json)))
    }

    private func count(_ rows: String, of bot: KeyDevice) async throws -> Int {
        try await bot.encryption.store.read { keys in
            try keys.first("SELECT count(*) AS count FROM \(rows)")?.int("count") ?? 0
        }
    }

    @Test("the indices of old messages become one row, and none of the messages can be repeated")
    func merged() async throws {
        let (alice, first) = (try await self.alice(), try await self.bot())
        // The events of a KeyDevice say that they were sent long ago.
        var events: [MatrixEvent] = []
        for number in 0..<5 {
            events.append(try await alice.say("old", in: self.room, id: "$\(number)"))
            try await expectEqual(first.sync([events[number]]), ["$\(number)": "old"])
        }
        let recent = try self.stamped(try await alice.say("recent", in: self.room, id: "$5"))
        try await expectEqual(first.sync([recent]), ["$5": "recent"])
        try await self.syncLater(first)
        // A crash before the sync's position was stored would repeat them, so they are left for another interval.
        try await expectEqual(self.count("{indices}", of: first), 6)
        try await expectEqual(first.sync([events[0]]), ["$0": "old"])
        try await self.syncLater(first)
        try await expectEqual(self.count("{indices}", of: first), 2)
        let bot = try await self.bot(try await first.kill())
        for number in 0..<5 {
            let repeated = try alice.event(events[number].content, id: "$again\(number)")
            try await expectEqual(bot.sync([repeated]), [:])
        }
        try await expectEqual(bot.sync([recent]), ["$5": "recent"])
        try await expectEqual(bot.sync([try self.stamped(alice.event(recent.content, id: "$6"))]), [:])
        try await expectEqual(bot.sync([try await alice.say("next", in: self.room, id: "$7")]), ["$7": "next"])
        // The later one joins the range when its neighbours are old too.
        self.clock.withLock { $0 += 31 * 86_400_000 }
        try await self.syncLater(bot)
        try await self.syncLater(bot)
        try await expectEqual(self.count("{indices}", of: bot), 1)
    }

    @Test("of a session with more than 1,000 ranges, the lowest gaps count as read")
    func ranges() async throws {
        let bot = try await self.bot()
        try await bot.sync()
        var changes = MatrixKeyChanges()
        for number in 0..<UInt32(1_500) { changes.setIndex(session: "s", 2 * number, event: "$\(number)", sentAt: 0) }
        try await bot.encryption.store.commit(changes)
        try await self.syncLater(bot)
        try await expectEqual(self.count("{indices} WHERE session = 's'", of: bot), MatrixEncryption.rangeLimit)
        try await expectEqual(self.count("{indices} WHERE sent_at = 0 AND message_index = 1000", of: bot), 1)
        try await expectEqual(self.count("{indices} WHERE sent_at = 1002 AND message_index = 1002", of: bot), 1)
        // Nothing is left to merge.
        try await self.syncLater(bot)
        try await expectEqual(self.count("{indices}", of: bot), MatrixEncryption.rangeLimit)
    }
}
