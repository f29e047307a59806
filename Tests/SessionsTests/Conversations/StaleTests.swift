import Chat
import TestSupport
import Testing

@testable import Sessions
@testable import Threads

@Suite("Stale messages", .timeLimit(.minutes(1)))
struct StaleTests {
    private static let day: Int64 = 24 * 3_600_000

    private func harness(gathering: Duration) async throws -> BridgeHarness {
        try await BridgeHarness(
            settings: BridgeSettings(
                publicURL: "http://127.0.0.1:8787", drainTimeout: .milliseconds(50), staleGathering: gathering))
    }

    private func say(_ text: String, daysAgo: Int64, _ harness: BridgeHarness) async throws {
        try await harness.adapter.say(text, isBacklog: true, sentAt: 1_000 - daysAgo * Self.day)
    }

    @Test("they are listed in one line before the first fresh one is answered; fresh ones keep their order")
    func listed() async throws {
        let harness = try await self.harness(gathering: .seconds(600))
        for number in 1...3 { try await self.say("old *\(number)*", daysAgo: 2, harness) }
        for number in 1...3 { try await self.say("fresh \(number)", daysAgo: 0, harness) }
        await harness.adapter.waitForPosts { $0.contains { $0.text.hasSuffix("fresh 3") } }
        try await harness.settle()
        expectEqual(
            // What waits together is one turn.
            harness.adapter.texts.filter { !$0.hasPrefix("I am still answering") }
                .map { $0.replacing("You said: ", with: "") },
            [
                "3 messages from more than a day ago were not answered: “old \\*1\\*”, “old \\*2\\*”, “old \\*3\\*”. "
                    + "Ask again if they still matter.",
                "fresh 1", "fresh 2", "fresh 3",
            ])
    }

    @Test("they are listed once even when nothing follows")
    func alone() async throws {
        let harness = try await self.harness(gathering: .milliseconds(1))
        try await self.say("old", daysAgo: 2, harness)
        await harness.adapter.waitForPosts(1)
        try await harness.settle()
        expectEqual(
            harness.adapter.texts,
            [
                "A message from more than a day ago was not answered: “old”. Ask again if it still matters."
            ])
    }

    @Test("messages not listed before a stop are listed after the next start")
    func restart() async throws {
        let directory = try TemporaryDirectory()
        let settings = BridgeSettings(
            publicURL: "http://127.0.0.1:8787", drainTimeout: .milliseconds(50), staleGathering: .seconds(600))
        let first = try await BridgeHarness(directory: directory, settings: settings)
        for number in 1...2 { try await self.say("old \(number)", daysAgo: 2, first) }
        await first.bridge.stop()
        let second = try await BridgeHarness(directory: directory, settings: settings)
        try await second.adapter.say("new", id: "new")
        await second.adapter.waitForText("You said: new")
        expectEqual(second.adapter.texts.first?.hasPrefix("2 messages from more than a day ago"), true)
        expectEqual(second.adapter.texts.count, 2)
    }

    @Test("a long list quotes only a few, shortened")
    func long() {
        let line = TurnTexts.stale((1...9).map { "message \($0)\nsecond line" })
        #expect(line.hasPrefix("9 messages from more than a day ago were not answered: “message 1”, "))
        #expect(line.contains("“message 5” and 4 more. Ask"))
        #expect(TurnTexts.stale([String(repeating: "x", count: 99)]).contains("x…”"))
    }
}
