import Chat
import Etiquette
import Metrics
import Primitives
import Store
import TestSupport
import Testing

@testable import Delivery
@testable import People
@testable import Sessions

@Suite("The command verify", .timeLimit(.minutes(1)))
struct VerifyCommandTests {
    /// A network with encryption, which says what it was asked.
    private final class EncryptedNetwork: VerifyingAdapter {
        let people: FakeAdapter
        let asked = Protected<[String]>([])
        let encryptionCounts: EncryptionCounts? = EncryptionCounts(
            undecryptable: 2, failedShares: 1, oneTimeKeys: 50)

        init(_ id: String, traits: RoomTraits) { self.people = FakeAdapter(id: id, traits: traits) }

        func verify(_ argument: String, by sender: Sender, in route: Route) async -> String {
            self.asked.withLock { $0.append("\(sender.id) in \(route.room): \(argument)") }
            return argument.isEmpty ? "🐶 🔑: send `verify yes` or `verify no`." : "Done."
        }

        var id: AdapterID { self.people.id }
        var renderer: any MessageRenderer { self.people.renderer }
        var status: AdapterStatus { self.people.status }
        func run(delivering sink: any MessageSink) async throws { try await self.people.run(delivering: sink) }
        func stop() async { await self.people.stop() }
        func traits(of room: RoomID) -> RoomTraits { self.people.traits(of: room) }
        func post(_ message: OutgoingMessage) async throws -> MessageReference { try await self.people.post(message) }
    }

    private static let traits = RoomTraits(textLimit: 4_000, textUnit: .bytes, isMultiline: true)
    private static let policy = AccessPolicy(
        owners: ["fake:one/alice", "matrix:home/alice"], members: ["fake:one/bob", "matrix:home/bob"])

    private static func network(_ id: String) -> EncryptedNetwork { EncryptedNetwork(id, traits: Self.traits) }

    private func harness(_ networks: EncryptedNetwork...) async throws -> BridgeHarness {
        let harness = try await BridgeHarness(others: networks, traits: Self.traits, policy: Self.policy)
        for network in networks { network.people.connect(to: harness.bridge) }
        return harness
    }

    private func answer(
        _ harness: BridgeHarness, _ text: String, at adapter: FakeAdapter? = nil, from person: String = "alice",
        direct: Bool = true
    ) async throws -> String {
        let adapter = adapter ?? harness.adapter
        try await harness.settle()
        adapter.forgetPosts()
        try await adapter.say(text, from: person, in: direct ? person : "#team", isDirect: direct)
        try await harness.settle()
        return adapter.texts.joined(separator: "\n")
    }

    @Test("an owner's words reach the network, and commands in its reply get the room's sign")
    func owner() async throws {
        let home = Self.network("matrix:home")
        let harness = try await self.harness(home)
        try await expectEqual(
            self.answer(harness, "!verify", at: home.people), "🐶 🔑: send `!verify yes` or `!verify no`.")
        for words in ["YES", "no", "@bob:example.org", "trust  @Bob:example.org"] {
            try await expectEqual(self.answer(harness, "!verify \(words)", at: home.people), "Done.")
        }
        let sender = "matrix:home/alice in matrix:home/alice"
        expectEqual(
            home.asked.withLock { $0 },
            [
                "\(sender): ", "\(sender): yes", "\(sender): no", "\(sender): @bob:example.org",
                "\(sender): trust @Bob:example.org",
            ])
    }

    @Test("others than owners, and rooms that are not direct, never reach the network")
    func places() async throws {
        let home = Self.network("matrix:home")
        let harness = try await self.harness(home)
        let member = try await self.answer(harness, "!verify yes", at: home.people, from: "bob")
        #expect(member.contains("needs the role owner"))
        let room = try await self.answer(harness, "!verify yes", at: home.people, direct: false)
        #expect(room.contains("Write `!verify` to me in a direct message."))
        #expect(try await self.answer(harness, "!verify a b", at: home.people).contains("`!verify trust USER`"))
        expectEqual(home.asked.withLock { $0 }, [])
    }

    @Test("from another network it is for the encrypted one; without one, a line says so")
    func elsewhere() async throws {
        let none = try await self.harness()
        try await expectEqual(
            self.answer(none, "!verify"),
            "There is nothing to verify: no network of this host has end-to-end encryption.")
        let home = Self.network("matrix:home")
        let harness = try await self.harness(home)
        #expect(try await self.answer(harness, "!verify").hasPrefix("🐶 🔑"))
        try await expectEqual(self.answer(harness, "!verify matrix:home yes"), "Done.")
        let sender = "fake:one/alice in fake:one/alice"
        expectEqual(home.asked.withLock { $0 }, ["\(sender): ", "\(sender): yes"])
    }

    @Test("with several encrypted networks, the own one is meant, or the one that is named")
    func several() async throws {
        let home = Self.network("matrix:home")
        let work = Self.network("matrix:work")
        let harness = try await self.harness(home, work)
        let question = try await self.answer(harness, "!verify yes")
        #expect(question.contains("`!verify matrix:home …` or `!verify matrix:work …`"))
        try await expectEqual(self.answer(harness, "!verify matrix:work yes"), "Done.")
        try await expectEqual(self.answer(harness, "!verify yes", at: home.people), "Done.")
        #expect(work.asked.withLock { $0.count } == 1 && home.asked.withLock { $0.count } == 1)
    }

    @Test("what an encrypted network counts is read at each scrape")
    func metrics() {
        let metrics = Metrics()
        metrics.follow(AdapterRegistry([FakeAdapter(), Self.network("matrix:home")]), HeldPlaces())
        let lines = metrics.text().split(separator: "\n")
        for line in [
            "jetbridge_adapter_up{adapter=\"fake:one\"} 0", "jetbridge_one_time_keys{adapter=\"matrix:home\"} 50",
            "jetbridge_undecryptable_messages_total{adapter=\"matrix:home\"} 2",
            "jetbridge_failed_key_shares_total{adapter=\"matrix:home\"} 1",
        ] {
            #expect(lines.contains { $0 == line }, "\(line)")
        }
        #expect(!lines.contains { $0.contains("one_time_keys{adapter=\"fake:one\"}") })
    }

    @Test(
        "the words after it",
        arguments: [
            ("", nil, ""), ("  YES ", nil, "yes"), ("No", nil, "no"), ("@a:b", nil, "@a:b"),
            ("Trust @A:b", nil, "trust @A:b"),
            ("matrix:home", "matrix:home", ""), ("matrix:home no", "matrix:home", "no"),
            ("matrix:other", nil, "matrix:other"),
        ])
    func words(text: String, network: String?, argument: String) throws {
        let words = try #require(VerifyWords(text, networks: ["matrix:home"]))
        #expect(words.network == network && words.argument == argument)
    }

    @Test(
        "other words are none of its",
        arguments: ["yes please", "no no", "trust", "trust a b", "a b", "matrix:home a b"])
    func noWords(_ text: String) { expectEqual(VerifyWords(text, networks: ["matrix:home"]), nil) }
}
