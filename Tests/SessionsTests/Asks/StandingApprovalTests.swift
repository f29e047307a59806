import Chat
import Primitives
import TestSupport
import Testing

@Suite("Always in this thread", .timeLimit(.minutes(1)))
struct StandingApprovalTests {
    private func stage(_ requests: ApprovalRequest...) async throws -> AskStage {
        let stage = try await AskStage(playing: requests.map { AskStage.script([$0]) })
        try await stage.say("1", as: "bob")
        let ask = try await stage.ask()
        try await stage.adapter.choose(.button("approve a1 always"), at: ask.id, from: "alice", in: "#team")
        await stage.adapter.waitForPosts { posts in posts.count { $0.text == "done" } == 1 }
        return stage
    }

    @Test("exactly the same is approved without a question, and the audit says by whom")
    func same() async throws {
        let stage = try await self.stage(AskStage.request(), AskStage.request())
        try await stage.say("2", as: "mia")
        await stage.adapter.waitForPosts { posts in posts.count { $0.text == "done" } == 2 }
        expectEqual(stage.outcomes.last, .approved(ask: nil, by: "alice"))
        expectEqual(stage.audit.withLock { $0.count }, 2)
        expectEqual(stage.count("Approval `"), 1)
    }

    @Test(
        "anything else is asked",
        arguments: [
            AskStage.request("make  test"), AskStage.request("make test", in: "/workspace/sub"),
            AskStage.request("make test", in: "/workspace", .requester),
        ])
    func other(_ request: ApprovalRequest) async throws {
        let stage = try await self.stage(AskStage.request(), request)
        try await stage.say("2", as: "bob")
        try await stage.ask("a2")
    }

    @Test("another thread, a new session and the giver's own request are asked")
    func elsewhere() async throws {
        let stage = try await self.stage(
            AskStage.request(), AskStage.request(), AskStage.request(), AskStage.request())
        try await stage.say("2", as: "bob", thread: "t2")
        try await stage.ask("a2")
        try await stage.say("3", as: "alice")
        try await stage.ask("a3")
        try await stage.say("!deny a3", as: "olga")
        await stage.adapter.waitForPosts { posts in posts.count { $0.text == "done" } == 2 }
        try await stage.say("!new", as: "bob")
        await stage.wait(for: "A new session has begun")
        try await stage.say("4", as: "bob")
        try await stage.ask("a4")
    }

    @Test("what a member approved for later counts for that member only")
    func member() async throws {
        let request = AskStage.request("ls", in: "/workspace", .requester)
        let stage = try await AskStage(playing: (0..<3).map { _ in AskStage.script([request]) })
        try await stage.say("1", as: "bob")
        try await stage.ask()
        try await stage.say("B", as: "bob")
        await stage.adapter.waitForPosts { posts in posts.count { $0.text == "done" } == 1 }
        try await stage.say("2", as: "bob")
        await stage.adapter.waitForPosts { posts in posts.count { $0.text == "done" } == 2 }
        expectEqual(stage.outcomes.last, .approved(ask: nil, by: "bob"))
        try await stage.say("3", as: "mia")
        try await stage.ask("a2")
    }
}
