import Chat
import Primitives
import Store
import TestSupport
import Testing

@testable import Attention
@testable import People
@testable import Sessions
@testable import Threads

@Suite("People whom texts name", .timeLimit(.minutes(1)))
struct MentionTests {
    /// Alice and olga are owners, bob and mia members, gina a guest; bob, mia and gina write to the bot directly.
    private func stage() async throws -> AskStage {
        let stage = try await AskStage(playing: [])
        for name in ["bob", "mia", "gina"] { try await stage.adapter.say("!whoami", from: name, in: name) }
        try await stage.harness.settle()
        stage.adapter.forgetPosts()
        return stage
    }

    private static func sender(_ name: String) -> Sender {
        Sender(id: "fake:one/\(name)", identities: [Identity("fake:one/\(name)")], displayName: name)
    }

    private func write(
        _ text: String, before: String? = nil, by author: String? = "alice", _ kind: NamedText.Kind = .task,
        in session: String? = nil, key: String = "1", on stage: AskStage
    ) async throws {
        let now = stage.clock.withLock { $0 }
        let text = NamedText(
            kind, in: session, of: kind == .message ? "" : "notes", about: kind == .comment ? "docs/A b.md" : "T1",
            key: key, text, before: before, by: author.map(Self.sender), at: now)
        try await stage.bridge.store.write { ledger in try ledger.note(text) }
        await stage.bridge.notices.tell()
        try await stage.harness.settleOutbox()
    }

    private func directs(_ stage: AskStage) -> [String] { stage.adapter.posts.map(\.route.room.name).sorted() }

    private func inbox(_ name: String, _ role: Role, on stage: AskStage) async throws -> [String] {
        let visitor = ThreadVisitor(identity: "fake:one/\(name)", role: role)
        let now = stage.clock.withLock { $0 }
        return try await stage.bridge.store.read { ledger in
            try ledger.mentions(for: visitor, at: now).map(\.text.excerpt)
        }
    }

    @Test("a person hears of it once, in the inbox and directly, and nobody of their own words")
    func once() async throws {
        let stage = try await self.stage()
        let text = "ask @bob, @BOB and @alice about it"
        for _ in 0..<2 { try await self.write(text, on: stage) }
        await stage.bridge.notices.tell()
        try await stage.harness.settleOutbox()
        expectEqual(self.directs(stage), ["bob"])
        expectEqual(
            stage.adapter.posts.first?.text,
            "alice mentioned you in task `T1` in `notes`: http://127.0.0.1:8787/tasks?task=notes%2FT1\n\n> \(text)")
        try await expectEqual(self.inbox("bob", .member, on: stage), [text])
        try await expectEqual(self.inbox("alice", .owner, on: stage), [])
        let bob = ThreadVisitor(identity: "fake:one/bob", role: .member)
        let seen = try await stage.bridge.store.write { ledger in
            let number = try ledger.mentions(for: bob, at: 1).first?.number ?? 0
            let mia = ThreadVisitor(identity: "fake:one/mia", role: .owner)
            return try [
                ledger.see(mention: number, mia, at: 1), ledger.see(mention: number, bob, at: 1),
                ledger.see(mention: number, bob, at: 1),
            ]
        }
        expectEqual(seen, [false, true, false])
        try await expectEqual(self.inbox("bob", .member, on: stage), [])
    }

    @Test("an edit tells only whom the text has not named before")
    func edits() async throws {
        let stage = try await self.stage()
        try await self.write("@bob", on: stage)
        try await self.write("@bob and @mia", before: "@bob", key: "2", on: stage)
        expectEqual(self.directs(stage), ["bob", "mia"])
        try await self.write("@mia, please", before: "@bob and @mia", key: "3", on: stage)
        expectEqual(self.directs(stage), ["bob", "mia"])
    }

    @Test("whoever may not read the text gets no message, even if they could read it when it was written")
    func rights() async throws {
        let stage = try await self.stage()
        for kind in [NamedText.Kind.comment, .task] {
            try await self.write("@gina and @bob", kind, key: "\(kind)", on: stage)
        }
        expectEqual(self.directs(stage), ["bob", "bob"])
        #expect(
            stage.adapter.posts[0].text.contains("a comment on `docs/A b.md`: http://127.0.0.1:8787/d//docs/A%20b.md"))
        stage.adapter.forgetPosts()

        let now = stage.clock.withLock { $0 }
        let key = ThreadKey(adapter: Place.webAdapter, value: "own")
        let session = try await stage.bridge.store.write { ledger in
            try ledger.session(
                for: key, route: Route(room: RoomID(adapter: Place.webAdapter, name: "own")), owner: "fake:one/mia",
                title: "Plans", at: now)
        }
        stage.adapter.setReachable("olga", true)
        try await self.write("@bob @gina @fake:one/olga", by: "mia", .message, in: session.id, on: stage)
        // Owners read every conversation.
        expectEqual(self.directs(stage), ["olga"])
        expectEqual(
            stage.adapter.posts.first?.text.split(separator: "\n").first,
            "mia mentioned you in “Plans”: http://127.0.0.1:8787/#/t/\(session.id)/m/T1")
        try await expectEqual(self.inbox("bob", .member, on: stage).count, 2)
        try await expectEqual(self.inbox("olga", .owner, on: stage), ["@bob @gina @fake:one/olga"])
        try await expectEqual(self.inbox("olga", .member, on: stage), [])

        // Between the text and the message.
        let text = NamedText(.task, of: "notes", about: "T1", key: "late", "@bob", by: Self.sender("mia"), at: now)
        try await stage.bridge.store.write { ledger in try ledger.note(text) }
        await stage.bridge.notices.readNames(at: now)
        _ = try await stage.bridge.access.set(.guest, of: "fake:one/bob", by: Self.sender("alice"))
        await stage.bridge.notices.tell()
        try await stage.harness.settleOutbox()
        expectEqual(self.directs(stage), ["olga"])
        try await expectEqual(self.inbox("bob", .guest, on: stage), [])
    }

    @Test("linked identities are one person, who hears of it where they wrote last")
    func linked() async throws {
        let stage = try await self.stage()
        try await stage.bridge.store.write { ledger in
            try ledger.link("fake:one/bob", "fake:one/mia", at: 1)
        }
        try await stage.bridge.access.reload()
        stage.advance(by: 120_000)
        try await stage.adapter.say("!whoami", from: "mia", in: "mia")
        try await stage.harness.settle()
        stage.adapter.forgetPosts()
        try await self.write("@bob and @mia", on: stage)
        expectEqual(self.directs(stage), ["mia"])
        try await self.write("@mia", by: "bob", key: "2", on: stage)
        expectEqual(self.directs(stage), ["mia"])
        let visitor = ThreadVisitor(identity: "fake:one/bob", others: ["fake:one/mia"], role: .member)
        let count = try await stage.bridge.store.read { ledger in try ledger.mentions(for: visitor, at: 1).count }
        expectEqual(count, 1)
    }

    @Test("of one text ten people hear, of one person's a hundred a day, and five a minute directly")
    func limits() async throws {
        let stage = try await self.stage()
        let now = stage.clock.withLock { $0 }
        try await stage.bridge.store.write { ledger in
            for number in 1...12 {
                let record = CredentialRecord(
                    id: "k\(number)", kind: .cookie, name: "p\(number)", identity: "web:p\(number)", role: .member,
                    scopes: ["chat"], createdAt: now)
                try ledger.insert(record, hash: "k\(number)")
            }
        }
        func count() async throws -> Int {
            try await stage.bridge.store.read { ledger in
                try ledger.mentionCount(by: "fake:one/alice", since: 0, until: .max)
            }
        }
        let all = (1...12).map { "@p\($0)" }.joined(separator: " ")
        try await self.write(all, on: stage)
        try await expectEqual(count(), 10)
        for number in 2...12 { try await self.write(all, key: "\(number)", on: stage) }
        try await expectEqual(count(), 100)
        stage.advance(by: 86_400_000)
        for number in 13...19 { try await self.write("@bob", key: "\(number)", on: stage) }
        try await expectEqual(count(), 107)
        expectEqual(self.directs(stage).count, 5)
        stage.advance(by: 60_000)
        await stage.bridge.notices.tell()
        try await stage.harness.settleOutbox()
        expectEqual(self.directs(stage).count, 7)
    }

    @Test("messages that wait when a process ends are sent by the next one, and old mentions are deleted")
    func later() async throws {
        let stage = try await self.stage()
        let now = stage.clock.withLock { $0 }
        let text = NamedText(.task, of: "notes", about: "T1", key: "1", "@bob", by: nil, at: now)
        try await stage.bridge.store.write { ledger in try ledger.note(text) }
        try await stage.bridge.notices.load()
        await stage.wait(for: "Somebody mentioned you in task `T1`")
        try await stage.harness.settleOutbox()
        let left = try await stage.bridge.store.write { ledger in
            try [
                ledger.deleteMentions(before: now, limit: 10), ledger.deleteMentions(before: now + 1, limit: 10),
                ledger.deleteMentions(before: now + 1, limit: 10),
            ]
        }
        expectEqual(left, [0, 1, 0])
    }
}
