import Chat
import TestSupport
import Testing

@testable import Sessions

@Suite("What people are called in approvals", .timeLimit(.minutes(1)))
struct PersonLabelTests {
    private static func sender(_ id: String, _ name: String) -> Sender {
        Sender(id: id, identities: [Identity(id)], displayName: name)
    }

    private static func person(_ identity: String, _ name: String?) -> Person {
        Person(
            id: Person.id(of: identity), identity: identity, name: name, role: .owner, way: .list, key: nil,
            listedRole: nil, scopes: [], since: nil, lastSeen: nil, expiresAt: nil, isLasting: true)
    }

    @Test(
        "the identity is shown where a name was typed by its person, looks like another's, or has an identity in it",
        arguments: [
            ("slack:T/U2", "Bob", false), ("slack:T/U1", "Alice", false), ("slack:T/U2", "Alice", true),
            ("slack:T/U2", "\u{410}lice", true), ("slack:T/U2", "AIice ", true), ("slack:T/U2", "carol", true),
            ("web:1f", "Bob", true), ("slack:T/U2", "Bob (slack:T/U1)", true), ("slack:T/U2", "", true),
        ])
    func shown(id: String, name: String, isShown: Bool) {
        let others = [Self.person("slack:T/U1", "Alice"), Self.person("irc:local/account:carol", nil)]
        let label = PersonLabel.labelled(Self.sender(id, name), among: others)
        expectEqual(AskTexts.plainName(of: label), isShown ? "\(name) (\(id))" : name)
        expectEqual(label.id, id)
    }

    @Test("a long name does not hide the identity")
    func long() {
        let id = "web:\(String(repeating: "f", count: 80))"
        let label = PersonLabel.labelled(Self.sender(id, String(repeating: "x", count: 300)), among: [])
        #expect(AskTexts.plainName(of: label).hasSuffix("… (\(id))"))
    }

    @Test("an approval of somebody who signed in as an owner's name says who asks")
    func approval() async throws {
        let stage = try await AskStage(playing: [[.event(.text("hi"))], AskStage.script([AskStage.request()])])
        try await stage.say("hello", as: "alice", thread: "t2")
        try await stage.harness.settle()
        let bob = Self.sender("fake:one/bob", "\u{410}lice")
        var message = try #require(
            stage.adapter.event("go", from: "bob", in: "#team", isDirect: false, thread: "t1").message)
        message.sender = bob
        _ = try await stage.bridge.deliver(
            InboundEvent(id: "look-alike", adapter: stage.adapter.id, kind: .message(message)))
        await stage.wait(for: "wants to run")
        let record = try await stage.record()
        expectEqual(record.requester.displayName, "\u{410}lice (fake:one/bob)")
        #expect(record.lead.hasPrefix("Approval `a1`: \u{410}lice (fake:one/bob) wants to run"))
    }
}
