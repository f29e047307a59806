import Chat
import TestSupport
import Testing

@testable import Slack

@Suite("Direct conversations on Slack", .timeLimit(.minutes(1)))
struct SlackDirectTests {
    @Test("one is opened with a person of the workspace, and the bot can write there")
    func opened() async throws {
        try await SlackStage.with { stage in
            let identity = "slack:\(stage.slack.teamID)/\(LoopbackSlack.alice)"
            #expect(stage.adapter.mayReach(identity))
            for other in ["slack:T0OTHER/\(LoopbackSlack.alice)", "slack:\(stage.slack.teamID)/@al", "irc:a/account:b"]
            {
                #expect(!stage.adapter.mayReach(other))
            }
            let direct = try #require(try await stage.adapter.direct(with: identity))
            let channel = stage.slack.directChannel()
            expectEqual(direct.thread, ThreadKey(adapter: stage.adapter.id, value: channel))
            expectEqual(direct.route.room, RoomID(adapter: stage.adapter.id, name: channel))
            let post = try await stage.adapter.post(stage.message("decide this", direct.route))
            expectEqual(stage.slack.message(post.id, in: channel)?.content.contains("decide this"), true)
            let nobody = try await stage.adapter.direct(with: "slack:\(stage.slack.teamID)/U0NOBODY")
            #expect(nobody == nil)
        }
    }

    @Test("without the scope im:write nobody can be reached, and Slack is asked once")
    func scope() async throws {
        try await SlackStage.with(SlackStage.settings { $0.scopes.subtract(["im:write", "mpim:write"]) }) { stage in
            let identity = "slack:\(stage.slack.teamID)/\(LoopbackSlack.alice)"
            let direct = try await stage.adapter.direct(with: identity)
            #expect(direct == nil && !stage.adapter.mayReach(identity))
            _ = try await stage.adapter.direct(with: identity)
            expectEqual(stage.slack.count("conversations.open"), 1)
        }
    }
}
