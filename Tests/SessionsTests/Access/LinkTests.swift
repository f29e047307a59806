import Analytics
import Audit
import Chat
import Database
import JSON
import Primitives
import Store
import TestSupport
import Testing

@testable import People
@testable import Sessions
@testable import Threads

@Suite("Linked identities", .timeLimit(.minutes(1)))
struct LinkTests {
    private static let policy = AccessPolicy(
        owners: ["fake:one/alice"], members: ["fake:one/mia", "fake:one/bob"], guests: ["fake:one/gina"])
    private static let alice = sender("alice")

    private static func sender(_ person: String) -> Sender {
        Sender(id: "fake:one/\(person)", identities: [Identity("fake:one/\(person)")], displayName: person)
    }

    private func reply(_ text: String, from person: String, in harness: BridgeHarness) async throws -> String {
        let operation = try #require(try await harness.ask(text, from: person)?.operation)
        return try #require(try await harness.frames(of: operation).last?.content)
    }

    /// A code, as `person` gets it.
    private func code(for person: String, in harness: BridgeHarness) async throws -> String {
        let text = try await self.reply("!link", from: person, in: harness)
        return try #require(text.split(separator: "`").first.map(String.init))
    }

    private func link(_ one: String, _ other: String, in harness: BridgeHarness) async throws {
        let code = try await self.code(for: one, in: harness)
        _ = try await self.reply("!link \(code)", from: other, in: harness)
    }

    @Test("a code made by one side and used by the other makes both one person; both learn of it, and it is recorded")
    func linked() async throws {
        let audit = Protected<[AuditEntry]>([])
        let harness = try await BridgeHarness(
            policy: Self.policy, audit: { _, entry in audit.withLock { $0.append(entry) } })
        let access = harness.bridge.access
        let code = try await self.code(for: "mia", in: harness)
        #expect(try await self.reply("!link \(code)", from: "mia", in: harness).contains("one person already"))
        let text = try await self.reply("!link \(code)", from: "gina", in: harness)
        #expect(text.contains("`fake:one/gina`, `fake:one/mia` are one person now") && text.contains("`!unlink`"))
        try await eventually("Mia gets a message") {
            harness.adapter.texts.contains { $0.contains("`fake:one/gina` has used your code") }
        }
        expectEqual(Set(access.identities(of: "fake:one/mia")), ["fake:one/mia", "fake:one/gina"])
        // A link raises nobody's role.
        expectEqual(access.role(of: Self.sender("gina")), .guest)
        #expect(try await self.reply("!link \(code)", from: "bob", in: harness) == LinkTexts.wrongCode)
        let rows = audit.withLock { $0.filter { $0.details["link"] == "linked" } }
        expectEqual(rows.compactMap { $0.details["person"]?.stringValue }, ["fake:one/mia", "fake:one/gina"])
        let people = try await access.people().people
        expectEqual(people.first { $0.identity == "fake:one/mia" }?.linked, ["fake:one/gina"])

        let again = try await BridgeHarness(directory: harness.directory, policy: Self.policy)
        expectEqual(again.bridge.access.identities(of: "fake:one/gina").count, 2)
        let key = ThreadKey(adapter: again.adapter.id, value: "mia")
        let done = try await again.bridge.access.relink(Self.sender("mia"), in: key, code: nil, sign: CommandSign("!"))
        #expect(done.contains("no longer linked with `fake:one/gina`"))
        expectEqual(again.bridge.access.identities(of: "fake:one/gina"), ["fake:one/gina"])
    }

    @Test("a code is worth nothing after ten minutes, and for whoever tries too many")
    func codes() async throws {
        let now = Protected<Int64>(1_000)
        let harness = try await BridgeHarness(policy: Self.policy, now: { now.withLock { $0 } })
        let code = try await self.code(for: "mia", in: harness)
        now.withLock { $0 += 600_000 }
        #expect(try await self.reply("!link \(code)", from: "bob", in: harness) == LinkTexts.wrongCode)
        let fresh = try await self.code(for: "mia", in: harness)
        for _ in 1...4 { _ = try await self.reply("!link AAAA-AAA2", from: "bob", in: harness) }
        #expect(try await self.reply("!link \(fresh)", from: "bob", in: harness) == LinkTexts.paused)
        let room = harness.adapter.event("!link", from: "mia", in: "#room", isDirect: false)
        let refused = try #require(try await harness.bridge.submit(room)?.operation)
        try await expectEqual(harness.frames(of: refused).last?.content, "Write `!link` to me in a direct message.")
        #expect(try await self.reply("!link \(fresh)", from: "gina", in: harness).contains("are one person now"))
    }

    @Test("an owner's change is about the whole person")
    func changed() async throws {
        let harness = try await BridgeHarness(policy: Self.policy)
        let access = harness.bridge.access
        try await self.link("mia", "bob", in: harness)
        _ = try await access.set(.guest, of: "mia", by: Self.alice)
        expectEqual(["mia", "bob"].map { access.role(of: Self.sender($0)) }, [.guest, .guest])
        let code = try await self.code(for: "bob", in: harness)
        #expect(try await self.reply("!people remove mia", from: "alice", in: harness).contains("is removed"))
        expectEqual(["mia", "bob"].map { access.role(of: Self.sender($0)) }, [nil, nil])
        #expect(access.identities(of: "fake:one/bob") == ["fake:one/bob"])
        #expect(try await self.reply("!link \(code)", from: "gina", in: harness) == LinkTexts.wrongCode)
    }

    @Test("the last owner stays one, with several identities too")
    func lastOwner() async throws {
        let policy = AccessPolicy(owners: ["fake:one/alice", "fake:one/mia"])
        let harness = try await BridgeHarness(policy: policy)
        try await self.link("alice", "mia", in: harness)
        let error = await #expect(throws: PeopleError.self) {
            try await harness.bridge.access.remove("mia", by: Self.alice)
        }
        expectEqual(error?.code, .lastOwner)
        expectEqual(harness.bridge.access.role(of: Self.sender("mia")), .owner)
    }

    @Test("an owner gives somebody what another identity had, also one that has no access any more")
    func merged() async throws {
        let harness = try await BridgeHarness(policy: Self.policy)
        try await harness.bridge.store.write { ledger in
            let key = ThreadKey(adapter: Place.webAdapter, value: "lost")
            let route = Route(room: RoomID(adapter: Place.webAdapter, name: "lost"))
            _ = try ledger.session(for: key, route: route, owner: "web:lost", title: "Old", at: 1)
        }
        let text = try await self.reply("!people merge web:lost mia", from: "alice", in: harness)
        #expect(text.contains("`mia` now has what `web:lost` had"))
        expectEqual(Set(harness.bridge.access.identities(of: "fake:one/mia")), ["fake:one/mia", "web:lost"])
        // What a lost browser was called nobody knows; its address stays.
        _ = try await self.reply("!whoami", from: "mia", in: harness)
        try await harness.settle()
        let author = try await harness.bridge.access.author(Self.sender("mia"))
        #expect(author.id == "web:lost" && author.displayName == "mia")
        var filter = SessionFilter(owner: "fake:one/mia")
        filter.otherOwners = ["web:lost"]
        let mine = filter
        let titles = try await harness.bridge.store.read { ledger in
            try ledger.sessions(mine, after: nil, limit: 10).items.map(\.owner)
        }
        #expect(titles.contains("web:lost"))
        #expect(try await self.reply("!people merge web:none mia", from: "alice", in: harness).contains("Nobody"))
    }

    @Test("budget and quota are the person's: what all identities have used")
    func sums() async throws {
        let harness = try await BridgeHarness(policy: Self.policy)
        let prices = harness.bridge.environment.settings.analytics.prices
        let spent = { (person: String) in
            try await harness.bridge.store.read { ledger in
                let query = AnalyticsQuery(0..<86_400_000, of: .user(person))
                return (
                    try ledger.analytics(query, prices: prices).totals.tokens.input,
                    try ledger.storage(of: person).threads, try ledger.uploads(of: person, on: 0)
                )
            }
        }
        for person in ["mia", "bob"] { _ = try await harness.ask("hello", from: person) }
        try await harness.settle()
        try await harness.bridge.store.write { ledger in
            for person in ["mia", "bob"] {
                var record = UsageRecord("turn", began: 5, at: 5)
                (record.person, record.model, record.input, record.calls) = ("fake:one/\(person)", "small", 7, 1)
                try ledger.insert(record)
                try ledger.addUpload(3, of: "fake:one/\(person)", on: 0)
            }
        }
        let before = try await spent("fake:one/mia")
        try await self.link("mia", "bob", in: harness)
        let after = try await (spent("fake:one/mia"), spent("fake:one/bob"))
        #expect(before.1 == 1 && before.2 == 3)
        #expect(after.0.0 == 2 * before.0 && after.0.1 == 2 && after.0.2 == 6 && after.0 == after.1)
    }

    @Test(
        "a person's commits are those of the identity that says most about them, else of the one that was linked first",
        arguments: [
            (["slack:T/U"], "slack:T/U"), (["slack:T/U", "irc:a/b"], "slack:T/U"), (["irc:a/b", "web:1"], "web:1"),
            (["web:1", "oidc:ada"], "oidc:ada"), (["web:1", "irc:a/b", "github:ada", "oidc:ada"], "github:ada"),
        ])
    func author(identities: [String], chosen: String) {
        expectEqual(CommitAuthor.of(identities.map { ($0, "name of \($0)") })?.displayName, "name of \(chosen)")
        expectEqual(CommitAuthor.of(identities.map { ($0, $0 == chosen ? nil : "Ada") })?.id, chosen)
        expectEqual(CommitAuthor.of(identities.map { ($0, nil) })?.displayName, Person.account(of: chosen))
    }

    @Test("the author's name is what the identity is called now, or was called when it was linked")
    func authorName() async throws {
        let harness = try await BridgeHarness(policy: Self.policy)
        let (access, store) = (harness.bridge.access, harness.bridge.store)
        let mia = Self.sender("mia")
        try await expectEqual(access.author(mia), mia)
        try await self.link("mia", "gina", in: harness)
        func authors() async throws -> Set<[String]> {
            var found: Set<[String]> = []
            for person in ["mia", "gina"] {
                let author = try await access.author(Self.sender(person))
                found.insert([author.id, author.displayName])
            }
            return found
        }
        try await expectEqual(authors(), [["fake:one/mia", "mia"]])
        let browser = CredentialRecord(
            id: "k", kind: .cookie, name: "Mia", identity: "web:1", role: .member, scopes: [], createdAt: 1)
        try await store.write { ledger in
            try ledger.insert(browser, hash: "h")
            try ledger.link("fake:one/gina", "web:1", names: ["web:1": "Mia M."], at: 2)
        }
        try await expectEqual(authors(), [["web:1", "Mia"]])
        try await store.write { ledger in try ledger.revokeCookies(of: "web:1") }
        try await expectEqual(authors(), [["web:1", "Mia M."]])
        try await store.write { ledger in try ledger.unlink("web:1") }
        try await expectEqual(authors(), [["fake:one/mia", "mia"]])
    }

    @Test("settings are the first side's, or of whom is merged into; pins are both's, and each keeps a copy")
    func choices() async throws {
        let harness = try await BridgeHarness(policy: Self.policy)
        let store = harness.bridge.store
        func model(_ person: String) async throws -> String? {
            try await store.read { ledger in try ledger.preferences(of: "fake:one/\(person)").model }
        }
        func pins(_ person: String) async throws -> Int {
            try await store.read { ledger in
                try ledger.connection.query("SELECT session FROM pins WHERE person = ?", [.text("fake:one/\(person)")])
            }.count
        }
        func choose(_ model: String?, pinning session: String, _ person: String) async throws {
            try await store.write { ledger in
                try ledger.set(Preferences(model: model), of: "fake:one/\(person)")
                try ledger.setPinned(true, session: session, of: "fake:one/\(person)")
            }
        }
        try await choose("large", pinning: "s1", "mia")
        try await choose("small", pinning: "s2", "bob")
        try await store.write { ledger in
            try ledger.set(Preferences(model: "small", instructions: "Be brief."), of: "fake:one/bob")
        }
        try await self.link("mia", "bob", in: harness)
        for person in ["mia", "bob"] {
            // Each setting is the first side's that has one.
            try await expectEqual(
                store.read { ledger in try ledger.preferences(of: "fake:one/\(person)") },
                Preferences(model: "large", instructions: "Be brief."))
            try await expectEqual(pins(person), 2)
        }
        try await choose("medium", pinning: "s3", "bob")
        try await expectEqual(model("mia"), "medium")
        try await expectEqual(pins("mia"), 3)
        _ = try await self.reply("!unlink", from: "bob", in: harness)
        try await choose(nil, pinning: "s4", "mia")
        try await expectEqual(model("bob"), "medium")
        try await expectEqual(pins("bob"), 3)

        try await choose("tiny", pinning: "s1", "gina")
        #expect(try await self.reply("!people merge bob gina", from: "alice", in: harness).contains("now has"))
        for person in ["bob", "gina"] {
            try await expectEqual(model(person), "tiny")
            try await expectEqual(pins(person), 3)
        }
        // Without a choice of their own they have the other side's.
        #expect(try await self.reply("!people merge gina mia", from: "alice", in: harness).contains("now has"))
        for person in ["bob", "gina", "mia"] {
            try await expectEqual(model(person), "tiny")
            try await expectEqual(pins(person), 4)
        }
    }
}
