import JSON
import Processes
import TestSupport
import Testing

/// A member's message makes the model run a command, which is asked about.
@Suite("Answers to a model's call", .timeLimit(.minutes(2)))
struct AgentApprovalTests {
    private static let command = "echo r''an >> log; cat log"

    private static func member(_ scene: CommandScene) async throws -> GatewayClient {
        let pair = try JSON.parse(try await scene.host.run(["pair", "--role", "member", "--json"]).output)
        return try await scene.host.signIn(try #require(pair["code"]?.stringValue))
    }

    /// Begins a turn whose model calls the command.
    private static func begin(_ scene: CommandScene, _ client: GatewayClient, _ thread: String) async throws -> String {
        scene.model.enqueue(.toolCall(name: "shell", arguments: JSON.object(["command": .string(Self.command)]).text))
        scene.model.enqueue(.answer("That was all."))
        return try await client.send("Run the tests.", to: thread)
    }

    private static func status(_ client: GatewayClient, _ ask: String, _ answer: String) async throws -> Int {
        try await client.answer("POST", "/api/v1/asks/\(ask)", body: "{\"answer\":\"\(answer)\"}").status
    }

    private static func audit(_ kind: String, _ client: GatewayClient) async throws -> [JSON] {
        let rows = try await client.get("/api/v1/audit?limit=200")["items"]?.arrayValue ?? []
        return rows.filter { $0["kind"]?.stringValue == kind }.compactMap { $0["details"] }
    }

    @Test("another person's answer does not count, and neither does a second one")
    func foreign() async throws {
        let scene = try await CommandScene.start()
        let owner = try await scene.host.signIn()
        let (member, other) = (try await Self.member(scene), try await Self.member(scene))
        let thread = try await member.newThread()
        let operation = try await Self.begin(scene, member, thread)
        while try await member.get("/api/v1/threads/\(thread)/asks")["items"]?.arrayValue?.isEmpty != false {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect([403, 404].contains(try await Self.status(other, "a1", "A")))
        #expect(try await Self.audit("command.started", owner).isEmpty)
        try await expectEqual(Self.status(member, "a1", "C"), 200)
        try await expectEqual(Self.status(owner, "a1", "A"), 409)
        try await expectEqual(member.ended(operation)["state"], "complete")
        #expect(try await Self.audit("command.started", owner).isEmpty)
        let decision = try await Self.audit("decision", owner).first { $0["tool"] == "shell" }
        expectEqual(decision?["outcome"], "denied", "\(decision?.text ?? "none")")
        let results = scene.model.requests.last?.messages.filter { $0.role == "tool" }.map(\.text) ?? []
        #expect(results.count == 1 && results[0].contains("denied"), "\(results)")
        await scene.stop()
    }

    @Test("an answer that comes too late runs nothing")
    func late() async throws {
        let scene = try await CommandScene.start("approvals: {timeout: 1s}")
        let owner = try await scene.host.signIn()
        let member = try await Self.member(scene)
        let thread = try await member.newThread()
        let operation = try await Self.begin(scene, member, thread)
        try await expectEqual(member.ended(operation)["state"], "complete")
        try await expectEqual(Self.status(member, "a1", "A"), 410)
        #expect(try await Self.audit("command.started", owner).isEmpty)
        try await expectEqual(Self.audit("approval", owner).map { $0["outcome"] }, ["Expired"])
        let decision = try await Self.audit("decision", owner).first { $0["tool"] == "shell" }
        expectEqual(decision?["outcome"], "expired", "\(decision?.text ?? "none")")
        await scene.stop()
    }
}
