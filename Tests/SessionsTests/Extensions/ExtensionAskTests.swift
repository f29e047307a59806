import Attention
import Chat
import Database
import Extensions
import Logging
import Primitives
import Store
import TestSupport
import Testing

@testable import People
@testable import Sessions
@testable import Threads

@Suite("Owners approve what extensions list", .timeLimit(.minutes(1)))
struct ExtensionAskTests {
    private struct Scene {
        let harness: BridgeHarness
        let desk: ExtensionDesk
        let server: FakeExtension

        init() async throws {
            let desk = Protected<ExtensionDesk?>(nil)
            self.harness = try await BridgeHarness(
                traits: RoomTraits(
                    capabilities: [.edits, .threads, .buttons], textLimit: 8_000, textUnit: .bytes, isMultiline: true),
                agent: AgentDirectory(
                    personas: { [] }, defaultPersona: { "coder" }, explain: { _, _, _, _ in "" },
                    extensions: {
                        try await desk.withLock { $0 }?.report(ours: 10) { $0.utf8.count / 4 }.map(\.line) ?? []
                    }))
            let server = FakeExtension(
                ExtensionSettings(name: "jira", way: .program(["/opt/jira"], variables: [:])),
                offering: .tools(("search", "Finds issues.")))
            self.server = server
            self.desk = ExtensionDesk(
                [server.settings], store: self.harness.bridge.store, now: { 1_000 }, logger: Logger(label: "test")
            ) { _ in server }
            desk.withLock { $0 = self.desk }
        }

        func ask() async throws -> AskRecord? {
            await self.harness.bridge.askAboutExtensions(self.desk)
            return try await self.harness.bridge.store.read { ledger in
                try ledger.openAsks().last { $0.kind == .extension }
            }
        }

        func answer(_ ask: AskRecord, _ key: String, from person: String = "olga", role: Role = .owner) async throws
            -> AskResult
        {
            try await self.harness.bridge.answer(
                AskAnswer(
                    ask: ask.id,
                    sender: Sender(
                        id: "fake:one/\(person)", identities: [Identity("fake:one/\(person)")], displayName: person),
                    role: role, key: key, reason: nil))
        }
    }

    @Test("one ask a list, in a thread that owners see; its answer approves exactly that list")
    func approved() async throws {
        let scene = try await Scene()
        try await scene.desk.check("jira")
        let ask = try #require(try await scene.ask())
        expectEqual(try await scene.ask()?.id, ask.id)
        #expect(ask.lead.hasPrefix("Extension `\(ask.id)`: the extension `jira` wants to offer 1 tool to models."))
        #expect(ask.lead.contains("Finds issues.") && ask.isIntact && ask.rule == .owners)
        let inbox = try await scene.harness.bridge.store.read { ledger in
            try ["alice", "bob"].map { name in
                try ledger.openAsks(
                    for: ThreadVisitor(identity: "fake:one/\(name)", role: name == "alice" ? .owner : .member),
                    at: 2_000
                ).map(\.id)
            }
        }
        expectEqual(inbox, [[ask.id], []])
        guard case .notAllowed = try await scene.answer(ask, "A", from: "bob", role: .member) else {
            return #expect(Bool(false))
        }
        #expect(try await scene.desk.offered().isEmpty)
        guard case .decided(let decided) = try await scene.answer(ask, "A") else { return #expect(Bool(false)) }
        #expect(decided.outcome.hasPrefix("Approved by olga"))
        expectEqual(try await scene.desk.offered().first?.tools.map(\.name), ["search"])
        expectEqual(try await scene.ask()?.id, nil)
    }

    @Test("a denied list is not asked about again; a changed one is, and the old question ends")
    func changed() async throws {
        let scene = try await Scene()
        try await scene.desk.check("jira")
        let first = try #require(try await scene.ask())
        scene.server.change(to: .tools(("search", "Finds issues, and more.")))
        try await scene.desk.check("jira")
        let second = try #require(try await scene.ask())
        #expect(second.id != first.id)
        guard case .expired = try await scene.answer(first, "A") else { return #expect(Bool(false)) }
        #expect(try await scene.desk.offered().isEmpty)
        guard case .decided(let denied) = try await scene.answer(second, "no") else { return #expect(Bool(false)) }
        #expect(denied.outcome.hasPrefix("Denied by olga"))
        try await scene.desk.check("jira")
        expectEqual(try await scene.ask()?.id, nil)
        #expect(try await scene.desk.offered().isEmpty)
    }

    @Test("the page of a sign-in is a note in the thread that owners see")
    func signIn() async throws {
        let scene = try await Scene()
        let page = ExtensionSignInPage(
            server: "wiki", address: "https://auth.example/page?state=a_b*c", host: "auth.example", scope: "read")
        await scene.harness.bridge.ask(toOpen: [page])
        let texts = try await scene.harness.bridge.store.read { ledger in
            try ledger.session(for: ExtensionAsking.thread).map {
                try ledger.messages(of: $0.id, after: nil, limit: 10).items.map(\.text)
            } ?? []
        }
        expectEqual(texts.count, 1)
        let text = try #require(texts.first)
        #expect(text.hasPrefix("wiki needs a sign-in at auth.example."), "\(text)")
        #expect(text.contains("<https://auth.example/page?state=a_b*c>"))
    }

    @Test("an ask whose binding was altered approves nothing")
    func altered() async throws {
        let scene = try await Scene()
        try await scene.desk.check("jira")
        let ask = try #require(try await scene.ask())
        try await scene.harness.bridge.store.write { ledger in
            try ledger.connection.execute(
                "UPDATE asks SET bound = replace(bound, 'jira', 'wiki') WHERE id = ?", [.text(ask.id)])
        }
        guard case .altered = try await scene.answer(ask, "A") else { return #expect(Bool(false)) }
        #expect(try await scene.desk.offered().isEmpty)
    }

    @Test("an owner who writes directly gets it there with its buttons, and decides it there")
    func direct() async throws {
        let scene = try await Scene()
        _ = try await scene.harness.ask("!whoami", from: "alice")
        try await scene.harness.settle()
        scene.harness.adapter.forgetPosts()
        try await scene.desk.check("jira")
        let ask = try #require(try await scene.ask())
        await scene.harness.bridge.notices.tell()
        try await scene.harness.settleOutbox()
        let post = try #require(scene.harness.adapter.posts.first)
        #expect(post.text.contains("Finds issues."), "\(post.text)")
        expectEqual(post.buttons.map(\.command), ["approve \(ask.id)", "deny \(ask.id)"])
        try await scene.harness.adapter.say("!approve \(ask.id)", from: "alice", in: "alice")
        try await eventually("it is approved") { try await !scene.desk.offered().isEmpty }
    }

    @Test("the command lists them, and is for members")
    func command() async throws {
        let scene = try await Scene()
        try await scene.desk.check("jira")
        let ask = try #require(try await scene.ask())
        _ = try await scene.harness.ask("!extensions", from: "alice")
        try await scene.harness.settleOutbox()
        let text = try #require(scene.harness.adapter.texts.last)
        #expect(
            text.contains("`jira`: running, modern, 0 of 1 tool offered") && text.contains("`!approve \(ask.id)`"),
            "\(text)")
        _ = try await scene.harness.ask("!extensions", from: "gina")
        try await scene.harness.settleOutbox()
        #expect(scene.harness.adapter.texts.last?.contains("jira") == false)
    }
}
