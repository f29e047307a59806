import Audit
import Chat
import JSON
import Primitives
import Store
import TestSupport
import Testing
import Threads

@testable import Etiquette
@testable import People
@testable import Sessions

@Suite("Codes for browsers", .timeLimit(.minutes(1)))
struct BrowserCodeTests {
    private static let policy = AccessPolicy(owners: ["fake:one/alice"], members: ["fake:one/mia"])
    private static let alice = Sender(id: "fake:one/alice", identities: [], displayName: "alice")
    private static let olga = Sender(id: "web:olga", identities: [], displayName: "Olga")

    private static func browser(_ name: String, called shown: String? = nil) -> NewBrowser {
        NewBrowser(
            identity: "web:\(name)", name: shown ?? name, id: "c_\(name)", hash: "h_\(name)", lifetime: 1_000_000)
    }

    /// A person who signed in with a code.
    private func signIn(
        _ name: String, called shown: String? = nil, as role: Role, in harness: BridgeHarness
    ) async throws {
        let code = try await AccessControl.makeCode(for: role, in: harness.bridge.store, at: 1_000).code
        let record = try await harness.bridge.access.signIn(Self.browser(name, called: shown), code: code)
        expectEqual(record?.role, role)
    }

    @Test("a code adds a browser to the same person, once; in the list they are one")
    func added() async throws {
        let audit = Protected<[AuditEntry]>([])
        let harness = try await BridgeHarness(
            policy: Self.policy, audit: { _, entry in audit.withLock { $0.append(entry) } })
        let access = harness.bridge.access
        try await self.signIn("olga", as: .member, in: harness)
        let made = try await access.addBrowser(of: "me", by: Self.olga, as: .member)
        let record = try #require(try await access.signIn(Self.browser("phone"), code: made.code.lowercased()))
        #expect(record.identity == "web:olga" && record.name == "olga" && record.role == .member)
        try await expectEqual(access.signIn(Self.browser("third"), code: made.code), nil)
        let olga = try #require(try await access.people().people.last)
        #expect(olga.id == Person.id(of: "web:olga") && olga.browsers == ["c_olga", "c_phone"])
        #expect(PeopleTexts.way(of: olga) == "signed in, in 2 browsers")
        let rows = audit.withLock { $0.filter { $0.kind == .access }.suffix(2) }
        expectEqual(rows.map { $0.details["code"]?.stringValue }, ["made", "used"])
        expectEqual(rows.map { $0.details["person"]?.stringValue }, ["web:olga", "web:olga"])
        #expect(rows.allSatisfy { !"\($0)".contains(made.code) })
    }

    @Test("a role counts for the open codes too; a removal and a revoked credential end them")
    func ended() async throws {
        let harness = try await BridgeHarness(policy: Self.policy)
        let access = harness.bridge.access
        try await self.signIn("olga", as: .member, in: harness)
        let first = try await access.addBrowser(of: "Olga", by: Self.alice, as: .owner)
        _ = try await access.set(.guest, of: "c_olga", by: Self.alice)
        try await expectEqual(access.signIn(Self.browser("phone"), code: first.code)?.role, .guest)

        let second = try await access.addBrowser(of: "olga", by: Self.alice, as: .owner)
        try await expectEqual(access.revoke(credential: "c_phone", by: Self.alice), true)
        try await expectEqual(access.signIn(Self.browser("third"), code: second.code), nil)

        let third = try await access.addBrowser(of: "olga", by: Self.alice, as: .owner)
        let change = try await access.remove("olga", by: Self.alice)
        #expect(PeopleTexts.changed(change).contains("signed out in every browser"))
        try await expectEqual(access.signIn(Self.browser("fourth"), code: third.code), nil)
        #expect(try await harness.bridge.store.read { try $0.credentials(kind: .cookie).isEmpty })
    }

    @Test("a revoked credential ends what its person has made for others, and that is recorded")
    func revoked() async throws {
        let audit = Protected<[AuditEntry]>([])
        let harness = try await BridgeHarness(
            policy: Self.policy, audit: { _, entry in audit.withLock { $0.append(entry) } })
        let access = harness.bridge.access
        try await self.signIn("olga", as: .owner, in: harness)
        try await self.signIn("ben", as: .member, in: harness)
        let code = try await access.addBrowser(of: "ben", by: Self.olga, as: .owner)
        let invite = try await access.invite(
            Invitation(as: .owner, called: nil, expires: nil, at: 1_000), by: Self.olga)
        let other = try await access.addBrowser(of: "ben", by: Self.alice, as: .owner)
        try await expectEqual(access.revoke(credential: "c_olga", by: Self.alice), true)
        try await expectEqual(access.signIn(Self.browser("one"), code: code.code), nil)
        try await expectEqual(access.signIn(Self.browser("two"), code: invite.code), nil)
        try await expectEqual(access.signIn(Self.browser("three"), code: other.code)?.identity, "web:ben")
        let rows = audit.withLock { $0.filter { $0.details["code"] == "ended" } }
        expectEqual(Set(rows.compactMap { $0.details["code_id"]?.stringValue }), [code.entry.id, invite.entry.id])
        #expect(rows.allSatisfy { $0.actor == Self.alice.id })
    }

    @Test("after the last sign-out the code still works, and what the person has chosen stays as long")
    func afterwards() async throws {
        let harness = try await BridgeHarness(policy: Self.policy)
        let access = harness.bridge.access
        try await self.signIn("olga", as: .member, in: harness)
        let made = try await access.addBrowser(of: "me", by: Self.olga, as: .member)
        _ = try await harness.bridge.store.write { ledger in try ledger.revokeCredential(id: "c_olga") }
        // It has no codes any more.
        try await expectEqual(access.revoke(credential: "c_olga", by: Self.alice), false)
        try await expectEqual(access.signIn(Self.browser("phone"), code: made.code)?.identity, "web:olga")
    }

    @Test("only five of a person's codes are open at once: the oldest ends")
    func bounded() async throws {
        let now = Protected<Int64>(1_000)
        let harness = try await BridgeHarness(policy: Self.policy, now: { now.withLock { $0 } })
        try await self.signIn("olga", as: .member, in: harness)
        var codes: [String] = []
        for _ in 0..<6 {
            now.withLock { $0 += 1 }
            codes.append(
                try await harness.bridge.access.addBrowser(of: "me", by: Self.olga, as: .member).code)
        }
        try await expectEqual(harness.bridge.access.signIn(Self.browser("one"), code: codes[0]), nil)
        for (number, code) in codes.dropFirst().enumerated() {
            #expect(try await harness.bridge.access.signIn(Self.browser("b\(number)"), code: code) != nil)
        }
    }

    @Test("on a network such a code gives nothing, and stays")
    func onNetwork() async throws {
        let harness = try await BridgeHarness(policy: Self.policy)
        try await self.signIn("olga", as: .owner, in: harness)
        let made = try await harness.bridge.access.addBrowser(of: "olga", by: Self.alice, as: .owner)
        _ = try await harness.ask("pair \(made.code)", from: "mallory")
        let mallory = Sender(id: "fake:one/mallory", identities: [Identity("fake:one/mallory")], displayName: "m")
        expectEqual(harness.bridge.access.role(of: mallory), nil)
        #expect(await harness.bridge.access.expectsPairing() == false)
        #expect(try await harness.bridge.access.signIn(Self.browser("phone"), code: made.code) != nil)
    }

    @Test("members name only themselves; nobody a person with a higher role, or one without browsers")
    func refused() async throws {
        let harness = try await BridgeHarness(policy: Self.policy)
        let access = harness.bridge.access
        try await self.signIn("olga", as: .owner, in: harness)
        try await self.signIn("max", as: .member, in: harness)
        try await self.signIn("one", called: "Maxi", as: .member, in: harness)
        try await self.signIn("two", called: "maxi", as: .member, in: harness)
        let max = Sender(id: "web:max", identities: [], displayName: "max")
        for (who, actor, role, code) in [
            ("olga", max, .member, .unknown), ("nobody", max, .member, .unknown),
            ("me", Self.alice, .owner, .notAllowed),
            ("me", Self.olga, .member, .notAllowed), ("mia", Self.alice, .owner, .notAllowed),
            ("Maxi", Self.alice, .owner, .ambiguous),
        ] as [(String, Sender, Role, PeopleError.Code)] {
            let error = await #expect(throws: PeopleError.self) {
                try await access.addBrowser(of: who, by: actor, as: role)
            }
            expectEqual(error?.code, code, "\(who)")
        }
        #expect(try await access.addBrowser(of: "max", by: max, as: .member).entry.identity == "web:max")
    }

    @Test("an invite is listed, lets in one person with its name, and can be taken back")
    func invites() async throws {
        let audit = Protected<[AuditEntry]>([])
        let harness = try await BridgeHarness(
            policy: Self.policy, audit: { _, entry in audit.withLock { $0.append(entry) } })
        let access = harness.bridge.access
        let invitation = try Invitation(as: .guest, called: "  Grace\nHopper ", expires: nil, at: 1_000)
        let made = try await access.invite(invitation, by: Self.alice)
        let other = try await access.invite(invitation, by: Self.alice)
        let open = try await access.people().invites
        #expect(open.count == 2 && open.allSatisfy { $0.name == "Grace Hopper" && $0.by == "alice" })
        expectEqual(open[0].expiresAt, 1_000 + 2 * 86_400_000)
        try await expectEqual(access.look(at: made.code)?.name, "Grace Hopper")
        let browser = NewBrowser(identity: "web:g", name: nil, id: "c_g", hash: "h_g", lifetime: 1_000)
        let record = try #require(try await access.signIn(browser, code: made.code))
        #expect(record.name == "Grace Hopper" && record.role == .guest && record.identity == "web:g")
        let id = try #require(other.entry.id)
        #expect(try await access.endInvite(id, by: Self.alice))
        #expect(try await access.endInvite(id, by: Self.alice) == false)
        try await expectEqual(access.look(at: other.code), nil)
        #expect(try await access.people().invites.isEmpty)
        expectEqual(
            audit.withLock { $0.compactMap { $0.details["code"]?.stringValue } }, ["made", "made", "used", "ended"])
        // What somebody has made ends with their access.
        try await self.signIn("olga", as: .owner, in: harness)
        let last = try await access.invite(invitation, by: Self.olga)
        _ = try await access.set(.member, of: "web:olga", by: Self.alice)
        try await expectEqual(access.look(at: last.code), nil)
        expectEqual(audit.withLock { $0.compactMap { $0.details["code"]?.stringValue }.suffix(2) }, ["made", "ended"])
        // On a network an invite is a pairing code.
        let third = try await access.invite(invitation, by: Self.alice)
        _ = try await harness.ask("pair \(third.code)", from: "grace")
        let grace = Sender(id: "fake:one/grace", identities: [Identity("fake:one/grace")], displayName: "g")
        expectEqual(access.role(of: grace), .guest)
    }

    @Test(
        "how long an invite lasts",
        arguments: [
            ("30m", 1_800_000), ("2d", 172_800_000), ("720h", 2_592_000_000), ("1970-01-02T00:00:00z", 86_400_000),
            ("2w", 1_209_600_000), ("31d", nil), ("0d", nil), ("-1d", nil), ("5w", nil), ("d", nil), ("", nil),
            ("999999999999d", nil),
            ("1969-12-31T00:00:00Z", nil), ("1970-03-02T00:00:00Z", nil), ("soon", nil),
        ] as [(String, Int64?)])
    func expiry(text: String, end: Int64?) throws {
        guard let end else {
            let error = #expect(throws: PeopleError.self) {
                try Invitation(as: .guest, called: nil, expires: text, at: 0)
            }
            return expectEqual(error?.code, .invalid)
        }
        expectEqual(try Invitation(as: .guest, called: nil, expires: text, at: 0).expiresAt, end)
    }

    @Test("in a thread the code comes in direct messages only")
    func inThread() async throws {
        let harness = try await BridgeHarness(policy: Self.policy)
        try await self.signIn("Olga", as: .guest, in: harness)
        let room = harness.adapter.event("!pair --for Olga", from: "alice", in: "#room", isDirect: false)
        let refused = try #require(try await harness.bridge.submit(room)?.operation)
        expectEqual(try await harness.frames(of: refused).last?.content, "Write `!pair` to me in a direct message.")
        let operation = try #require(try await harness.ask("!pair —for Olga", from: "alice")?.operation)
        let text = try #require(try await harness.frames(of: operation).last?.content)
        #expect(text.contains("signs another browser in as `Olga`, guest") && text.contains("/#join="))
        // None for an owner, because the thread keeps it.
        try await self.signIn("Otto", as: .owner, in: harness)
        let kept = try #require(try await harness.ask("!pair --for Otto", from: "alice")?.operation)
        expectEqual(try await harness.frames(of: kept).last?.content, PeopleTexts.notWrittenHere)
        expectEqual(PairingWords.person(in: "--for  Ada Lovelace"), "Ada Lovelace")
        expectEqual(PairingWords.person(in: "7KQM-X2PD"), nil)
        #expect(Intent.command(.pair, argument: "--for Ada").isAdministrative)
        #expect(!Intent.command(.pair, argument: "7KQM-X2PD").isAdministrative)
    }
}
