import Chat
import Database
import JSON
import Kit
import Logging
import Olm
import Primitives
import TestSupport
import Testing

@testable import Matrix

/// What people without a room of the bot make it remember.
@Suite("Matrix: encryption and strangers", .timeLimit(.minutes(1)))
struct EncryptionStrangerTests {
    private let server = KeyServer()
    private let room = "!r:s"
    private let clock = Protected<Int64>(1_800_000_000_000)

    /// Alice and the bot, in a room whose members the bot knows. Each message of hers has a session of its own, whose
    /// key goes through the channel.
    private func pair() async throws -> (alice: KeyDevice, bot: KeyDevice) {
        self.server.setEncryption(["algorithm": "m.megolm.v1.aes-sha2", "rotation_period_msgs": 1])
        for user in ["@a:s", "@bot:s"] { self.server.join(user, self.room) }
        let alice = try await KeyDevice("@a:s", "D1", on: self.server)
        try await expectEqual(alice.open(), .ready)
        let bot = try await self.bot()
        try await expectEqual(bot.sync([try await alice.say("one", in: self.room, id: "$1")]), ["$1": "one"])
        _ = try await bot.say("two", in: self.room, id: "$2")
        return (alice, bot)
    }

    private func bot(_ keys: TestKeys? = nil) async throws -> KeyDevice {
        let clock = self.clock
        let bot = try await KeyDevice("@bot:s", "D1", on: self.server, keys: keys, clock: { clock.withLock { $0 } })
        try await expectEqual(bot.open(), .ready)
        return bot
    }

    private func wait(_ milliseconds: Int64) { self.clock.withLock { $0 += milliseconds } }

    private func count(_ rows: String, of bot: KeyDevice) async throws -> Int {
        try await bot.encryption.store.read { keys in
            try keys.first("SELECT count(*) AS count FROM \(rows)")?.int("count") ?? 0
        }
    }

    @Test("people without a common room are forgotten beyond 2,000 and after thirty days, and members are not")
    func people() async throws {
        let (alice, bot) = try await self.pair()
        self.wait(1)
        try await bot.encryption.refreshAnyway((0..<2_300).map { "@eve\($0):s" })
        self.wait(1)
        try await bot.encryption.refreshAnyway(["@late:s"])
        try await bot.sync()
        // With Alice, and with the bot itself.
        let people = await bot.encryption.people
        expectEqual(people.count, MatrixEncryption.strangerLimit + 2)
        #expect(people["@a:s"] != nil && people["@late:s"] != nil)
        try await expectEqual(self.count("{users}", of: bot), people.count)
        self.wait(31 * 86_400_000)
        try await bot.sync()
        await expectEqual(bot.encryption.people.keys.sorted(), ["@a:s", "@bot:s"])
        try await expectEqual(self.count("{users}", of: bot), 2)
        try await expectEqual(bot.sync([try await alice.say("three", in: self.room, id: "$3")]), ["$3": "three"])
    }

    @Test("a room that the bot has left is forgotten, but for the keys of its messages; it may come back")
    func leftRoom() async throws {
        let (alice, bot) = try await self.pair()
        try await expectEqual(self.count("{members}", of: bot), 2)
        let left: JSON = ["next_batch": "s", "rooms": ["leave": .object([self.room: [:]])]]
        _ = try await bot.encryption.receive(left, since: "s")
        for table in ["rooms", "members", "outbound", "shares"] {
            try await expectEqual(self.count("{\(table)}", of: bot), 0, "\(table)")
        }
        await expectEqual(bot.encryption.rooms, [:])
        try await expectEqual(self.count("{room_keys} WHERE room = '!r:s' AND source = 'device'", of: bot), 1)
        // Nor is its member somebody in a room of the bot any more.
        await expectEqual(bot.encryption.roommates, [])
        _ = try await bot.say("again", in: self.room, id: "$3")
        try await expectEqual(bot.sync([try await alice.say("welcome", in: self.room, id: "$4")]), ["$4": "welcome"])
    }

    @Test("a first sync forgets the rooms that it does not have")
    func leftUnseen() async throws {
        let (_, bot) = try await self.pair()
        let rooms: JSON = ["join": .object([self.room: [:]])]
        _ = try await bot.encryption.receive(["next_batch": "s", "rooms": rooms], since: nil)
        await expectEqual(bot.encryption.rooms.count, 1)
        _ = try await bot.encryption.receive(["next_batch": "s"], since: nil)
        await expectEqual(bot.encryption.rooms.count, 0)
    }

    @Test("in a room with too many members the bot does not write, and does not ask for them each time")
    func crowdedRoom() async throws {
        let (alice, bot) = try await self.pair()
        for number in 0..<MatrixEncryption.memberLimit { self.server.join("@m\(number):s", "!crowd:s") }
        self.server.join("@bot:s", "!crowd:s")
        for _ in 0..<2 {
            let error = await #expect(throws: AdapterError.self) {
                _ = try await bot.say("hello", in: "!crowd:s", id: "$c")
            }
            expectEqual(error?.code, .forbidden)
        }
        expectEqual(self.server.requests.count { $0.contains("crowd") && $0.hasSuffix("/members") }, 1)
        try await expectEqual(self.count("{members}", of: bot), 2)
        // Those who have come since the members were known count as well.
        var events: [JSON] = []
        for number in 0..<MatrixEncryption.memberLimit {
            events.append([
                "type": "m.room.member", "sender": "@a:s", "state_key": .string("@n\(number):s"),
                "event_id": .string("$n\(number)"), "content": ["membership": "join"],
            ])
        }
        let joined: JSON = .object([self.room: ["timeline": ["events": .array(events)]]])
        _ = try await bot.encryption.receive(["next_batch": "s", "rooms": ["join": joined]], since: "s")
        await expectEqual(bot.encryption.roommates, [])
        try await expectEqual(self.count("{members}", of: bot), 0)
        // An hour later there may be fewer.
        self.wait(3_600_001)
        _ = try await bot.say("hello", in: self.room, id: "$3")
        try await expectEqual(bot.sync([try await alice.say("four", in: self.room, id: "$4")]), ["$4": "four"])
    }

    @Test("members and people are all there after a start, however many")
    func manyMembers() async throws {
        let (_, first) = try await self.pair()
        var changes = MatrixKeyChanges()
        for number in 0..<2_500 {
            changes.setMember("@m\(number):s", of: self.room, isInvited: number == 7)
            changes.setPerson(
                MatrixPersonKeys(
                    user: "@m\(number):s", isOutdated: true, master: nil, verified: nil, pinned: nil, heardAt: 0))
        }
        try await first.encryption.commit(changes)
        let bot = try await self.bot(try await first.kill())
        let members = await bot.encryption.rooms[self.room]?.members
        expectEqual(members?.count, 2_502)
        expectEqual(members?["@m7:s"], true)
        expectEqual(members?["@m2499:s"], false)
        await expectEqual(bot.encryption.people.count, 2_502)
    }

    @Test("many messages to the device while the bot is in many rooms cost one look at their members")
    func manyMessages() async throws {
        let (_, bot) = try await self.pair()
        await bot.encryption.addRooms(20_000)
        let message: JSON = ["type": "m.dummy", "sender": "@eve:s", "content": [:]]
        let sync: JSON = [
            "next_batch": "s", "to_device": ["events": .array(Array(repeating: message, count: 150_000))],
        ]
        expectEqual(MatrixSyncKeys(sync).messages.count, MatrixSyncKeys.messageLimit)
        _ = try await bot.encryption.receive(sync, since: "s")
        await expectEqual(bot.encryption.postponed.count, 200)
        await expectEqual(bot.encryption.roommates.count, 20_002)
    }

    private func encryption(
        _ keys: TestKeys, _ call: @escaping MatrixEncryption.Call
    ) async throws -> MatrixEncryption {
        MatrixEncryption(
            user: "@bot:s", settings: MatrixEncryptionSettings(), store: try await keys.place.open(), call: call,
            logger: .silent)
    }

    @Test("of people's keys no objects are kept, which may have any size")
    func objects() async throws {
        let alice = MatrixTestIdentity("@a:s")
        let (keys, answer) = (try TestKeys(), alice.answer())
        let encryption = try await self.encryption(keys) { _ in .success(answer) }
        try await encryption.refresh(["@a:s"])
        let people = await encryption.people
        let kept = try #require(people["@a:s"]?.keys)
        expectEqual(kept.master, alice.keys.master.publicKey)
        expectEqual(kept.devices.map(\.id), ["DEVICE"])
        #expect(kept.masterJSON == nil && kept.devices.allSatisfy { $0.json == nil })
        await encryption.close()
    }

    @Test("a person whose keys make the server's answer too long has none, and the others have theirs")
    func longAnswer() async throws {
        let (keys, answer) = (try TestKeys(), MatrixTestIdentity("@a:s").answer())
        let requests = Protected(0)
        let encryption = try await self.encryption(keys) { request in
            requests.withLock { $0 += 1 }
            guard request.body?["device_keys"]?["@eve:s"] != nil else { return .success(answer) }
            var refusal = MatrixRefusal(status: 200, text: "the answer is too long")
            refusal.isTooLong = true
            return .refused(refusal)
        }
        let users = ["@a:s", "@eve:s"] + (0..<20).map { "@p\($0):s" }
        try await encryption.refresh(users)
        let people = await encryption.people
        expectEqual(people["@a:s"]?.keys?.devices.count, 1)
        expectEqual(people["@eve:s"]?.keys?.devices.count, 0)
        expectEqual(people.values.count { !$0.isOutdated }, users.count)
        // She is not asked for again.
        let count = requests.withLock { $0 }
        try await encryption.refresh(users)
        expectEqual(requests.withLock { $0 }, count)
        await encryption.close()
    }

    @Test("names that are too long for an id are not remembered")
    func longNames() async throws {
        let long = "!" + String(repeating: "x", count: 255)
        for user in ["@a:s", "@bot:s"] { self.server.join(user, long) }
        let alice = try await KeyDevice("@a:s", "D1", on: self.server)
        try await expectEqual(alice.open(), .ready)
        let bot = try await self.bot()
        let withheld: [JSON] = [
            ["session_id": .string(long), "code": "m.no_olm"], ["session_id": "s", "code": .string(long)],
        ]
        let events = withheld.map { content -> JSON in
            ["type": "m.room_key.withheld", "sender": "@a:s", "content": content]
        }
        _ = try await bot.encryption.receive(["to_device": ["events": .array(events)]], since: "s")
        await expectEqual(bot.encryption.withheld[long], nil)
        await expectEqual(bot.encryption.withheld["s"], "m.unknown")
        _ = try await alice.say("one", in: long, id: "$1")
        try await bot.sync()
        try await expectEqual(self.count("{room_keys}", of: bot), 0)
    }

    @Test("channels to devices that nobody in a common room has are forgotten beyond 2,000 and after thirty days")
    func channels() async throws {
        let (alice, bot) = try await self.pair()
        var changes = MatrixKeyChanges()
        let now = self.clock.withLock { $0 }
        for number in 0..<2_500 {
            changes.setOlm("i\(number)", peer: "k\(number)", pickle: [1], at: now + Int64(number))
        }
        try await bot.encryption.commit(changes)
        self.wait(3_600_000)
        try await bot.sync()
        try await expectEqual(self.count("{olm_sessions}", of: bot), MatrixEncryption.strangerLimit + 1)
        self.wait(31 * 86_400_000)
        try await bot.sync()
        try await expectEqual(self.count("{olm_sessions}", of: bot), 1)
        try await expectEqual(bot.sync([try await alice.say("three", in: self.room, id: "$3")]), ["$3": "three"])
    }

    @Test("beyond 2,000, keys of rooms that the bot is not in are forgotten, but not the next one, nor its own rooms'")
    func roomKeys() async throws {
        let (alice, first) = try await self.pair()
        var changes = MatrixKeyChanges()
        for number in 0..<MatrixEncryption.strayKeyLimit {
            let key = MatrixRoomKey(
                room: "!x\(number):s", session: "s", sender: "@eve:s", senderKey: "k", signingKey: "k", firstIndex: 0,
                source: .device)
            changes.setRoomKey(key, pickle: [1], isBackedUp: true)
        }
        try await first.encryption.commit(changes)
        let bot = try await self.bot(try await first.kill())
        for user in ["@a:s", "@bot:s"] { self.server.join(user, "!new:s") }
        let early = try await alice.say("early", in: "!new:s", id: "$3")
        try await expectEqual(bot.sync([early], in: "!new:s"), ["$3": "early"])
        let stray = "{room_keys} WHERE room NOT IN (SELECT room FROM {rooms})"
        try await expectEqual(self.count(stray, of: bot), 1)
        try await expectEqual(self.count("{room_keys} WHERE room = '!r:s' AND source = 'device'", of: bot), 1)
    }

    @Test("beyond 10,000, a person's keys of a room are forgotten, but not the next one, nor those of others")
    func keysOfOne() async throws {
        let (alice, first) = try await self.pair()
        var changes = MatrixKeyChanges()
        for number in 0..<MatrixEncryption.senderKeyLimit {
            let key = MatrixRoomKey(
                room: self.room, session: "s\(number)", sender: number == 0 ? "@eve:s" : "@a:s", senderKey: "k",
                signingKey: "k", firstIndex: 0, source: .device)
            changes.setRoomKey(key, pickle: [1], isBackedUp: true)
        }
        try await first.encryption.commit(changes)
        let bot = try await self.bot(try await first.kill())
        try await expectEqual(bot.sync([try await alice.say("three", in: self.room, id: "$3")]), ["$3": "three"])
        let keys = "{room_keys} WHERE source = 'device' AND sender"
        try await expectEqual(self.count("\(keys) = '@a:s'", of: bot), 1)
        try await expectEqual(self.count("\(keys) = '@eve:s'", of: bot), 1)
    }

    @Test("keys of the bot's room from people who are not in it count like those of rooms that the bot is not in")
    func keysOfOutsiders() async throws {
        let (_, first) = try await self.pair()
        func key(_ session: String, from sender: String) -> MatrixRoomKey {
            MatrixRoomKey(
                room: self.room, session: session, sender: sender, senderKey: "k", signingKey: "k", firstIndex: 0,
                source: .device)
        }
        var changes = MatrixKeyChanges()
        for number in 0..<MatrixEncryption.strayKeyLimit {
            changes.setRoomKey(key("s\(number)", from: "@eve\(number):s"), pickle: [1], isBackedUp: true)
        }
        try await first.encryption.commit(changes)
        let bot = try await self.bot(try await first.kill())
        let session = MegolmOutboundSession()
        try await bot.encryption.take(session.sessionKey, key(session.id, from: "@eve:s"))
        let keys = "{room_keys} WHERE source = 'device' AND sender"
        try await expectEqual(self.count("\(keys) LIKE '@eve%'", of: bot), 1)
        try await expectEqual(self.count("\(keys) = '@a:s'", of: bot), 1)
    }

    @Test("a room key that the server does not take is left out of the backup, and keeps no others out of it")
    func backup() async throws {
        let (keys, isDown, taken) = (try TestKeys(), Protected(true), Protected<Set<String>>([]))
        let encryption = try await self.encryption(keys) { request in
            let rooms = request.body?["rooms"]?.objectValue ?? [:]
            if isDown.withLock({ $0 }) || rooms["!3"] != nil { return .refused(MatrixRefusal(status: 500)) }
            taken.withLock { $0.formUnion(rooms.keys) }
            return .success([:])
        }
        await encryption.use(MatrixKeyBackup(version: "1", privateKey: Array(repeating: 7, count: 32)))
        let outbound = MegolmOutboundSession()
        for number in 0..<10 {
            let key = MatrixRoomKey(
                room: "!\(number)", session: outbound.id, sender: "@eve:s", senderKey: "k", signingKey: "k",
                firstIndex: 0, source: .device)
            try await encryption.take(outbound.sessionKey, key, isBackedUp: false)
        }
        func waiting() async throws -> Int {
            try await encryption.store.read { rows in
                try rows.first("SELECT count(*) AS count FROM {room_keys} WHERE is_backed_up = 0")?.int("count") ?? 0
            }
        }
        // A server that takes none at all is asked again later.
        await #expect(throws: MatrixCallError.self) { try await encryption.backUp() }
        try await expectEqual(waiting(), 10)
        isDown.withLock { $0 = false }
        try await encryption.backUp()
        expectEqual(taken.withLock { $0 }, Set((0..<10).map { "!\($0)" }).subtracting(["!3"]))
        try await expectEqual(waiting(), 0)
        await encryption.close()
    }

    @Test("a sender's key that is not a key is not remembered")
    func senderKey() async throws {
        let (_, bot) = try await self.pair()
        let before = await bot.encryption.peers
        let key = await bot.encryption.senderKey
        let content: JSON = [
            "algorithm": "m.olm.v1.curve25519-aes-sha2", "sender_key": .string(String(repeating: "a", count: 10_000)),
            "ciphertext": .object([key: ["type": 0, "body": "x"]]),
        ]
        let event: JSON = ["type": "m.room.encrypted", "sender": "@a:s", "content": content]
        _ = try await bot.encryption.receive(["to_device": ["events": [event]]], since: "s")
        await expectEqual(bot.encryption.peers, before)
    }
}

extension MatrixEncryption {
    /// Puts the bot into rooms with one member each.
    fileprivate func addRooms(_ count: Int) {
        for number in 0..<count {
            self.rooms["!x\(number):s"] = MatrixCipherRoom(knowsMembers: true, members: ["@m\(number):s": false])
        }
    }
}
