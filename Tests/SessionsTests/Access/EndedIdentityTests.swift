import Chat
import Primitives
import Store
import TestSupport
import Testing

@testable import People
@testable import Sessions
@testable import Threads

@Suite("Identities that end with a connection", .timeLimit(.minutes(1)))
struct EndedIdentityTests {
    private final class Accounts: PersonalAccounts {
        let signedIn = Protected<Set<String>>([])
        let tokensPage = "https://github.com/settings/tokens"

        func invite(_ person: String) async -> SignInInvitation { .failed("invited \(person)") }
        func wait(for signIn: PersonSignIn) async {}
        func signOut(_ person: String) async throws -> Bool { self.signedIn.withLock { $0.remove(person) } != nil }
        func summary(of person: String) async -> String? { nil }
    }

    private let accounts = Accounts()

    private func harness(
        _ policy: AccessPolicy, directory: TemporaryDirectory? = nil, worker: ScriptedWorker = ScriptedWorker()
    ) async throws -> BridgeHarness {
        try await BridgeHarness(directory: directory, worker: worker, accounts: self.accounts, policy: policy)
    }

    private func sender(_ nick: String, _ host: String) -> Sender {
        Sender(
            id: "fake:one/nick:\(nick)",
            identities: [
                Identity("fake:one/nick:\(nick)", comparison: .caseInsensitive),
                Identity("fake:one/mask:\(nick)!~u@\(host)", comparison: .mask),
            ], displayName: nick, isLasting: false)
    }

    private func event(_ text: String, _ nick: String, _ host: String, id: String) -> InboundEvent {
        let adapter = AdapterID("fake:one")
        let message = InboundMessage(
            thread: ThreadKey(adapter: adapter, value: "nick:\(nick)"),
            route: Route(room: RoomID(adapter: adapter, name: nick)), sender: self.sender(nick, host), text: text,
            sentAt: 1, isDirect: true, isAddressed: true)
        return InboundEvent(id: id, adapter: adapter, kind: .message(message))
    }

    private func end(_ nick: String, in harness: BridgeHarness) async throws {
        try await harness.bridge.deliver(
            InboundEvent(
                id: "end-\(nick)-\(harness.adapter.posts.count)", adapter: harness.adapter.id,
                kind: .identityEnded("fake:one/nick:\(nick)")))
    }

    /// Makes a nick a paired person.
    private func pair(_ nick: String, _ role: Role, in harness: BridgeHarness) async throws {
        try await harness.bridge.store.write { ledger in
            try ledger.grant(role, to: "fake:one/nick:\(nick)", isLasting: false, at: 1)
        }
        harness.bridge.access.admit("fake:one/nick:\(nick)", as: role)
    }

    private func answer(
        _ text: String, _ nick: String, _ host: String, in harness: BridgeHarness
    ) async throws -> String {
        harness.adapter.forgetPosts()
        try await harness.bridge.deliver(
            self.event(text, nick, host, id: "\(text)-\(host)-\(harness.directory.path)-\(WallClock.now())"))
        try await harness.settle()
        return harness.adapter.texts.joined(separator: "\n")
    }

    @Test("the next holder of a nick begins a new thread: no resend, no history, no ask")
    func nextHolder() async throws {
        let harness = try await self.harness(AccessPolicy())
        try await self.pair("alice", .member, in: harness)
        self.accounts.signedIn.withLock { _ = $0.insert("fake:one/nick:alice") }
        #expect(try await !self.answer("my secret", "alice", "one", in: harness).isEmpty)
        let first = try await harness.bridge.store.read { ledger in
            try ledger.session(for: ThreadKey(adapter: AdapterID("fake:one"), value: "nick:alice"))
        }
        try await self.end("alice", in: harness)
        #expect(self.accounts.signedIn.withLock { $0.isEmpty })

        try await self.pair("alice", .guest, in: harness)
        try await expectEqual(self.answer("!resend", "alice", "two", in: harness), CommandTexts.nothingToResend)
        try await expectEqual(self.answer("!resume", "alice", "two", in: harness), CommandTexts.nothingToResume)
        _ = try await self.answer("what did I say?", "alice", "two", in: harness)
        let last = try #require(harness.worker.requests.last)
        #expect(last.session != first?.id && !last.history.contains { $0.text.contains("secret") })
        // The owners still have it, as nobody's.
        let kept = try await harness.bridge.store.read { ledger in try ledger.session(id: first?.id ?? "") }
        #expect(kept?.owner == "fake:one/past-nick:alice" && kept?.key.value.hasPrefix("past:") == true)
    }

    @Test("after a crash in between, too; what was stored for the nick is not handled")
    func restart() async throws {
        let harness = try await self.harness(AccessPolicy())
        try await self.pair("alice", .member, in: harness)
        self.accounts.signedIn.withLock { _ = $0.insert("fake:one/nick:alice") }
        _ = try await self.answer("my secret", "alice", "one", in: harness)
        guard case .message(let waiting) = self.event("waits", "alice", "one", id: "w").kind else { return }
        let body = StoredForm.text(of: waiting)
        _ = try await harness.bridge.store.write { ledger in
            try ledger.insertEvent("w", adapter: AdapterID("fake:one"), body: body, role: .member, at: 1)
        }
        let again = try await self.harness(AccessPolicy(), directory: harness.directory)
        #expect(self.accounts.signedIn.withLock { $0.isEmpty })
        #expect(again.worker.requests.isEmpty)
        try await self.pair("alice", .guest, in: again)
        try await expectEqual(self.answer("!resend", "alice", "two", in: again), CommandTexts.nothingToResend)
    }

    @Test("`login` needs an identity that lasts")
    func login() async throws {
        let harness = try await self.harness(
            AccessPolicy(members: ["fake:one/mask:bob!*@host", "fake:one/mask:*!*@crowd"]))
        try await self.pair("alice", .member, in: harness)
        #expect(try await self.answer("!login", "alice", "one", in: harness).contains("log in to that account"))
        #expect(try await self.answer("!login", "carol", "crowd", in: harness).contains("log in to that account"))
        try await expectEqual(self.answer("!login", "bob", "host", in: harness), "invited fake:one/mask:bob!*@host")
    }

    @Test("a host mask's people are the mask, not the nick, and keep their threads")
    func masks() async throws {
        let policy = AccessPolicy(members: ["fake:one/mask:Bob!*@host", "fake:one/mask:*!*@crowd"])
        let harness = try await self.harness(policy)
        let bob = try await self.answer("hello", "bob", "host", in: harness)
        let carol = try await self.answer("hi", "carol", "crowd", in: harness)
        try await self.end("bob", in: harness)
        try await self.end("carol", in: harness)
        try await expectEqual(self.answer("!resend", "bob", "host", in: harness), bob)
        try await expectEqual(self.answer("!resend", "carol", "crowd", in: harness), carol)
        let keys = try await harness.bridge.store.read { ledger in
            try ["mask:bob!*@host", "mask:carol!~u@crowd"].map {
                try ledger.session(for: ThreadKey(adapter: AdapterID("fake:one"), value: $0)) != nil
            }
        }
        expectEqual(keys, [true, true])
        // The nick from elsewhere is somebody else.
        try await self.pair("bob", .guest, in: harness)
        try await expectEqual(self.answer("!resend", "bob", "elsewhere", in: harness), CommandTexts.nothingToResend)
    }

    @Test("a nick's thread of an earlier release becomes that of the mask which admitted everybody in it")
    func upgrade() async throws {
        let harness = try await self.harness(AccessPolicy())
        try await self.pair("bob", .member, in: harness)
        let before = try await self.answer("hello", "bob", "host", in: harness)
        let again = try await self.harness(
            AccessPolicy(members: ["fake:one/mask:bob!*@host"]), directory: harness.directory)
        try await expectEqual(self.answer("!resend", "bob", "host", in: again), before)
    }

    @Test("a running answer stops, and nothing more is posted to the nick")
    func running() async throws {
        let worker = ScriptedWorker([.event(.text("a paragraph\n\nand more")), .hold])
        let harness = try await self.harness(AccessPolicy(), worker: worker)
        try await self.pair("alice", .member, in: harness)
        harness.adapter.setHolding(true)
        let submitted = try await harness.bridge.submit(self.event("long", "alice", "one", id: "e1"))
        try await self.end("alice", in: harness)
        let operation = try #require(submitted?.operation)
        let last = try await harness.frames(of: operation).last
        expectEqual(last?.kind, .error)
        harness.adapter.setHolding(false)
        try await harness.settle()
        // What was on its way arrives.
        expectEqual(harness.adapter.texts, ["a paragraph"])
    }
}
