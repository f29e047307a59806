import JSON
import Matrix
import TestSupport
import Testing

/// The bot in encrypted rooms of a real Synapse, with people on two independent libraries.
///
/// They give no keys to devices of the bot that it has not signed, and show nothing that such devices send.
@Suite("Matrix encryption: independent clients", .timeLimit(.minutes(4)))
struct EncryptionPeerTests {
    /// A server that no other suite uses: others say the same in the clear, and everything that it stores is searched.
    private static let synapse = Task { try await Synapse() }

    @Test("text, threads, streamed edits, reactions, files, typing, rooms", arguments: EncryptionPeer.allCases)
    func talk(_ peer: EncryptionPeer) async throws {
        try await self.run(peer) { person, bot in
            let jobs = ["dm", "thread", "edits", "changes", "reaction", "files", "typing", "rooms", "later"]
            try await person.run(jobs, with: bot.account)
            try await Self.expectNothingInClear(person)
        }
    }

    @Test("sessions change by number and by who leaves", arguments: EncryptionPeer.allCases)
    func sessions(_ peer: EncryptionPeer) async throws {
        try await self.run(peer) { person, bot in
            try await person.run(["rotation", "devices", "members", "restart"], with: bot.account)
            try await Self.expectNothingInClear(person)
        }
    }

    @Test("keys that come late or are withheld", arguments: EncryptionPeer.allCases)
    func late(_ peer: EncryptionPeer) async throws {
        try await self.run(peer) { person, bot in
            try await person.run(["late", "withheld"], with: bot.account)
        }
    }

    @Test("replayed, altered and forged events and keys", arguments: EncryptionPeer.allCases)
    func forged(_ peer: EncryptionPeer) async throws {
        try await self.run(peer) { person, bot in
            try await person.run(["replay", "forged", "wedged"], with: bot.account)
        }
    }

    @Test("all one-time keys are claimed", arguments: EncryptionPeer.allCases)
    func exhausted(_ peer: EncryptionPeer) async throws {
        try await self.run(peer) { person, bot in try await person.run(["exhausted"], with: bot.account) }
    }

    @Test(
        "devices that their owner has not signed", arguments: EncryptionPeer.allCases,
        [MatrixEncryptionSettings.Trust.any, .crossSigned])
    func trust(_ peer: EncryptionPeer, _ trust: MatrixEncryptionSettings.Trust) async throws {
        try await self.run(peer, trust: trust) { person, bot in
            let output = try await person.run(["unsigned"], with: bot.account)
            let expected =
                trust == .any
                ? "answered True, readable there True, withheld []"
                : "answered False, readable there False, withheld ['m.unverified']"
            #expect(output.contains("unsigned: \(expected)\n"), "\(output)")
        }
    }

    @Test("the bot restarts, and loses nothing of its identity", arguments: EncryptionPeer.allCases)
    func restart(_ peer: EncryptionPeer) async throws {
        try await self.run(peer) { person, bot in
            try await person.run(["alone"], with: bot.account)
            let before = try EncryptionPeer.line("again", of: try await person.run(["again"], with: bot.account))
            try await bot.stop()
            try await bot.start()
            let output = try await person.run(["again", "reply"], with: bot.account)
            try expectEqual(EncryptionPeer.line("again", of: output), before)
        }
    }

    @Test("an old copy of the data directory is put back", arguments: EncryptionPeer.allCases)
    func restored(_ peer: EncryptionPeer) async throws {
        try await self.run(peer) { person, bot in
            try await person.run(["alone"], with: bot.account)
            try await bot.stop()
            let copy = try await bot.copyData()
            try await bot.start()
            let before = try EncryptionPeer.line("again", of: try await person.run(["again"], with: bot.account))
            try await person.run(["again", "again"], with: bot.account)
            try await bot.stop()
            try await bot.putBack(copy)
            try await bot.start()
            let output = try await person.run(["again", "again"], with: bot.account)
            let after = try EncryptionPeer.line("again", of: output)
            // Keys that others have seen in a newer state must not be used again.
            #expect(after != before, "the device of an old copy must be replaced by a new one")
            #expect(after.hasSuffix("signed True"))
        }
    }

    @Test("a data directory that was lost: the recovery key restores identity and history")
    func lost() async throws {
        let synapse = try await Self.synapse.value
        let secrets = try TemporaryDirectory()
        let file = secrets.path + "/recovery.key"
        let first = try await EncryptedBot(synapse, recoveryKeyFile: file)
        let person = try await EncryptionPeer.nio.person(on: synapse)
        try await first.start()
        try await person.run(["alone"], with: first.account)
        let before = try EncryptionPeer.line("again", of: try await person.run(["again"], with: first.account))
        try await first.stop()
        let second = try await EncryptedBot(synapse, account: first.account, recoveryKeyFile: file)
        try await second.start()
        let output = try await person.run(["again", "reply"], with: first.account)
        let after = try EncryptionPeer.line("again", of: output)
        expectEqual(Self.master(after), Self.master(before))
        #expect(after != before, "a lost device must be replaced by a new one")
        try await second.stop()
    }

    @Test("another client of the owner opens the bot's secret storage and backup with its recovery key")
    func backup() async throws {
        let synapse = try await Self.synapse.value
        let secrets = try TemporaryDirectory()
        let bot = try await EncryptedBot(synapse, recoveryKeyFile: secrets.path + "/recovery.key")
        let person = try await EncryptionPeer.mautrix.person(on: synapse)
        try await bot.start()
        try await person.run(["alone"], with: bot.account)
        let (room, event) = try person.kept
        let key = try bot.recoveryKey()
        let output = try await EncryptionPeer.account(["inspect", key, room, event], of: bot.account, on: synapse)
        #expect(output.contains("event: remember the penguin\n"), "\(output)")
        #expect(try EncryptionPeer.line("devices", of: output).contains(" signed"), "\(output)")
        #expect(!output.contains(" unsigned"), "\(output)")
        try await bot.stop()
    }

    @Test("an account with keys, secret storage and backup of another client is taken over with its recovery key")
    func takeover() async throws {
        let synapse = try await Self.synapse.value
        let secrets = try TemporaryDirectory()
        let account = try await synapse.newAccount("bot")
        let person = try await EncryptionPeer.nio.person(on: synapse)
        let old = try await OldBot.start(account, on: synapse)
        try await person.run(["alone"], with: account)
        let before = try EncryptionPeer.line("again", of: try await person.run(["again"], with: account))
        await old.stop()
        try TestFile.write(try await old.recoveryKey + "\n", to: secrets.path + "/recovery.key", mode: 0o600)
        let bot = try await EncryptedBot(synapse, account: account, recoveryKeyFile: secrets.path + "/recovery.key")
        try await bot.start()
        let output = try await person.run(["again", "reply"], with: account)
        expectEqual(Self.master(try EncryptionPeer.line("again", of: output)), Self.master(before))
        try await bot.stop()
    }

    @Test("verification by emoji, begun by the person", arguments: EncryptionPeer.allCases)
    func verify(_ peer: EncryptionPeer) async throws {
        try await self.run(peer) { person, bot in
            let output = try await person.run(["verify", "verify_refused"], with: bot.account)
            for line in ["in the room, hkdf-hmac-sha256.v2", "to-device, hkdf-hmac-sha256"] {
                #expect(output.contains("verify: \(line)\n"), "\(output)")
            }
        }
    }

    @Test("verification by emoji, begun by the bot", arguments: EncryptionPeer.allCases)
    func verifyAsked(_ peer: EncryptionPeer) async throws {
        try await self.run(peer) { person, bot in
            try await person.run(["dm", "verify_asked"], with: bot.account)
        }
    }

    // MARK: Helpers

    /// Runs `body` with a person and a running bot.
    private func run(
        _ peer: EncryptionPeer, trust: MatrixEncryptionSettings.Trust = .any,
        _ body: (EncryptionPeer.Person, EncryptedBot) async throws -> Void
    ) async throws {
        let synapse = try await Self.synapse.value
        let bot = try await EncryptedBot(synapse, trust: trust)
        let person = try await peer.person(on: synapse)
        try await bot.start()
        do { try await body(person, bot) } catch {
            try? await bot.stop()
            throw error
        }
        try await bot.stop()
    }

    /// Nothing that was said in encrypted rooms is on the server in clear text; what was said in others is, which proves
    /// the search.
    private static func expectNothingInClear(_ person: EncryptionPeer.Person) async throws {
        let said = try person.said
        let answer = try await person.synapse.search(said)
        let open = said["open"]?.arrayValue?.compactMap(\.stringValue) ?? []
        for (text, places) in answer["found"]?.objectValue ?? [:] where !open.contains(text) {
            Issue.record("\(text) is in clear text in \(places)")
        }
        for text in open { #expect(answer["found"]?[text] != nil, "the search does not find \(text)") }
        #expect(answer["indices"]?.intValue ?? 0 > 0)
        expectEqual(answer["twice"], [])
    }

    /// The master key of a line `again`.
    private static func master(_ line: String) -> Substring? {
        line.split(separator: ",").first { $0.contains("master") }
    }
}
