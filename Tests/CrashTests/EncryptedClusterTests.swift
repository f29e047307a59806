import Glibc
import HTTP
import JSON
import Processes
import TestSupport
import Testing

/// A bot in an encrypted room of a real Synapse, whose other member writes and reads with an independent library.
@Suite("An encrypted room, and another host goes on", .serialized, .timeLimit(.minutes(3)))
struct EncryptedClusterTests {
    private struct Room {
        let synapse: Synapse
        let alice: MatrixPerson
        let bot: MatrixAccount
        let directory: TemporaryDirectory
        let id: String

        init() async throws {
            self.synapse = try await Synapse.shared()
            let proxy = try await MatrixEncryptingProxy.shared(before: self.synapse)
            self.alice = try await self.synapse.person(try await self.synapse.newAccount("alice"), by: proxy)
            self.bot = try await self.synapse.newAccount("jetbot")
            self.directory = try TemporaryDirectory()
            try TestFile.makeFolder(self.directory.path)
            try TestFile.write(self.bot.password, to: self.directory.path + "/password", mode: 0o600)
            // Rooms that are made through the proxy are encrypted.
            self.id = try await self.alice.createRoom(inviting: [self.bot], isDirect: true)
        }

        /// With a password, the sign-in too follows to the next host.
        var configuration: String {
            """
            access: {owners: ["matrix:\(self.alice.userID)"]}
            adapters:
              matrix:
                - id: home
                  homeserver: "\(self.synapse.url.origin)"
                  user: "\(self.bot.userID)"
                  password: {file: "\(self.directory.path)/password"}

            """
        }

        /// What the bot has written, oldest first.
        func texts() async -> [String] {
            await self.alice.messages(in: self.id).filter { $0.sender == self.bot.userID }.map(\.body)
        }

        @discardableResult
        func wait(until isMet: @escaping @Sendable ([String]) -> Bool) async throws -> [String] {
            let bot = self.bot.userID
            let messages = try await self.alice.wait(in: self.id, within: .seconds(30)) { messages in
                isMet(messages.filter { $0.sender == bot }.map(\.body))
            }
            return messages.filter { $0.sender == bot }.map(\.body)
        }

        /// The devices and keys with which the bot has encrypted, of which there is one. Nothing was in clear text.
        func senders() async -> Set<String> {
            var senders: Set<String> = []
            for event in await self.alice.events(in: self.id) where event["sender"]?.stringValue == self.bot.userID {
                guard event["type"] == "m.room.message" || event["type"] == "m.room.encrypted" else { continue }
                let content = (event["test.wire"] ?? event)["content"]
                let (device, key) = (content?["device_id"]?.stringValue, content?["sender_key"]?.stringValue)
                senders.insert("\(device ?? "in clear text") \(key ?? "\(event)")")
            }
            return senders
        }
    }

    @Test("the same device goes on after kills and a pause; no key encrypts two texts, none that came is lost")
    func takeOver() async throws {
        let endless = ModelBehavior.stall(after: "The beginning of an answer that has no end,")
        let room = try await Room()
        let cluster = try await ClusterHosts.started(
            answering: .answer("The first answer."), more: room.configuration, faults: [0: "send-done"])
        try await room.alice.waitForJoin(of: room.bot.userID, in: room.id)
        try await expectEqual(cluster.listed().map(\.adapters), [["matrix:home"], []])

        // Killed after a post, before that is known: the next host sends the same once more.
        try await room.alice.say("a first question", in: room.id)
        try await cluster.hosts[0].waitForEnd()
        // Until another host has taken them, its places would stay its own.
        try await PostgreSQLServer.until { try await cluster.listed().map(\.adapters) == [[], ["matrix:home"]] }
        try await cluster.start(0)

        // Killed in mid-answer. What is said while nobody serves is answered by the next host.
        cluster.model.set(endless, for: "test")
        try await room.alice.say("a second question", in: room.id)
        // Not always to be seen in the room, where the bot keeps to the pace of a server with limits.
        try await cluster.client(1).waitForFirstTokens(1)
        await cluster.hosts[1].kill()
        cluster.model.set(.answer("An answer after the kill."), for: "test")
        try await room.alice.say("a third question", in: room.id)
        let killed = try await room.wait { $0.last == "An answer after the kill." }

        // Stopped in mid-answer, by a host that comes back while another one goes on.
        try await cluster.start(1)
        cluster.model.set(endless, for: "test")
        try await room.alice.say("a fourth question", in: room.id)
        try await cluster.client(0).waitForFirstTokens(killed.count { $0 == "An answer after the kill." } + 1)
        await cluster.hosts[0].signal(SIGSTOP)
        cluster.model.set(.answer("An answer after the pause."), for: "test")
        try await room.alice.say("a fifth question", in: room.id)
        try await room.wait { $0.last == "An answer after the pause." }
        await cluster.hosts[0].signal(SIGCONT)
        try await PostgreSQLServer.until { try await cluster.listed().map(\.state) == ["live", "live"] }
        try await expectEqual(cluster.listed().map(\.adapters), [[], ["matrix:home"]])
        cluster.model.set(.answer("The last answer."), for: "test")
        try await room.alice.say("a sixth question", in: room.id)
        let texts = try await room.wait { $0.last == "The last answer." }

        func count(_ text: String) -> Int { texts.count { $0.contains(text) } }
        #expect(count("The first answer.") == 1 && count("The last answer.") == 1, "\(texts)")
        // An answer of which nothing was stored is given anew, without a note; what the same person asks until then is asked
        // together.
        #expect((2...4).contains(count("after the kill") + count("after the pause") + count("Interrupted")), "\(texts)")
        for number in ["first", "second", "third", "fourth", "fifth", "sixth"] {
            let question = "a \(number) question"
            #expect(
                cluster.model.requests.contains { $0.messages.contains { $0.text.contains(question) } }, "\(question)")
        }
        #expect(count("after the kill") > 0 && count("after the pause") > 0, "\(texts)")
        #expect(count("repeat") == 0 && count("cannot read") == 0, "\(texts)")
        let senders = await room.senders()
        expectEqual(senders.count, 1, "\(senders)")
        try await self.check(cluster, device: senders.first?.split(separator: " ").first.map(String.init) ?? "")
        // The note is said in plain rooms of other tests on the same server, too; that none was in clear text here is above.
        let answers = texts.filter { $0.count > 12 && !$0.hasPrefix("Interrupted") }
        let secrets = answers + ["a second question", "a fifth question"]
        let found = try await room.synapse.search([
            "texts": .array(secrets.map { .string($0) }), "senders": [.string(room.bot.userID)],
        ])
        #expect(found["found"] == [:] && found["twice"] == [], "\(found)")
        #expect(found["indices"]?.intValue ?? 0 >= texts.count)
        await room.alice.leave()
    }

    /// What the commands say, on a host that does not have the connection.
    private func check(_ cluster: ClusterHosts, device: String) async throws {
        let status = try await cluster.run(0, ["matrix", "status"])
        #expect(status.text.contains("Device \(device), fingerprint"), "\(status.text)\(status.errorText)")
        #expect(status.text.contains("The device is signed by the account's identity"), "\(status.text)")
        let doctor = try await cluster.run(0, ["doctor"])
        #expect(doctor.text.contains("Device \(device), fingerprint"), "\(doctor.text)\(doctor.errorText)")
        let refused = try await cluster.run(0, ["matrix", "reset", "--yes"])
        #expect(refused.errorText.contains("pid"), "\(refused.errorText)")
        _ = await cluster.hosts[0].terminate()
        let other = try await cluster.run(0, ["matrix", "reset", "--yes"])
        #expect(other.errorText.contains("host-1 of the cluster run"), "\(other.errorText)")
        try await cluster.finish()
        let done = try await cluster.run(0, ["matrix", "reset", "--yes"])
        #expect(done.text.contains("The account has a new identity, which has signed the device \(device)"), "\(done)")
    }
}

extension GatewayClient {
    /// Waits until the host has got the beginnings of so many answers.
    fileprivate func waitForFirstTokens(_ count: Int) async throws {
        try await self.waitForMetric("jetbridge_turn_first_token_seconds_count", toReach: Double(count))
    }
}
