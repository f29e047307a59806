import Chat
import Testing

@testable import Sessions

@Suite("Access")
struct AccessTests {
    static func sender(_ identities: Identity..., isBot: Bool = false) -> Sender {
        Sender(id: identities[0].value, identities: identities, displayName: "x", isBot: isBot)
    }

    @Test("an empty list means nobody")
    func denyByDefault() {
        #expect(AccessPolicy().role(of: Self.sender(Identity("irc:local/account:alice"))) == nil)
    }

    @Test(
        "accounts, ids and masks are recognised by their own rules",
        arguments: [
            ("irc:local/account:Alice", Identity("irc:local/account:alice", comparison: .caseInsensitive), true),
            ("irc:local/account:alice", Identity("irc:other/account:alice", comparison: .caseInsensitive), false),
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
            // The Kelvin sign and "e" with an accent of its own equal "K" and "é" to `String`.
            ("irc:local/account:K", Identity("irc:local/account:\u{212A}"), false),
            ("matrix:@ren\u{E9}:example.org", Identity("matrix:@rene\u{301}:example.org"), false),
            // A wildcard only counts where the adapter says that masks are compared.
            ("telegram:*", Identity("telegram:1001"), false),
        ])
    func entries(entry: String, identity: Identity, isKnown: Bool) {
        #expect((AccessPolicy(members: [entry]).role(of: Self.sender(identity)) == .member) == isKnown)
    }

    @Test("a grant is for the id's bytes, not for what reads the same")
    func exactGrants() {
        var policy = AccessPolicy()
        policy.grant(.member, to: "irc:local/account:K")
        #expect(policy.role(of: Self.sender(Identity("irc:local/account:\u{212A}"))) == nil)
        policy.revoke("irc:local/account:\u{212A}")
        #expect(policy.role(of: Self.sender(Identity("irc:local/account:K"))) == .member)
    }

    @Test("the strongest role counts, and a program has none")
    func strongest() {
        let policy = AccessPolicy(owners: ["a"], guests: ["b"])
        #expect(policy.role(of: Self.sender(Identity("b"), Identity("a"))) == .owner)
        #expect(policy.role(of: Self.sender(Identity("a"), isBot: true)) == nil)
    }

    @Test("a mask that would backtrack is answered at once")
    func hostileMask() {
        let pattern = String(repeating: "*a", count: 200) + "b"
        #expect(!Glob.matches(pattern: pattern, String(repeating: "a", count: 4_000)))
    }

    @Test("five wrong codes in a window are enough")
    func limiter() {
        var limiter = AttemptLimiter(perPeer: 5, inTotal: 30, window: 60_000)
        for at in 0..<5 {
            let may = limiter.mayTry("a", at: Int64(at))
            #expect(may)
            limiter.failed("a", at: Int64(at))
        }
        let after = [limiter.mayTry("a", at: 10), limiter.mayTry("b", at: 10), limiter.mayTry("a", at: 60_010)]
        #expect(after == [false, true, true])
    }

    @Test("a code is the same however it is typed")
    func codeForms() {
        #expect(AccessControl.hash(ofCode: "abcd-efgh") == AccessControl.hash(ofCode: " ABCD EFGH "))
        #expect(AccessControl.hash(ofCode: "abcd-efgh") != AccessControl.hash(ofCode: "abcd-efgj"))
    }
}
