import Chat
import Database
import Etiquette
import Logging
import Models
import Store
import Surroundings
import TestSupport
import Testing

@testable import Posts
@testable import Sessions
@testable import Threads

@Suite("A thread's mailbox", .timeLimit(.minutes(1)))
struct MailboxTests {
    @Test("a full mailbox makes no delivery wait, and nothing is lost or reordered")
    func bounded() async throws {
        let harness = try await BridgeHarness()
        let gate = Gate(isOpen: false)
        let conversation = Conversation(
            key: ThreadKey(adapter: harness.adapter.id, value: "alice/alice"), context: Self.context(harness, gate))
        // Listing the models blocks the first answer, so the rest has to wait.
        let messages = try await Self.stored(["!models"] + (1...600).map { "!help word\($0)" }, harness)
        for message in messages { await expectEqual(conversation.accept(Self.entry(message, harness)), true) }
        try await gate.reached()
        await #expect(conversation.mailbox.letters.count <= Mailbox.limit)
        gate.setOpen(true)
        try await eventually("the inbox is handled") {
            try await harness.bridge.store.read { ledger in try ledger.newEvents(after: 0, limit: 1).isEmpty }
        }
        let asked = try await harness.bridge.store.read { ledger in
            try ledger.connection.query("SELECT text FROM messages WHERE role = 'command' ORDER BY id", []).map {
                try $0.text("text")
            }
        }
        expectEqual(asked, messages.map(\.message.text))
    }

    @Test(
        "what waits in the inbox behind a full mailbox is edited and deleted like what waits in it, and its callers learn it"
    )
    func changed() async throws {
        let gate = Gate(isOpen: false)
        let models = ModelDirectory(defaultModel: "small", provider: "test") {
            await gate.pass()
            return []
        }
        let harness = try await BridgeHarness(models: models)
        for (number, text) in (["!models"] + (1...300).map { "!help word\($0)" }).enumerated() {
            try await expectEqual(harness.adapter.say(text, message: "m\(number)"), .stored)
        }
        try await gate.reached()
        let late = Task { try await harness.bridge.submit(harness.adapter.event("late", message: "m301")) }
        let waiting = try await Self.count(of: harness, atLeast: 302)
        try await expectEqual(harness.adapter.edit("m299", to: "!help other"), .stored)
        try await expectEqual(harness.adapter.takeBack("m300"), .stored)
        gate.setOpen(true)
        #expect(try await late.value != nil)
        try await harness.settle()
        try await harness.settleInbox()
        let asked = try await harness.bridge.store.read { ledger in
            try ledger.connection.query("SELECT text FROM messages WHERE role = 'command' ORDER BY id", [])
                .map { try $0.text("text") }
        }
        expectEqual(asked, ["!models"] + (1...298).map { "!help word\($0)" } + ["!help other"])
        expectEqual(harness.worker.requests.map(\.text), ["late"])
        expectEqual(waiting, 302)
    }

    /// How many messages wait in the inbox, once there are that many.
    private static func count(of harness: BridgeHarness, atLeast count: Int) async throws -> Int {
        func waiting() async throws -> Int {
            try await harness.bridge.store.read { ledger in try ledger.newEvents(after: 0, limit: 1_000).count }
        }
        try await eventually("\(count) messages wait") { try await waiting() >= count }
        return try await waiting()
    }

    @Test("a caller learns that the store refused for now; the messages are answered in order once it works")
    func refused() async throws {
        let harness = try await BridgeHarness(store: DatabaseSettings(busyTimeout: .milliseconds(10)))
        let messages = try await Self.stored(["first", "!help", "second"], harness)
        let conversation = harness.bridge.conversations.conversation(
            for: ThreadKey(adapter: harness.adapter.id, value: "alice/alice"))
        try await harness.whileLocked {
            let reply = ReplyBox()
            for (index, message) in messages.enumerated() {
                _ = await conversation.accept(Self.entry(message, harness), reply: index == 0 ? reply : nil)
            }
            let error = await #expect(throws: DatabaseError.self) { try await reply.value() }
            expectEqual(error?.code, .locked)
        }
        try await harness.settle()
        // Where nothing of the first answer was shown yet, the second question joins the first.
        let requests = harness.worker.requests.map(\.text)
        #expect([["first", "second"], ["first", "first\n\nsecond"]].contains(requests), "\(requests)")
        let stored = try await harness.bridge.store.read { ledger in
            try ledger.connection.query("SELECT text FROM messages WHERE role IN ('user', 'command') ORDER BY id", [])
                .map { try $0.text("text") }
        }
        expectEqual(stored, ["first", "!help", "second"])
    }

    private static func entry(_ stored: StoredMessage, _ harness: BridgeHarness) -> InboxEntry {
        let intents = IntentReader(adapters: harness.bridge.adapters, access: harness.bridge.access)
        return .message(stored, intents.intent(of: stored.message, role: stored.role))
    }

    private static func stored(_ texts: [String], _ harness: BridgeHarness) async throws -> [StoredMessage] {
        var events: [(id: String, message: InboundMessage)] = []
        for text in texts {
            let event = harness.adapter.event(text)
            if case .message(let message) = event.kind { events.append((event.id, message)) }
        }
        let adapter = harness.adapter.id
        let all = events
        return try await harness.bridge.store.write { ledger in
            try all.compactMap { event in
                let body = StoredForm.text(of: event.message)
                let number = try ledger.insertEvent(event.id, adapter: adapter, body: body, role: .owner, at: 1)
                return number.map { StoredMessage(number: $0, event: event.id, message: event.message, role: .owner) }
            }
        }
    }

    private static func context(_ harness: BridgeHarness, _ gate: Gate) -> ConversationContext {
        ConversationContext(
            store: harness.bridge.store, hub: harness.bridge.hub, adapters: harness.bridge.adapters,
            lanes: harness.bridge.lanes, workers: [:],
            models: ModelDirectory(defaultModel: "small", provider: "test") {
                await gate.pass()
                return []
            },
            repositories: RepositoryDirectory(), access: harness.bridge.access, shares: harness.bridge.shares,
            environment: harness.bridge.environment,
            gate: TurnGate(perHost: 1, perPerson: 1), histories: HistoryCache(entryLimit: 10),
            questions: OpenQuestions(), mutes: MutedThreads(), notices: harness.bridge.notices,
            askChanges: harness.bridge.askChanges,
            indexer: harness.bridge.indexer, fileQuota: harness.bridge.fileQuota, desk: nil, agent: nil, accounts: nil,
            schedules: harness.bridge.posts.schedules)
    }
}
