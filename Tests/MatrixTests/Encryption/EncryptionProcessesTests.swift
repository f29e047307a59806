import Chat
import JSON
import Kit
import Lifecycle
import Logging
import Primitives
import TestSupport
import Testing

@testable import Matrix

/// Several processes with the keys of one device: one after the other, and two at once.
@Suite("Matrix: encryption in several processes")
struct EncryptionProcessesTests {
    private let server = KeyServer()
    private let room = "!r:s"

    private func device(_ user: String, keys: TestKeys? = nil) async throws -> KeyDevice {
        self.server.join(user, self.room)
        let device = try await KeyDevice(user, "D1", on: self.server, keys: keys)
        try await expectEqual(device.open(), .ready)
        return device
    }

    private func loss(of device: KeyDevice) async throws -> MatrixKeyLoss? {
        try await device.encryption.receive(self.server.sync(device.user, device.name), since: "s").loss
    }

    @Test("after a stop in order the session goes on; after a crash there is a new one")
    func restart() async throws {
        let (alice, bot) = (try await self.device("@a:s"), try await self.device("@bot:s"))
        let first = try await bot.say("one", in: self.room, id: "$1")
        await bot.encryption.close()
        let again = try await self.device("@bot:s", keys: bot.keys)
        let second = try await again.say("two", in: self.room, id: "$2")
        expectEqual(second.sessionID, first.sessionID)
        let crashed = try await self.device("@bot:s", keys: try await again.kill())
        let third = try await crashed.say("three", in: self.room, id: "$3")
        #expect(third.sessionID != first.sessionID)
        try await expectEqual(alice.sync([first, second, third]), ["$1": "one", "$2": "two", "$3": "three"])
        // What others write to the old channels is still read.
        try await expectEqual(crashed.sync([try await alice.say("yes", in: self.room, id: "$4")]), ["$4": "yes"])
    }

    @Test("when a second process begins, the first one stops, and no key encrypts two texts")
    func two() async throws {
        // Each message has a session of its own, so each one uses the channel to Alice.
        self.server.setEncryption(["algorithm": "m.megolm.v1.aes-sha2", "rotation_period_msgs": 1])
        let (alice, bot) = (try await self.device("@a:s"), try await self.device("@bot:s"))
        let first = try await bot.say("one", in: self.room, id: "$1")
        try await expectEqual(alice.sync([first]), ["$1": "one"])
        try await expectEqual(bot.sync([try await alice.say("hello", in: self.room, id: "$2")]), ["$2": "hello"])
        let copy = try await bot.copy()
        try await expectEqual(self.loss(of: bot), nil)
        let second = try await bot.say("two", in: self.room, id: "$3")
        let other = try await self.device("@bot:s", keys: copy)
        let third = try await other.say("three", in: self.room, id: "$4")
        try await expectEqual(alice.sync([second, third]), ["$3": "two", "$4": "three"])
        guard case .superseded(let reason) = try await self.loss(of: bot) else {
            Issue.record("the first process does not stop")
            return
        }
        #expect(reason.contains("Another process uses the device D1 of @bot:s"))
        await #expect(throws: MatrixKeyStoreError.self) { try await bot.say("four", in: self.room, id: "$5") }
        // It stays so, and what comes is not read there.
        let question = try await alice.say("both?", in: self.room, id: "$6")
        try await expectEqual(bot.sync([question]), [:])
        #expect(try await self.loss(of: bot) != nil)
        try await expectEqual(self.loss(of: other), nil)
        try await expectEqual(other.sync([question]), [:], "what the first process fetched is gone for the second one")
    }

    @Test("keys that were restored from a backup need a new device, even if nobody has started with them since")
    func restored() async throws {
        let directory = try TemporaryDirectory()
        let files = MatrixKeyFiles(
            database: directory.path + "/matrix-home.keys", key: directory.path + "/matrix-home.key")
        self.server.join("@bot:s", self.room)
        let bot = try await KeyDevice("@bot:s", "D1", on: self.server, place: files)
        try await expectEqual(bot.open(), .ready)
        await bot.encryption.close()
        let again = try await KeyDevice("@bot:s", "D1", on: self.server, place: files)
        try await expectEqual(again.open(), .ready)
        await again.encryption.close()
        // What `jetbridge backup restore` leaves.
        try PrivateFile.write([], to: directory.path + "/matrix-home.keys.restored")
        // The second one: a process that ended before it had signed in again.
        for _ in 0..<2 {
            let old = try await KeyDevice("@bot:s", "D1", on: self.server, place: files)
            guard case .needsNewDevice = try await old.open() else {
                Issue.record("the old device goes on")
                return
            }
        }
        for _ in 0..<2 {
            let new = try await KeyDevice("@bot:s", "D2", on: self.server, place: files)
            try await expectEqual(new.open(), .ready)
        }
    }

    @Test("a new device reads the backup again, and the same one does not")
    func backup() async throws {
        let bot = try await self.device("@bot:s")
        var changes = MatrixKeyChanges()
        changes.setFact("backup", "1")
        try await bot.encryption.commit(changes)
        let next = try await self.device("@bot:s", keys: try await bot.copy())
        try await expectEqual(next.encryption.store.fact("backup"), "1")
        let new = try await KeyDevice("@bot:s", "D2", on: self.server, keys: try await next.copy())
        try await expectEqual(new.open(), .ready)
        try await expectEqual(new.encryption.store.fact("backup"), nil)
    }

    @Test("one-time keys that both processes made are noticed, and need a new device")
    func oneTimeKeys() async throws {
        let bot = try await self.device("@bot:s")
        let copy = try await bot.copy()
        self.server.leaveOneTimeKeys(20, of: "@bot:s", "D1")
        try await bot.sync()
        expectEqual(self.server.oneTimeKeyCount("@bot:s", "D1"), 50)
        let other = try await self.device("@bot:s", keys: copy)
        self.server.leaveOneTimeKeys(24, of: "@bot:s", "D1")
        guard case .device(let reason) = try await self.loss(of: other) else {
            Issue.record("the conflict is not noticed")
            return
        }
        #expect(reason.contains("other one-time keys"))
        // Said once; the new login is the adapter's.
        try await expectEqual(self.loss(of: other), nil)
    }

    @Test("the adapter reports the other process, and neither reads nor writes after that")
    func adapter() async throws {
        let directory = try TemporaryDirectory()
        let server = ScriptedHomeserver()
        server.answering {
            $0.purpose == .whoAmI
                ? .success(["user_id": .string(MatrixTranscript.me), "device_id": "DEVICE"]) : nil
        }
        let adapter = MatrixAdapter(
            MatrixTranscript.settings(),
            keys: MatrixKeyFiles(database: directory.path + "/keys", key: directory.path + "/key"), transport: server,
            mayInvite: nil, logger: .silent)
        let transcript = MatrixTranscript()
        let rooms: JSON = ["join": [MatrixTranscript.room: transcript.joined([], members: 3)]]
        let question: JSON = [
            "join": [MatrixTranscript.room: transcript.joined([transcript.text("bot: hi")], members: 3)]
        ]
        let stamp: JSON = [
            "type": "dev.jetbridge.keys", "content": ["device": "DEVICE", "count": 2, "run": "another"],
        ]
        server.sync(["next_batch": "s1", "rooms": rooms])
        let sink = RecordingSink()
        try await withRunning(adapter, sink) {
            await sink.wait(for: .up)
            server.sync(["next_batch": "s2", "rooms": question, "account_data": ["events": [stamp]]])
            await sink.wait(for: .refused)
            expectEqual(adapter.status.detail?.contains("Another process uses the device DEVICE"), true)
            await #expect(throws: AdapterError.self) { try await adapter.post(MatrixTranscript.outgoing("x")) }
        }
        let positions = server.requests.compactMap { request -> String? in
            if case .sync(let since) = request.purpose { since ?? "" } else { nil }
        }
        expectEqual(positions, ["", "s1"], "the sync with the news is not acknowledged")
        #expect(sink.messages.isEmpty)
    }
}
