import Crypto
import Database
import JSON
import Primitives
import TestSupport
import Testing

@testable import Matrix

/// A bot whose messages to the device come late, repeated and mixed, whose syncs are lost, who is killed, in a room where
/// people and their devices come and go.
@Suite("Matrix: encryption under random sequences", .timeLimit(.minutes(2)))
struct EncryptionPropertyTests {
    private static let room = "!r:s"
    private static let users = ["@a:s", "@b:s", "@c:s"]

    private final class World {
        let server = KeyServer()
        var random: SeededGenerator
        /// Whether messages to the device are lost for good.
        let loses: Bool
        var bot: KeyDevice
        var people: [KeyDevice] = []
        var members: Set<String> = []
        /// On the way to the bot: messages to its device by sender, and events of the room.
        var parcels: [String: [JSON]] = [:]
        var seen: [JSON] = []
        var timeline: [JSON] = []
        var changed: Set<String> = []
        var asked: [String: String] = [:]
        var heard: [String: [String]] = [:]
        var answers: [Answer] = []
        var number = 0

        struct Answer {
            let event: MatrixEvent
            let text: String
            /// Devices that have to read it, and people who must not.
            let readers: [String]
            let excluded: Set<String>
        }

        init(seed: UInt64, loses: Bool) async throws {
            self.random = SeededGenerator(state: seed)
            self.loses = loses
            self.server.join("@bot:s", EncryptionPropertyTests.room)
            self.bot = try await KeyDevice("@bot:s", "B", on: self.server)
            try await self.bot.open()
            for user in EncryptionPropertyTests.users { try await self.join(user) }
        }

        func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self.random) < percent }

        func next(_ prefix: String) -> String {
            self.number += 1
            return "$\(prefix)\(self.number)"
        }

        // MARK: People

        func join(_ user: String) async throws {
            guard self.members.insert(user).inserted else { return }
            self.server.join(user, EncryptionPropertyTests.room)
            self.note(user, "join")
            if !self.people.contains(where: { $0.user == user }) { try await self.addDevice(of: user) }
        }

        func leave(_ user: String) {
            guard self.members.remove(user) != nil else { return }
            self.server.leave(user, EncryptionPropertyTests.room)
            self.note(user, "leave")
        }

        private func note(_ user: String, _ membership: String) {
            self.timeline.append([
                "type": "m.room.member", "sender": .string(user), "state_key": .string(user),
                "event_id": .string(self.next("m")), "content": ["membership": .string(membership)],
            ])
        }

        func addDevice(of user: String) async throws {
            guard self.people.count < 6 else { return }
            let device = try await KeyDevice(user, "D\(self.people.count)\(self.number)", on: self.server)
            try await device.open()
            self.people.append(device)
        }

        func ask() async throws {
            guard let person = self.people.filter({ self.members.contains($0.user) }).randomElement(using: &self.random)
            else { return }
            try await person.sync()
            let id = self.next("q")
            let text = "question \(id)"
            let event = try await person.say(text, in: EncryptionPropertyTests.room, id: id)
            self.asked[id] = text
            self.timeline.append(event.json)
        }

        // MARK: The bot

        /// Takes everything from the server; the bot gets it later.
        private func fetch() {
            let sync = self.server.sync("@bot:s", "B")
            for message in sync["to_device"]?["events"]?.arrayValue ?? [] {
                if self.loses, self.chance(25) { continue }
                // The order is kept for each sender's device, as by servers.
                let key = message["content"]?["sender_key"]?.stringValue ?? ""
                self.parcels[key, default: []].append(message)
            }
            self.changed.formUnion((sync["device_lists"]?["changed"]?.arrayValue ?? []).compactMap(\.stringValue))
        }

        /// A sync with some of what is on the way.
        func hear(all: Bool = false) async throws {
            self.fetch()
            var messages: [JSON] = []
            for (key, waiting) in self.parcels.sorted(by: { $0.key < $1.key }) where all || self.chance(60) {
                let count = all ? waiting.count : Int.random(in: 0...waiting.count, using: &self.random)
                messages += waiting.prefix(count)
                self.parcels[key] = Array(waiting.dropFirst(count))
            }
            self.seen += messages
            // Repetitions of what came before.
            for message in self.seen where self.chance(5) { messages.append(message) }
            let events = Array(self.timeline.prefix(all ? .max : Int.random(in: 0...8, using: &self.random)))
            self.timeline.removeFirst(events.count)
            let sync: JSON = [
                "next_batch": "s", "to_device": ["events": .array(messages)],
                "device_lists": ["changed": .array(self.changed.sorted().map { .string($0) })],
                "device_one_time_keys_count": ["signed_curve25519": JSON(self.server.oneTimeKeyCount("@bot:s", "B"))],
                "rooms": ["join": [EncryptionPropertyTests.room: ["timeline": ["events": .array(events)]]]],
            ]
            self.changed = []
            var opened = try await self.bot.encryption.receive(sync, since: "s")
            while !all, self.chance(20) {
                // It was not delivered, so it comes again, perhaps to another process.
                if self.chance(50) { try await self.kill() }
                opened = try await self.bot.encryption.receive(sync, since: "s")
            }
            try await self.bot.encryption.finishSync(opened)
            for event in Array(opened.events.values) + opened.late.values.flatMap({ $0 }) {
                self.heard[event.id, default: []].append(event.content["body"]?.stringValue ?? "")
            }
        }

        func kill() async throws {
            self.bot = try await KeyDevice("@bot:s", "B", on: self.server, keys: try await self.bot.kill())
            try await expectEqual(self.bot.open(), .ready)
        }

        func answer() async throws {
            let id = self.next("a")
            // What the bot knows is settled if nothing is on the way.
            self.fetch()
            let isSettled = self.timeline.isEmpty && self.changed.isEmpty
            let readers = isSettled ? self.people.filter { self.members.contains($0.user) }.map(\.name) : []
            let excluded = isSettled ? Set(EncryptionPropertyTests.users).subtracting(self.members) : []
            let event = try await self.bot.say("answer \(id)", in: EncryptionPropertyTests.room, id: id)
            if self.chance(20) {
                if self.chance(50) { try await self.kill() }
                let again = try await self.bot.say("answer \(id)", in: EncryptionPropertyTests.room, id: id)
                expectEqual(again, event)
            }
            #expect(!event.json.text.contains("answer"))
            await self.bot.encryption.forget(transaction: id)
            self.answers.append(Answer(event: event, text: "answer \(id)", readers: readers, excluded: excluded))
        }
    }

    private func run(seed: UInt64, loses: Bool) async throws {
        let world = try await World(seed: seed, loses: loses)
        for _ in 0..<50 {
            switch Int.random(in: 0..<20, using: &world.random) {
            case 0: try await world.join(Self.users[Int.random(in: 0..<3, using: &world.random)])
            case 1: world.leave(Self.users[Int.random(in: 0..<3, using: &world.random)])
            case 2: try await world.addDevice(of: Self.users[Int.random(in: 0..<3, using: &world.random)])
            case 3: try await world.kill()
            case 4: await world.bot.runErrands()
            case 5...9: try await world.ask()
            case 10...13: try await world.answer()
            default: try await world.hear()
            }
        }
        // The rest arrives.
        for _ in 0..<3 { try await world.hear(all: true) }
        try await self.check(world, "seed \(seed)")
    }

    private func check(_ world: World, _ label: Comment) async throws {
        for (id, texts) in world.heard { #expect(texts == [world.asked[id]], label) }
        if !world.loses { #expect(Set(world.heard.keys) == Set(world.asked.keys), label) }
        // No index of a session has two texts.
        let positions = world.answers.map { "\($0.event.sessionID) \(Self.index(of: $0.event))" }
        #expect(Set(positions).count == positions.count, label)
        for person in world.people {
            let texts = try await person.sync(world.answers.map(\.event))
            for answer in world.answers {
                let text = texts[answer.event.id]
                #expect(text == nil || text == answer.text, label)
                if answer.readers.contains(person.name) { #expect(text == answer.text, label) }
                if answer.excluded.contains(person.user) { #expect(text == nil, label) }
            }
        }
        try await self.checkBounds(world, label)
    }

    private func checkBounds(_ world: World, _ label: Comment) async throws {
        let encryption = world.bot.encryption
        // The next message removes what the server has confirmed.
        _ = try await world.bot.say("last", in: Self.room, id: "$last")
        await world.bot.runErrands()
        let rows = try await encryption.store.read { keys -> [String: Int] in
            var counts: [String: Int] = [:]
            for table in ["outbound", "sealed", "parcels", "late", "room_keys", "shares"] {
                counts[table] = try keys.first("SELECT count(*) AS count FROM {\(table)}")?.int("count") ?? 0
            }
            counts["channels"] =
                try keys.first(
                    "SELECT max(c) AS count FROM (SELECT count(*) AS c FROM {olm_sessions} GROUP BY peer) AS channels")?
                .int("count") ?? 0
            return counts
        }
        #expect(rows["outbound"] == 1 && rows["parcels"] == 0, label)
        // Those whose confirmation a crash forgot go after a week.
        #expect(rows["sealed"] ?? 0 <= world.answers.count + 1, label)
        #expect(rows["channels"] ?? 0 <= MatrixEncryption.channelLimit, label)
        #expect(rows["shares"] ?? 0 <= world.people.count, label)
        if !world.loses { #expect(rows["late"] == 0, label) }
        #expect(await encryption.mostChannels <= MatrixEncryption.channelLimit, label)
    }

    /// The index of a message stands readable before its ciphertext.
    private static func index(of event: MatrixEvent) -> UInt32 {
        let bytes = decodeUnpaddedBase64(event.content["ciphertext"]?.stringValue ?? "") ?? []
        guard bytes.count > 2, bytes[1] == 0x08 else { return .max }
        var (value, shift): (UInt32, UInt32) = (0, 0)
        for byte in bytes.dropFirst(2).prefix(5) {
            value |= UInt32(byte & 0x7F) << shift
            if byte < 0x80 { break }
            shift += 7
        }
        return value
    }

    @Test(
        "late, repeated and mixed messages, lost answers, kills: all is read once, by those who may", arguments: 0..<6)
    func ordered(seed: Int) async throws { try await self.run(seed: UInt64(seed), loses: false) }

    @Test("lost messages to the device cost what they contained, and nothing else", arguments: 100..<103)
    func lossy(seed: Int) async throws { try await self.run(seed: UInt64(seed), loses: true) }
}
