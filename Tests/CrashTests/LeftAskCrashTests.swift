import JSON
import Processes
import TestSupport
import Testing

/// Kills the real program while a repair by the rehearsal waits for an approval: its turn has said something, so it is
/// not begun again by itself.
@Suite("A crash while a model's call waits for approval", .serialized, .timeLimit(.minutes(4)))
struct LeftAskCrashTests {
    private static func audit(_ client: GatewayClient) async throws -> [JSON] {
        try await client.get("/api/v1/audit?limit=200")["items"]?.arrayValue ?? []
    }

    private static func waitForAsk(_ id: String, _ client: GatewayClient, _ thread: String) async throws {
        while true {
            let items = try await client.get("/api/v1/threads/\(thread)/asks")["items"]?.arrayValue ?? []
            if items.contains(where: { $0["id"]?.stringValue == id }) { return }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    private static func waitForText(_ text: String, _ client: GatewayClient, _ thread: String) async throws -> [String]
    {
        while true {
            let texts = try await client.transcript(of: thread).map(\.text)
            if texts.contains(where: { $0.contains(text) }) { return texts }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    @Test(
        "the ask stays open, and its answer continues the turn with exactly what was asked",
        arguments: ["approve", "deny", "resume"])
    func killed(_ way: String) async throws {
        let host = try await RepairCrashTests.host(commands: "ask")
        try await host.start()
        var client = try await host.signIn()
        let thread = try await client.newThread()
        _ = try await client.ended(try await client.send("/repo project", to: thread))
        let operation = try await client.send("Fix the failing test.", to: thread)
        try await Self.waitForAsk("a1", client, thread)
        await host.kill()
        try await host.waitForEnd()
        try await host.start()
        client = client.moved(to: try #require(host.address))
        try await expectEqual(client.ended(operation)["state"], "interrupted")
        try await Self.waitForAsk("a1", client, thread)
        _ = try await Self.waitForText("goes on when `a1` is answered", client, thread)
        if way == "resume" { _ = try await client.send("/resume", to: thread) }
        _ = try await client.post("/api/v1/asks/a1", ["answer": way == "deny" ? "C" : "A"])
        let isApproved = way != "deny"
        let texts = try await Self.waitForText(isApproved ? "passes now" : "Denied by", client, thread)
        expectEqual(texts.count { $0.hasPrefix("Approval `") }, 1, "\(texts)")

        let rows = try await Self.audit(client)
        let started = rows.filter { $0["kind"] == "command.started" }
        // Before the mend and after it, on the one approval.
        expectEqual(started.count, isApproved ? 2 : 0, "\(texts)")
        expectEqual(Set(started.compactMap { $0["details"]?["ask"]?.stringValue }), isApproved ? ["a1"] : [])
        expectEqual(rows.count { $0["kind"] == "commit" }, isApproved ? 1 : 0)
        // One turn, before and after.
        let turns = rows.filter { $0["kind"] == "decision" || $0["kind"] == "approval" }
            .compactMap { ($0["turn"] ?? $0["operation"])?.stringValue }
        expectEqual(Set(turns), [operation], "\(turns)")
        await expectEqual(host.terminate(), .exited(0))
    }
}
