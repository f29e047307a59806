import Audit
import Chat
import JSON
import Primitives
import Store
import TestSupport
import Testing

@testable import People
@testable import Sessions
@testable import Threads

@Suite("People", .timeLimit(.minutes(1)))
struct PeopleTests {
    private static let policy = AccessPolicy(
        owners: ["fake:one/alice"], members: ["fake:one/mia"], guests: ["fake:one/gina"])

    private static func sender(_ person: String) -> Sender {
        Sender(id: "fake:one/\(person)", identities: [Identity("fake:one/\(person)")], displayName: person)
    }

    private static let alice = sender("alice")

    private func pair(_ person: String, as role: Role, in harness: BridgeHarness) async throws {
        let code = try await AccessControl.makeCode(for: role, in: harness.bridge.store, at: 1_000).code
        _ = try await harness.ask("pair \(code)", from: person)
    }

    private func reply(_ text: String, from person: String = "alice", in harness: BridgeHarness) async throws -> String
    {
        let operation = try #require(try await harness.ask(text, from: person)?.operation)
        return try #require(try await harness.frames(of: operation).last?.content)
    }

    // MARK: The list

    @Test("everybody with access is listed, with the way and the last time")
    func list() async throws {
        let now = Protected<Int64>(1_000)
        let harness = try await BridgeHarness(policy: Self.policy, now: { now.withLock { $0 } })
        try await self.pair("bob", as: .member, in: harness)
        try await harness.bridge.store.write { ledger in
            for (kind, id) in [(CredentialRecord.Kind.cookie, "c_1"), (.token, "k_1")] {
                let record = CredentialRecord(
                    id: id, kind: kind, name: "laptop", identity: "web:\(id)", role: .owner, scopes: ["chat"],
                    createdAt: 5)
                try ledger.insert(record, hash: id)
            }
        }
        now.withLock { $0 = 99_000 }
        _ = try await harness.ask("hello", from: "mia")
        let people = try await harness.bridge.access.people().people
        let rows = people.map { "\($0.identity) \($0.role) \($0.way.rawValue) \($0.key ?? "-") \($0.lastSeen ?? 0)" }
        expectEqual(
            rows,
            [
                "fake:one/alice owner list access.owners[0] 0", "fake:one/mia member list access.members[0] 99000",
                "fake:one/gina guest list access.guests[0] 0", "fake:one/bob member code - 1000",
                "web:c_1 owner sign-in - 0", "web:k_1 owner token - 0",
            ])
        expectEqual(people.map(\.network), Array(repeating: "fake:one", count: 4) + ["web", "web"])
        let text = try await self.reply("!people", in: harness)
        #expect(text.contains("`mia`, member, `fake:one/mia`, listed in access.members[0], seen just now"))
        #expect(try await self.reply("!people", from: "mia", in: harness).contains("needs the role owner"))
    }

    @Test(
        "a network is what an identity says",
        arguments: [
            ("irc:local/account:alice", "irc:local"), ("matrix:@a/b:example.org", "matrix"), ("slack:T1/U1", "slack"),
            ("telegram:1001", "telegram"), ("web:c_1", "web"),
        ])
    func network(identity: String, network: String) {
        let person = Person(
            id: "p", identity: identity, name: nil, role: .guest, way: .code, key: nil, listedRole: nil, scopes: [],
            since: nil, lastSeen: nil, expiresAt: nil, isLasting: true)
        expectEqual(person.network, network)
    }

    @Test("a name that anybody can choose finds nobody")
    func names() async throws {
        let harness = try await BridgeHarness(policy: Self.policy)
        try await harness.bridge.store.write { ledger in
            let mallory = Sender(
                id: "fake:one/mallory", identities: [Identity("fake:one/mallory")], displayName: "Carol")
            try ledger.grant(.guest, to: mallory.id, isLasting: true, at: 1)
            try Sighting(sender: mallory, direct: nil, at: 1).write(to: ledger)
        }
        let error = await #expect(throws: PeopleError.self) {
            try await harness.bridge.access.set(.owner, of: "carol", by: Self.alice)
        }
        #expect(error?.code == .ambiguous && error?.message.contains("fake:one/mallory") == true)
        let unknown = await #expect(throws: PeopleError.self) {
            try await harness.bridge.access.remove("nobody", by: Self.alice)
        }
        expectEqual(unknown?.code, .unknown)
    }

    // MARK: Removing

    @Test("a removed person is a stranger at once: the running answer stops, and what waits is refused")
    func removed() async throws {
        let audit = Protected<[AuditEntry]>([])
        let worker = ScriptedWorker([.event(.text("a")), .hold])
        let harness = try await BridgeHarness(
            worker: worker, policy: Self.policy, audit: { _, entry in audit.withLock { $0.append(entry) } })
        try await self.pair("bob", as: .member, in: harness)
        let running = try #require(try await harness.ask("first", from: "bob")?.operation)
        let waiting = try #require(try await harness.ask("second", from: "bob")?.operation)
        #expect(try await self.reply("!people remove bob", in: harness).hasPrefix("`bob` is removed"))

        let ends = try await [harness.turn(running), harness.turn(waiting)]
        expectEqual(ends.map { $0?.state }, [.stopped, .stopped])
        expectEqual(ends[1]?.error, TurnTexts.accessRemoved)
        expectEqual(worker.requests.count, 1)
        try await expectEqual(harness.ask("third", from: "bob"), nil)
        expectEqual(harness.bridge.access.role(of: Self.sender("bob")), nil)
        let entry = try #require(audit.withLock { $0.last { $0.kind == .access } })
        #expect(entry.actor == "fake:one/alice" && entry.details["person"] == "fake:one/bob")
        #expect(entry.details["was"] == "member" && entry.details["role"] == .null)
    }

    @Test("what a removed person has in the queue is refused after a restart too")
    func restart() async throws {
        let harness = try await BridgeHarness(policy: Self.policy)
        try await self.pair("bob", as: .member, in: harness)
        _ = try await harness.ask("hello", from: "bob")
        try await harness.settle()
        guard case .message(let message) = harness.adapter.event("waits", from: "bob", in: "bob", id: "w").kind else {
            return
        }
        let body = StoredForm.text(of: message)
        let (adapter, alice) = (harness.adapter.id, Self.alice)
        try await harness.bridge.store.write { ledger in
            _ = try ledger.insertEvent("w", adapter: adapter, body: body, role: .member, at: 1)
            // As the command line does it while no host runs.
            let desk = PeopleDesk(policy: Self.policy) { _, _ in }
            _ = try desk.remove("bob", by: alice, in: ledger, at: 2)
        }
        let again = try await BridgeHarness(directory: harness.directory, policy: Self.policy)
        try await again.settleInbox()
        #expect(again.worker.requests.isEmpty && again.adapter.texts.isEmpty)
        expectEqual(again.bridge.access.role(of: Self.sender("bob")), nil)
    }

    @Test("a removal overrides the lists, also after a reload, until a role or a code lets the person in again")
    func listed() async throws {
        let audit = Protected<[AuditEntry]>([])
        let harness = try await BridgeHarness(
            policy: Self.policy, audit: { _, entry in audit.withLock { $0.append(entry) } })
        let access = harness.bridge.access
        let text = try await self.reply("!people remove mia", in: harness)
        #expect(text.contains("overrides `access.members[0]`") && text.contains("`!people set p_"))
        expectEqual(access.role(of: Self.sender("mia")), nil)
        try await access.replace(policy: Self.policy)
        expectEqual(access.role(of: Self.sender("mia")), nil)
        try await expectEqual(access.people().removed, ["fake:one/mia"])
        #expect(try await self.reply("!people", in: harness).contains("Removed, whatever the configuration says"))

        _ = try await access.set(.guest, of: "fake:one/mia", by: Self.alice)
        expectEqual(access.role(of: Self.sender("mia")), .guest)
        expectEqual(audit.withLock { $0.last?.details["was"] }, .null)
        _ = try await access.remove("mia", by: Self.alice)
        try await self.pair("mia", as: .guest, in: harness)
        #expect(try await access.people().removed.isEmpty)
        // The list counts again.
        expectEqual(access.role(of: Self.sender("mia")), .member)
    }

    @Test("a removed host mask admits nobody, and shuts out nobody with an account")
    func mask() {
        let mask = Identity("irc:local/mask:bob!~b@crowd", comparison: .mask)
        let account = Identity("irc:local/account:bob", comparison: .caseInsensitive)
        var policy = AccessPolicy(members: ["irc:local/mask:*!*@crowd"], guests: ["irc:local/account:Bob"])
        let bob = Sender(id: account.value, identities: [account, mask], displayName: "bob")
        expectEqual(policy.role(of: bob), .member)
        policy.change("irc:local/mask:*!*@crowd", to: nil)
        expectEqual(policy.role(of: bob), .guest)
        policy.change("irc:local/account:BOB", to: nil)
        #expect(policy.role(of: bob) == nil && policy.isRemoved(bob))
    }

    // MARK: Roles

    @Test("a lower role stops what runs, and counts for what waits")
    func lowered() async throws {
        let worker = ScriptedWorker([.hold])
        let harness = try await BridgeHarness(worker: worker, policy: Self.policy)
        try await self.pair("bob", as: .member, in: harness)
        let running = try #require(try await harness.ask("first", from: "bob")?.operation)
        let waiting = try #require(try await harness.ask("!specify a page", from: "bob")?.operation)
        #expect(try await self.reply("!people set bob guest", in: harness).contains("now a guest"))
        try await expectEqual(harness.turn(running)?.state, .stopped)
        try await harness.settle()
        try await expectEqual(harness.turn(waiting)?.state, .failed)
        expectEqual(harness.bridge.access.role(of: Self.sender("bob")), .guest)
        _ = try await harness.bridge.access.set(.owner, of: "fake:one/bob", by: Self.alice)
        expectEqual(harness.bridge.access.role(of: Self.sender("bob")), .owner)
    }

    @Test("the role of a listed person counts in place of the configured one")
    func listedRole() async throws {
        let harness = try await BridgeHarness(policy: Self.policy)
        let access = harness.bridge.access
        _ = try await access.set(.owner, of: "gina", by: Self.alice)
        expectEqual(access.role(of: Self.sender("gina")), .owner)
        let gina = try await access.people().people.first { $0.identity == "fake:one/gina" }
        #expect(gina?.role == .owner && gina?.listedRole == .guest)
        let again = try await BridgeHarness(directory: harness.directory, policy: Self.policy)
        expectEqual(again.bridge.access.role(of: Self.sender("gina")), .owner)
        // The configured role needs no record.
        _ = try await again.bridge.access.set(.guest, of: "gina", by: Self.alice)
        #expect(try await again.bridge.store.read { ledger in try ledger.accessChanges().isEmpty })
    }

    @Test(
        "an identity without a name is called by its account",
        arguments: [
            ("irc:local/account:alice", "alice"), ("matrix:home/@bob:example.org", "@bob:example.org"),
            ("matrix:@bob:example.org", "@bob:example.org"), ("slack:T1/U1", "U1"),
            ("irc:local/mask:*!*@crowd", "*!*@crowd"),
        ])
    func account(identity: String, account: String) { expectEqual(Person.account(of: identity), account) }

    @Test("the last owner stays one")
    func lastOwner() async throws {
        let harness = try await BridgeHarness(policy: Self.policy)
        let access = harness.bridge.access
        try await harness.bridge.store.write { ledger in
            let token = CredentialRecord(
                id: "k_1", kind: .token, name: "x", identity: "web:k_1", role: .owner, scopes: ["admin"], createdAt: 1)
            try ledger.insert(token, hash: "k_1")
        }
        for command in ["!people remove alice", "!people set alice member"] {
            #expect(try await self.reply(command, in: harness).contains("is the last owner"))
        }
        _ = try await access.set(.owner, of: "mia", by: Self.alice)
        _ = try await access.remove("alice", by: Self.alice)
        let error = await #expect(throws: PeopleError.self) { try await access.remove("mia", by: Self.sender("mia")) }
        expectEqual(error?.code, .lastOwner)
        // A token is no person, and can always go.
        _ = try await access.remove("k_1", by: Self.sender("mia"))
    }

    @Test(
        "the words after `people`",
        arguments: [
            ("", PeopleWords.list), ("list", .list), ("set bob Guest", .set("bob", .guest)),
            ("set a b owner", .set("a b", .owner)), ("remove bob", .remove("bob")), ("set bob", nil),
            ("set bob king", nil), ("merge a b", .merge("a", "b")), ("merge a", nil), ("remove", nil), ("bob", nil),
        ] as [(String, PeopleWords?)])
    func words(text: String, words: PeopleWords?) { expectEqual(PeopleWords(text), words) }
}
