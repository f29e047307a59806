import Chat
import JSON
import JetbridgeTesting
import Testing

@testable import Slack

/// What stands there in the end when Slack, or the model, goes another way than expected.
@Suite("Answers that Slack gets in the way of", .timeLimit(.minutes(1)))
struct SlackRepairTests {
    @Test("a stream shows a paragraph's words as they come")
    func words() async throws {
        try await SlackStage.with { stage in
            let route = stage.route(thread: stage.slack.say("\(stage.slack.mention) write"))
            let reference = try await stage.adapter.post(stage.message("One two thr", route, stage: .preview))
            #expect(stage.slack.message(reference.id)?.content == "One two ")
            stage.skip(1_200)
            try await stage.adapter.replace(
                reference, with: stage.message("One two three **four** fi", route, stage: .preview))
            #expect(stage.slack.message(reference.id)?.content == "One two three **four** ")
        }
    }

    @Test("what a stream cannot take back is taken back by edits")
    func changeOfMind() async throws {
        try await SlackStage.with { stage in
            let route = stage.route(thread: stage.slack.say("\(stage.slack.mention) write"))
            let reference = try await stage.adapter.post(stage.message("A title and", route, stage: .preview))
            for text in ["## A title and all", "## A title and all\n\nMo", "## A title and all\n\nMo\n\nre"] {
                stage.skip(1_500)
                try await stage.adapter.replace(reference, with: stage.message(text, route, stage: .preview))
            }
            #expect(stage.slack.message(reference.id)?.content == "## A title and all\n\nMo\n\nre")
            #expect(stage.slack.message(reference.id)?.isStreaming == false)
            stage.skip(1_500)
            try await stage.adapter.replace(
                reference, with: stage.message("## A title and all\n\nMore.", route))
            #expect(stage.slack.message(reference.id)?.content == "## A title and all\n\nMore.")
            #expect(stage.slack.count("chat.stopStream") == 1)
        }
    }

    @Test(
        "a stream that Slack calls ended, and that lives, is ended before it is edited",
        arguments: ["chat.appendStream", "chat.stopStream"])
    func contradiction(method: String) async throws {
        try await SlackStage.with { stage in
            let route = stage.route(thread: stage.slack.say("\(stage.slack.mention) write"))
            let reference = try await stage.adapter.post(stage.message("One.\n\nTw", route, stage: .preview))
            stage.slack.inject(.error("message_not_in_streaming_state"), at: method)
            stage.skip(1_500)
            try await stage.adapter.replace(
                reference, with: stage.message("One.\n\nTwo.\n\nThr", route, stage: .preview))
            try await stage.adapter.replace(reference, with: stage.message("One.\n\nTwo.\n\nThree.", route))
            let shown = try #require(stage.slack.message(reference.id))
            #expect(shown.content == "One.\n\nTwo.\n\nThree.")
            #expect(!shown.isStreaming)
        }
    }

    @Test("where nothing may be edited any more, the whole text is to be posted anew", arguments: [true, false])
    func editingIsOver(isStream: Bool) async throws {
        try await SlackStage.with { stage in
            if !isStream { stage.slack.inject(.error("unknown_method"), at: "chat.startStream") }
            let route = stage.route(thread: stage.slack.say("\(stage.slack.mention) write"))
            let reference = try await stage.adapter.post(stage.message("One.\n\nTw", route, stage: .preview))
            stage.slack.inject(.error("edit_window_closed"), at: "chat.update", times: 2)
            let preview = await #expect(throws: (any Error).self) {
                stage.skip(240_000)
                try await stage.adapter.replace(
                    reference, with: stage.message("One.\n\nTwo.\n\nTh", route, stage: .preview))
            }
            #expect((preview as? AdapterError)?.code == .forbidden)
            let final = await #expect(throws: AdapterError.self) {
                try await stage.adapter.replace(reference, with: stage.message("Whole.", route))
            }
            // By this the core posts it as another message.
            #expect(final?.code == .notFound)
        }
    }

    @Test("what is still on its way at a start is waited for before it is called lost")
    func lateArrival() async throws {
        try await SlackStage.with { stage in
            let route = stage.route(thread: stage.slack.say("\(stage.slack.mention) one"))
            try await SlackStage.run(in: stage.slack) { next in
                let looks = stage.slack.count("conversations.replies")
                async let found = next.adapter.find(token: "late", in: next.route(thread: route.anchor))
                try await stage.slack.wait("a first look") { $0.count("conversations.replies") > looks }
                let reference = try await stage.adapter.post(stage.message("x", route, token: "late"))
                #expect(try await found == reference)
            }
            // Later on nothing of an earlier life is left.
            stage.skip(10_000)
            let looks = stage.slack.count("conversations.replies")
            #expect(try await stage.adapter.find(token: "never", in: route) == nil)
            #expect(stage.slack.count("conversations.replies") == looks + 1)
        }
    }

    @Test("signs that the app may not give are none that the core counts on")
    func missingSigns() async throws {
        try await SlackStage.with { stage in
            let question = stage.slack.say("\(stage.slack.mention) one")
            let route = stage.route(thread: question)
            #expect(stage.adapter.traits(of: route.room).capabilities.isSuperset(of: [.reactions, .typing]))
            stage.slack.inject(.error("missing_scope"), at: "reactions.add")
            stage.slack.inject(.error("unknown_method"), at: "assistant.threads.setStatus")
            await stage.adapter.react("👀", isOn: true, to: MessageReference(room: route.room, id: question))
            await stage.adapter.setTyping(true, in: route)
            #expect(stage.adapter.traits(of: route.room).capabilities.isDisjoint(with: [.reactions, .typing]))
        }
    }

    @Test("an app without the right to open conversations answers commands where they were typed")
    func noOpening() async throws {
        try await SlackStage.with { stage in
            let direct = stage.slack.directChannel()
            stage.slack.inject(.error("unknown_method"), at: "conversations.open", times: 2)
            stage.slack.slash("/jetbridge", "status", in: direct)
            await stage.sink.wait { $0.messages.count == 1 }
            #expect(stage.sink.messages[0].thread.value == direct)
            stage.slack.slash("/jetbridge", "pair ABCD-EFGH", in: LoopbackSlack.general)
            await stage.sink.wait { $0.messages.count == 2 }
            #expect(stage.sink.messages[1].route.room.name == LoopbackSlack.alice)
            #expect(stage.sink.messages[1].route.anchor == nil)
        }
    }

    @Test("a stranger learns what to do also where nothing can be taken back")
    func strangerWithoutDeletion() async throws {
        try await SlackStage.with { stage in
            stage.sink.change { $0.verdict = .ignored("stranger") }
            stage.slack.inject(.error("unknown_method"), at: "chat.delete")
            let command = try #require(stage.slack.slash("/jetbridge", "status"))
            try await stage.slack.wait("an answer") { $0.outcome(command)?.answers.isEmpty == false }
            #expect(stage.slack.outcome(command)?.answers.first?["text"]?.stringValue?.contains("pair CODE") == true)
        }
    }
}
