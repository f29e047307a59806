import Chat
import JSON
import TestSupport
import Testing

@testable import Slack

@Suite("Forms that Slack's buttons open", .timeLimit(.minutes(1)))
struct SlackFormTests {
    private static let deny = MessageButton(label: "Deny", command: "deny a1", style: .danger, prompt: "Reason")

    private static func choices(_ stage: SlackStage) -> [Choice] {
        stage.sink.events.compactMap { if case .choice(let choice) = $0.kind { choice } else { nil } }
    }

    private func posted(_ stage: SlackStage) async throws -> MessageReference {
        try await stage.adapter.post(
            stage.message(
                "Approval", stage.route(thread: nil),
                buttons: [MessageButton(label: "Approve", command: "approve a1"), Self.deny]))
    }

    @Test("the button opens a form, and what is submitted follows the command")
    func reason() async throws {
        try await SlackStage.with { stage in
            let message = try await self.posted(stage)
            let press = try #require(stage.slack.press("Deny", of: message.id))
            try await stage.slack.wait("a form") { !$0.views.isEmpty }
            try await stage.slack.wait("an acknowledgement") { $0.outcome(press)?.isAcknowledged == true }
            #expect(Self.choices(stage).isEmpty)
            let (id, view) = try #require(stage.slack.views.first)
            expectEqual(view["title"]?["text"], "Deny")
            expectEqual(view["blocks"]?[0]?["label"]?["text"], "Reason")
            let values: JSON = ["text": ["text": ["type": "plain_text_input", "value": " not\non a Friday "]]]
            let submission = try #require(stage.slack.submit(view: id, values))
            await stage.sink.wait { !$0.events.isEmpty }
            try await stage.slack.wait("an acknowledgement") { $0.outcome(submission)?.isAcknowledged == true }
            let choice = try #require(Self.choices(stage).first)
            expectEqual(choice.kind, .button("deny a1 not on a Friday"))
            expectEqual(choice.target, message)
            expectEqual(choice.sender.id, "slack:\(stage.slack.teamID)/\(LoopbackSlack.alice)")
            #expect(stage.slack.mistakes.isEmpty)
        }
    }

    @Test("an empty form is the command alone")
    func empty() async throws {
        try await SlackStage.with { stage in
            let message = try await self.posted(stage)
            stage.slack.press("Deny", of: message.id)
            try await stage.slack.wait("a form") { !$0.views.isEmpty }
            let id = try #require(stage.slack.views.first?.key)
            stage.slack.submit(view: id, ["text": ["text": ["type": "plain_text_input", "value": .null]]])
            await stage.sink.wait { !$0.events.isEmpty }
            expectEqual(Self.choices(stage).map(\.kind), [.button("deny a1")])
        }
    }

    @Test("for who may not decide, no form opens, and the button counts as pressed")
    func refused() async throws {
        try await SlackStage.with { stage in
            let message = try await self.posted(stage)
            stage.sink.change { $0.refusesForms = true }
            let press = try #require(stage.slack.press("Deny", of: message.id))
            await stage.sink.wait { !$0.events.isEmpty }
            expectEqual(Self.choices(stage).map(\.kind), [.button("deny a1")])
            try await stage.slack.wait("an acknowledgement") { $0.outcome(press)?.isAcknowledged == true }
            #expect(stage.slack.views.isEmpty)
        }
    }

    @Test("a form of somebody who is a stranger by then stays open and says why")
    func stranger() async throws {
        try await SlackStage.with { stage in
            let message = try await self.posted(stage)
            stage.sink.change { $0.verdict = .ignored("stranger") }
            stage.slack.press("Deny", of: message.id)
            try await stage.slack.wait("a form") { !$0.views.isEmpty }
            let id = try #require(stage.slack.views.first?.key)
            let values: JSON = ["text": ["text": ["type": "plain_text_input", "value": "no"]]]
            let submission = try #require(stage.slack.submit(view: id, values))
            try await stage.slack.wait("an answer") { $0.outcome(submission)?.answers.isEmpty == false }
            let answer = stage.slack.outcome(submission)?.answers.first
            expectEqual(answer?["errors"]?["text"]?.stringValue?.contains("Ask an owner"), true)
            #expect(!stage.slack.views.isEmpty && Self.choices(stage).isEmpty)
            #expect(stage.slack.mistakes.isEmpty)
        }
    }

    @Test("who presses, reacts or submits has the same name as in a message")
    func names() async throws {
        try await SlackStage.with { stage in
            let message = try await self.posted(stage)
            stage.slack.react("+1", to: message.id)
            await stage.sink.wait { $0.events.count == 1 }
            stage.slack.press("Approve", of: message.id, as: LoopbackSlack.bob)
            await stage.sink.wait { $0.events.count == 2 }
            stage.slack.press("Deny", of: message.id, as: LoopbackSlack.bob)
            try await stage.slack.wait("a form") { !$0.views.isEmpty }
            let id = try #require(stage.slack.views.first?.key)
            stage.slack.submit(view: id, ["text": ["text": ["type": "plain_text_input", "value": .null]]])
            await stage.sink.wait { $0.events.count == 3 }
            expectEqual(Self.choices(stage).map(\.sender.displayName), ["alice", "bob", "bob"])
        }
    }

    @Test("when Slack does not open the form, the button counts as pressed")
    func expired() async throws {
        try await SlackStage.with(SlackStage.settings { $0.triggerSeconds = 0 }) { stage in
            let message = try await self.posted(stage)
            let press = try #require(stage.slack.press("Deny", of: message.id))
            await stage.sink.wait { !$0.events.isEmpty }
            expectEqual(Self.choices(stage).map(\.kind), [.button("deny a1")])
            try await stage.slack.wait("an acknowledgement") { $0.outcome(press)?.isAcknowledged == true }
            #expect(stage.slack.views.isEmpty)
        }
    }

    @Test("a button without a prompt is pressed at once")
    func plain() async throws {
        try await SlackStage.with { stage in
            let message = try await self.posted(stage)
            stage.slack.press("Approve", of: message.id)
            await stage.sink.wait { !$0.events.isEmpty }
            expectEqual(Self.choices(stage).map(\.kind), [.button("approve a1")])
            #expect(stage.slack.views.isEmpty)
        }
    }
}
