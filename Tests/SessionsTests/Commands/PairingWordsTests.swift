import Chat
import Database
import TestSupport
import Testing

@testable import Sessions

@Suite("Pairing codes in messages", .timeLimit(.minutes(1)))
struct PairingWordsTests {
    @Test(
        "a code is found in any spelling",
        arguments: [
            "pair 7KQM-X2PD", "Pair: 7KQM-X2PD", "PAIR  7kqm-x2pd", "pairing code 7KQMX2PD", "!pair: 7KQM X2PD",
            "/pair `7KQM-X2PD`", "!pair7KQM-X2PD", "pair:7kqmx2pd", "! pair 7KQM-X2PD", "pair me with 7KQM–X2PD!",
            "pair 7KQM-X2PD please", "7KQM-X2PD", "7kqm-x2pd", "7KQMX2PD", "“7KQM X2PD”", "7kqmx2pd.", "pair ABCD-EFGH",
            "repair 7KQM-X2PD", "!piar 7kqm-x2pd", "/start 7KQM-X2PD", "my code: 7KQM X2PD", "here it is: 7KQMX2PD",
        ])
    func found(text: String) throws {
        let code = try #require(PairingWords.code(in: text, isKnown: true))
        let expected = text.contains("EFGH") ? "ABCD-EFGH" : "7KQM-X2PD"
        expectEqual(AccessControl.hash(ofCode: code), AccessControl.hash(ofCode: expected))
    }

    @Test(
        "other messages have none",
        arguments: [
            "pair programming", "pair", "a pair of shoes", "database", "Database", "next step", "Make test",
            "test-case", "run test-case", "revert 7f3a9b2c",
            "call 2345-6789", "is it 7KQM-X2PD or another one", "What does 7KQM-X2PD mean?",
            "well done", "7KQM-X2PDX", "2345678", "pairs of ABCD", "", "!!", "pair OOOO-IIII",
        ])
    func notFound(text: String) {
        expectEqual(PairingWords.code(in: text, isKnown: true), nil)
    }

    @Test(
        "letters alone are a code from a stranger, and otherwise only if it is a stored one",
        arguments: ["abcdefgh", "ABCD-EFGH", "Abcd efgh"])
    func ambiguous(code: String) async throws {
        #expect(PairingWords.code(in: code, isKnown: false) != nil)
        expectEqual(PairingWords.code(in: code, isKnown: true), nil)
        let harness = try await BridgeHarness()
        try await harness.bridge.store.write { ledger in
            try ledger.insertCode(hash: AccessControl.hash(ofCode: "ABCD-EFGH"), role: .member, expiresAt: 9_000)
        }
        for words in ["database", "Database", "next step", "test-case"] { _ = try await harness.ask(words) }
        _ = try await harness.ask(code, from: "gina")
        await harness.adapter.waitForText("Paired: you are now a member.")
        try await harness.settle()
        expectEqual(harness.worker.requests.map(\.text), ["database", "Database", "next step", "test-case"])
    }

    @Test("a code of letters that was stored before a restart is redeemed, not asked")
    func restart() async throws {
        let directory = try TemporaryDirectory()
        let first = try await BridgeHarness(directory: directory)
        guard case .message(let message) = first.adapter.event("ABCD-EFGH", from: "gina", in: "gina").kind else {
            return
        }
        try await first.bridge.store.write { ledger in
            try ledger.insertCode(hash: AccessControl.hash(ofCode: "ABCD-EFGH"), role: .member, expiresAt: 9_000)
            _ = try ledger.insertEvent(
                "e1", adapter: first.adapter.id, body: StoredForm.text(of: message), role: .guest, of: nil, at: 1_000)
        }
        let second = try await BridgeHarness(directory: directory)
        await second.adapter.waitForText("Paired: you are now a member.")
        try await second.settle()
        #expect(second.worker.requests.isEmpty)
    }

    @Test("no spelling of a code gets into the database, the titles or the model")
    func neverStored() async throws {
        let harness = try await BridgeHarness(worker: ScriptedWorker([.hold, .event(.text("one"))]))
        for (index, text) in [
            "pair 7KQM-X2PD", "!pair: 7KQM-X2PD", "7KQM-X2PD", "7kqmx2pd", "!pair7KQM-X2PD", "Pair: 7kqm x2pd",
        ].enumerated() {
            for person in ["alice", "gina", "mallory\(index)"] { _ = try? await harness.ask(text, from: person) }
        }
        // A waiting question that is edited into a code, and a message that is too old to be answered.
        _ = try await harness.adapter.say("running", message: "m1")
        _ = try await harness.adapter.say("waiting", message: "m2")
        try await harness.settleInbox()
        try await harness.adapter.edit("m2", to: "7KQM-X2PD")
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
