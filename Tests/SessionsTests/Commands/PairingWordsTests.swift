import Chat
import Database
import Store
import TestSupport
import Testing

@testable import Etiquette
@testable import People
@testable import Sessions

@Suite("Pairing codes in messages", .timeLimit(.minutes(1)))
struct PairingWordsTests {
    @Test(
        "a code is found in any spelling",
        arguments: [
            "pair 7KQM-X2PD", "Pair: 7KQM-X2PD", "PAIR  7kqm-x2pd", "pairing code 7KQMX2PD", "!pair: 7KQM X2PD",
            "/pair `7KQM-X2PD`", "!pair7KQM-X2PD", "pair:7kqmx2pd", "! pair 7KQM-X2PD", "pair me with 7KQM–X2PD!",
            "pair 7KQM-X2PD please", "7KQM-X2PD", "7kqm-x2pd", "7KQMX2PD", "“7KQM X2PD”", "7kqmx2pd.", "pair ABCD-EFG2",
            "repair 7KQM-X2PD", "!piar 7kqm-x2pd", "/start 7KQM-X2PD", "my code: 7KQM X2PD", "here it is: 7KQMX2PD",
        ])
    func found(text: String) throws {
        let code = try #require(PairingWords.code(in: text))
        let expected = text.contains("EFG2") ? "ABCD-EFG2" : "7KQM-X2PD"
        expectEqual(AccessCode.hash(of: code), AccessCode.hash(of: expected))
    }

    @Test(
        "other messages have none",
        arguments: [
            "pair programming", "pair", "a pair of shoes", "database", "Database", "next step", "Make test",
            "test-case", "ABCD-EFGH", "run test-case", "revert 7f3a9b2c",
            "call 2345-6789", "is it 7KQM-X2PD or another one", "What does 7KQM-X2PD mean?",
            "well done", "7KQM-X2PDX", "2345678", "pairs of ABCD", "", "!!", "pair OOOO-IIII",
        ])
    func notFound(text: String) {
        expectEqual(PairingWords.code(in: text), nil)
    }

    @Test(
        "only who has no access pairs without the word",
        arguments: ["7KQM-X2PD", "my code: 7KQM X2PD", "!piar 7KQM-X2PD"])
    func onlyStrangers(text: String) async throws {
        expectEqual(PairingWords.codeAfterPair(in: text), nil)
        let harness = try await BridgeHarness()
        try await harness.bridge.store.write { ledger in
            let code = AccessCode(role: .member, expiresAt: 9_000)
            try ledger.insert(code, hash: AccessCode.hash(of: "7KQM-X2PD"))
        }
        _ = try await harness.ask("7KQM-X2PD", from: "alice")
        _ = try await harness.ask(text, from: "mallory")
        await harness.adapter.waitForText("Paired: you are now a member.")
        try await harness.settle()
        expectEqual(harness.worker.requests.map(\.text), ["7KQM-X2PD"])
    }

    @Test("no spelling of a pairing gets into the database, the titles or the model")
    func neverStored() async throws {
        let harness = try await BridgeHarness(worker: ScriptedWorker([.hold, .event(.text("one"))]))
        for (index, text) in [
            "pair 7KQM-X2PD", "!pair: 7KQM-X2PD", "!pair7KQM-X2PD", "Pair: 7kqm x2pd", "7KQM-X2PD", "7kqmx2pd",
        ].enumerated() {
            let known = index < 4 ? ["alice", "gina"] : []
            for person in known + ["mallory\(index)"] { _ = try? await harness.ask(text, from: person) }
        }
        // A waiting question that is edited into a code, and a message that is too old to be answered.
        _ = try await harness.adapter.say("running", from: "gina", thread: "alice", message: "m1")
        _ = try await harness.adapter.say("waiting", message: "m2")
        try await harness.settleInbox()
        try await harness.adapter.edit("m2", to: "pair 7KQM-X2PD")
        try await harness.settleInbox()
        harness.worker.release()
        try await harness.adapter.say(
            "pair 7KQM-X2PD", from: "gina", in: "gina", isBacklog: true, sentAt: -1_000_000_000)
        try await harness.settle()
        let dump = try await harness.bridge.store.read { ledger -> String in
            var rows: [String] = []
            for (table, columns) in [
                ("inbox", "body"), ("messages", "text"), ("turns", "text || COALESCE(error, '')"),
                ("frames", "content"),
                ("outbox", "text"), ("sessions", "title || COALESCE(summary, '')"),
            ] {
                rows += try ledger.connection.query("SELECT \(columns) AS it FROM \(table)", []).map {
                    try $0.text("it")
                }
            }
            return rows.joined(separator: "\n").uppercased()
        }
        for part in ["7KQM", "X2PD"] { #expect(!dump.contains(part)) }
        #expect(dump.contains("!PAIR …"))
        #expect(!harness.worker.requests.contains { $0.text.uppercased().contains("7KQM") })
    }
}
