import Chat
import TestSupport
import Testing

@testable import People
@testable import Sessions

@Suite("Access")
struct AccessTests {
    static func sender(_ identities: Identity..., isBot: Bool = false) -> Sender {
        Sender(id: identities[0].value, identities: identities, displayName: "x", isBot: isBot)
    }

    @Test("an empty list means nobody")
    func denyByDefault() {
        expectEqual(AccessPolicy().role(of: Self.sender(Identity("irc:local/account:alice"))), nil)
    }

    @Test(
        "accounts, ids and masks are recognised by their own rules",
        arguments: [
            ("irc:local/account:Alice", Identity("irc:local/account:alice", comparison: .caseInsensitive), true),
            ("irc:local/account:alice", Identity("irc:other/account:alice", comparison: .caseInsensitive), false),
            ("irc:local/account:Al[b]", Identity("irc:local/account:al[b]", comparison: .caseInsensitive), true),
            ("irc:local/account:al[b]", Identity("irc:local/account:al{b}", comparison: .caseInsensitive), false),
            ("matrix:@Alice:example.org", Identity("matrix:@alice:example.org"), false),
            ("telegram:1001", Identity("telegram:1001"), true),
            ("telegram:1001", Identity("telegram:10012"), false),
            (
                "irc:local/mask:alice!*@trusted.host",
                Identity("irc:local/mask:alice!~al@trusted.host", comparison: .mask), true
            ),
            (
                "irc:local/mask:alice!*@trusted.host",
                Identity("irc:local/mask:alice!~al@trusted.host.evil", comparison: .mask), false
            ),
            (
                "irc:local/mask:alice!*@trusted.host",
                Identity("irc:local/mask:malice!~al@trusted.host", comparison: .mask), false
            ),
            // `String` considers the Kelvin sign equal to "K", and "e" with a combining accent equal to "é".
            ("irc:local/account:K", Identity("irc:local/account:\u{212A}"), false),
            ("matrix:@ren\u{E9}:example.org", Identity("matrix:@rene\u{301}:example.org"), false),
            // A wildcard counts only where the adapter compares masks.
            ("telegram:*", Identity("telegram:1001"), false),
        ])
    func entries(entry: String, identity: Identity, isKnown: Bool) {
        expectEqual(AccessPolicy(members: [entry]).role(of: Self.sender(identity)) == .member, isKnown)
    }

    @Test("a grant is for the id's bytes, not for an equal-looking id")
    func exactGrants() {
        var policy = AccessPolicy()
        policy.grant(.member, to: "irc:local/account:K")
        expectEqual(policy.role(of: Self.sender(Identity("irc:local/account:\u{212A}"))), nil)
        policy.revoke("irc:local/account:\u{212A}")
        expectEqual(policy.role(of: Self.sender(Identity("irc:local/account:K"))), .member)
    }

    @Test("the strongest role counts, and a bot has none")
    func strongest() {
        let policy = AccessPolicy(owners: ["a"], guests: ["b"])
        expectEqual(policy.role(of: Self.sender(Identity("b"), Identity("a"))), .owner)
        expectEqual(policy.role(of: Self.sender(Identity("a"), isBot: true)), nil)
    }

    @Test("what many entries give is what comparing each of them gives")
    func manyEntries() {
        var random = SeededGenerator(state: 7)
        let names = [
            "al", "Al", "al*", "a?", "*", "b!*@h", "B!x@h", "\u{212A}", "K", "github:Al", "e\u{301}", "\u{E9}",
        ]
        let comparisons: [Identity.Comparison] = [.exact, .caseInsensitive, .mask]
        for _ in 0..<500 {
            let lists = (0..<3).map { _ in
                (0..<Int.random(in: 0...4, using: &random)).map { _ in names.randomElement(using: &random)! }
            }
            var policy = AccessPolicy(owners: lists[0], members: lists[1], guests: lists[2])
            let removed = Set(
                (0..<2).filter { _ in Bool.random(using: &random) }.map { _ in names.randomElement(using: &random)! })
            for name in removed { policy.change(name, to: nil) }
            let identities = (0..<2).map { _ in
                Identity(names.randomElement(using: &random)!, comparison: comparisons.randomElement(using: &random)!)
            }
            let entries = zip([Role.owner, .member, .guest], lists).flatMap { role, names in names.map { (role, $0) } }
                .filter { entry in !removed.contains { AccessPolicy.key($0) == AccessPolicy.key(entry.1) } }
            let isOut = removed.contains { name in
                identities.contains { $0.comparison != .mask && AccessPolicy.matches(AccessPolicy.folded(name), $0) }
            }
            let roles = entries.filter { entry in identities.contains { AccessPolicy.matches(entry.1, $0) } }.map {
                $0.0
            }
            let expected = isOut ? nil : roles.max()
            let sender = Sender(id: identities[0].value, identities: identities, displayName: "x")
            expectEqual(policy.role(of: sender), expected, "\(lists) \(removed) \(identities)")
        }
    }

    @Test("a mask that invites backtracking is matched quickly")
    func hostileMask() {
        let pattern = String(repeating: "*a", count: 200) + "b"
        #expect(!Glob.matches(pattern: pattern, String(repeating: "a", count: 4_000)))
    }

    @Test("five wrong codes in a window are enough")
    func limiter() {
        var limiter = AttemptLimiter(perPeer: 5, perGroup: 30, window: 60_000)
        for at in 0..<5 {
            let attempt = limiter.reserve("a", in: "net", at: Int64(at))
            #expect(attempt != nil)
        }
        let after = [
            limiter.mayTry("a", in: "net", at: 10), limiter.mayTry("b", in: "net", at: 10),
            limiter.mayTry("a", in: "net", at: 60_010),
        ]
        expectEqual(after, [false, true, true])
    }

    @Test("a right code does not count, and counts again what it reserved only once")
    func givenBack() throws {
        var limiter = AttemptLimiter(perPeer: 1, perGroup: 30, window: 60_000)
        let reserved = limiter.reserve("a", in: "net", at: 0)
        let first = try #require(reserved)
        var may = [limiter.mayTry("a", in: "net", at: 0)]
        limiter.giveBack(first)
        _ = limiter.reserve("a", in: "net", at: 0)
        limiter.giveBack(first)
        may.append(limiter.mayTry("a", in: "net", at: 0))
        expectEqual(may, [false, false])
    }

    @Test("a group's wrong codes lock out neither another group nor a peer outside all groups")
    func groups() {
        var limiter = AttemptLimiter(perPeer: 5, perGroup: 20, window: 60_000)
        let made = (0..<100).count { limiter.reserve("\($0)", in: "net", at: 0) != nil }
        expectEqual(made, 20)
        let may = [
            limiter.mayTry("x", in: "net", at: 0), limiter.mayTry("0", in: "other", at: 0),
            limiter.mayTry("0", in: nil, at: 0),
        ]
        expectEqual(may, [false, true, true])
    }

    @Test("of codes that one person tries in parallel, five are checked")
    func parallelCodes() async throws {
        let harness = try await BridgeHarness()
        let access = harness.bridge.access
        let sender = Self.sender(Identity("fake:one/eve"))
        let outcomes = try await withThrowingTaskGroup(of: AccessControl.Pairing.self) { group in
            for number in 10..<30 {
                group.addTask { try await access.pair(sender, on: harness.adapter.id, code: "AAAA-AA\(number)") }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        expectEqual(outcomes.count { $0 == .wrongCode }, 5)
        expectEqual(outcomes.count { $0 == .paused }, 15)
    }

    @Test("strangers' wrong codes close pairing for the strangers of their network only")
    func flood() async throws {
        let harness = try await BridgeHarness()
        let access = harness.bridge.access
        for number in 10..<50 {
            let stranger = Self.sender(Identity("fake:one/s\(number)"))
            _ = try await access.pair(stranger, on: harness.adapter.id, code: "AAAA-AA\(number)")
        }
        let code = try await AccessControl.makeCode(for: .member, in: harness.bridge.store, at: 1_000).code
        let newcomer = Self.sender(Identity("fake:one/bob"))
        try await expectEqual(access.pair(newcomer, on: harness.adapter.id, code: code), .paused)
        try await expectEqual(access.pair(newcomer, on: AdapterID("fake:two"), code: code), .paired(.member))
        let other = try await AccessControl.makeCode(for: .owner, in: harness.bridge.store, at: 1_000).code
        let guest = Self.sender(Identity("fake:one/gina"))
        try await expectEqual(access.pair(guest, on: harness.adapter.id, code: other), .paired(.owner))
    }

    @Test("the spelling of a code does not matter")
    func codeForms() {
        expectEqual(AccessCode.hash(of: "abcd-efgh"), AccessCode.hash(of: " ABCD EFGH "))
        #expect(AccessCode.hash(of: "abcd-efgh") != AccessCode.hash(of: "abcd-efgj"))
    }
}
