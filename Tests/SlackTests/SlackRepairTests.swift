import Chat
import JSON
import TestSupport
import Testing

@testable import Slack

@Suite("Answers and commands when Slack or the model does the unexpected", .timeLimit(.minutes(1)))
struct SlackRepairTests {
    @Test("a stream shows a paragraph's words as they arrive")
    func words() async throws {
        try await SlackStage.with { stage in
            let route = stage.route(thread: stage.slack.say("\(stage.slack.mention) write"))
            let reference = try await stage.adapter.post(stage.message("One two thr", route, stage: .preview))
            expectEqual(stage.slack.message(reference.id)?.content, "One two ")
            stage.skip(1_200)
            try await stage.adapter.replace(
                reference, with: stage.message("One two three **four** fi", route, stage: .preview))
            expectEqual(stage.slack.message(reference.id)?.content, "One two three **four** ")
        }
    }

    @Test("code with Slack's own tokens arrives whole, as a post and after a stream, and mentions no one")
    func literalCode() async throws {
        try await SlackStage.with { stage in
            let route = stage.route(thread: stage.slack.say("\(stage.slack.mention) write"))
            let markdown = "Words.\n\n```html\n<!DOCTYPE html>\n<!channel> <@\(LoopbackSlack.alice)>\n```\n\nEnd."
            let text = SlackFormattingTests.text(markdown)
            let posted = try await stage.adapter.post(stage.message(text, route))
            let grown = try await stage.adapter.post(stage.message("Words.\n\nE", route, token: "t2", stage: .preview))
            expectEqual(stage.slack.message(grown.id)?.isStreaming, true)
            try await stage.adapter.replace(grown, with: stage.message(text, route, token: "t2"))
            for id in [posted.id, grown.id] {
                let shown = try #require(stage.slack.message(id))
                let types = shown.blocks.compactMap { $0["type"]?.stringValue }
                expectEqual(types, ["markdown", "rich_text", "markdown"])
                #expect(shown.content.contains("<!DOCTYPE html>\n<!channel> <@\(LoopbackSlack.alice)>"))
                #expect(!shown.content.contains("\u{200B}"))
                #expect(!shown.text.contains("```"))
            }
            #expect(stage.slack.pings.isEmpty)
        }
    }

    @Test("edits correct text that a stream cannot take back")
    func changeOfMind() async throws {
        try await SlackStage.with { stage in
            let route = stage.route(thread: stage.slack.say("\(stage.slack.mention) write"))
            let reference = try await stage.adapter.post(stage.message("A title and", route, stage: .preview))
            for text in ["## A title and all", "## A title and all\n\nMo", "## A title and all\n\nMo\n\nre"] {
                stage.skip(1_500)
                try await stage.adapter.replace(reference, with: stage.message(text, route, stage: .preview))
            }
            expectEqual(stage.slack.message(reference.id)?.content, "## A title and all\n\nMo\n\nre")
            expectEqual(stage.slack.message(reference.id)?.isStreaming, false)
            stage.skip(1_500)
            try await stage.adapter.replace(
                reference, with: stage.message("## A title and all\n\nMore.", route))
            expectEqual(stage.slack.message(reference.id)?.content, "## A title and all\n\nMore.")
            expectEqual(stage.slack.count("chat.stopStream"), 1)
        }
    }

    @Test(
        "a live stream that Slack reported as ended is ended before it is edited",
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
            expectEqual(shown.content, "One.\n\nTwo.\n\nThree.")
            #expect(!shown.isStreaming)
        }
    }

    @Test("when edits are no longer allowed, the core is asked to post the whole text again", arguments: [true, false])
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
            expectEqual((preview as? AdapterError)?.code, .uneditable)
            let final = await #expect(throws: AdapterError.self) {
                try await stage.adapter.replace(reference, with: stage.message("Whole.", route))
            }
            // On this error the core posts another message.
            expectEqual(final?.code, .uneditable)
        }
    }

    @Test(
        "an archived channel refuses as a room, and takes the message when it is back; a deleted message is gone",
        arguments: [true, false])
    func archived(isStream: Bool) async throws {
        try await SlackStage.with { stage in
            if !isStream { stage.slack.inject(.error("unknown_method"), at: "chat.startStream") }
            let route = stage.route(thread: stage.slack.say("\(stage.slack.mention) write"))
            let reference = try await stage.adapter.post(stage.message("One.", route, stage: .preview))
            let whole = stage.message("One. Two.", route)
            stage.slack.archive(LoopbackSlack.general)
            let edit = await #expect(throws: AdapterError.self) {
                try await stage.adapter.replace(reference, with: whole)
            }
            let post = await #expect(throws: AdapterError.self) { _ = try await stage.adapter.post(whole) }
            #expect(edit?.isOfRoom == true && post?.isOfRoom == true)
            stage.slack.archive(LoopbackSlack.general, false)
            try await stage.adapter.replace(reference, with: whole)
            expectEqual(stage.slack.message(reference.id)?.content, "One. Two.")
            stage.slack.delete(reference.id)
            let gone = await #expect(throws: AdapterError.self) {
                try await stage.adapter.replace(reference, with: stage.message("One. Two. Three.", route))
            }
            #expect(gone?.code == .notFound && gone?.isOfRoom == false)
        }
    }

    @Test("a post still in transit at the start is waited for before it counts as lost")
    func lateArrival() async throws {
        try await SlackStage.with { stage in
            let route = stage.route(thread: stage.slack.say("\(stage.slack.mention) one"))
            try await SlackStage.run(in: stage.slack) { next in
                let looks = stage.slack.count("conversations.replies")
                async let found = next.adapter.find(token: "late", isFile: false, in: next.route(thread: route.anchor))
                try await stage.slack.wait("a first look") { $0.count("conversations.replies") > looks }
                let reference = try await stage.adapter.post(stage.message("x", route, token: "late"))
                try await expectEqual(found, reference)
            }
            // Later, nothing of an earlier process is in transit.
            stage.skip(10_000)
            let looks = stage.slack.count("conversations.replies")
            try await expectEqual(stage.adapter.find(token: "never", isFile: false, in: route), nil)
            expectEqual(stage.slack.count("conversations.replies"), looks + 1)
        }
    }

    @Test("an upload of an earlier process may be any file of the bot in the thread")
    func earlierUpload() async throws {
        try await SlackStage.with { stage in
            let routes = ["one", "two"].map { stage.route(thread: stage.slack.say("\(stage.slack.mention) \($0)")) }
            let file = OutgoingFile(
                name: "out.txt", mediaType: "text/plain", bytes: Array("hello".utf8), caption: "", route: routes[0],
                token: "f1")
            let reference = try await stage.adapter.upload(file)
            expectEqual(stage.slack.message(reference.id)?.files.count, 1)
            try await SlackStage.run(in: stage.slack) { next in
                stage.skip(10_000)
                let error = await #expect(throws: AdapterError.self) {
                    _ = try await next.adapter.find(token: "f1", isFile: true, in: routes[0])
                }
                #expect(error?.code == .invalid && error?.isCertain == false)
                let elsewhere = try await next.adapter.find(token: "f1", isFile: true, in: routes[1])
                expectEqual(elsewhere, nil)
            }
        }
    }

    @Test("reactions and status that the app may not set are missing from the traits")
    func missingSigns() async throws {
        try await SlackStage.with { stage in
            let question = stage.slack.say("\(stage.slack.mention) one")
            let route = stage.route(thread: question)
            #expect(stage.adapter.traits(of: route.room).capabilities.isSuperset(of: [.reactions, .typing]))
            stage.slack.inject(.error("missing_scope"), at: "reactions.add")
            stage.slack.inject(.error("unknown_method"), at: "assistant.threads.setStatus")
            await stage.adapter.react(
                "👀", isOn: true, to: MessageReference(room: route.room, id: question), isNeeded: false)
            await stage.adapter.setTyping(true, in: route)
            #expect(stage.adapter.traits(of: route.room).capabilities.isDisjoint(with: [.reactions, .typing]))
        }
    }

    @Test("without the scope to open conversations, commands are answered where they were typed")
    func noOpening() async throws {
        try await SlackStage.with { stage in
            let direct = stage.slack.directChannel()
            stage.slack.inject(.error("unknown_method"), at: "conversations.open", times: 2)
            stage.slack.slash("/jetbridge", "status", in: direct)
            await stage.sink.wait { $0.messages.count == 1 }
            expectEqual(stage.sink.messages[0].thread.value, direct)
            stage.sink.change { $0.hides = true }
            stage.slack.slash("/jetbridge", "pair ABCD-EFGH", in: LoopbackSlack.general)
            await stage.sink.wait { $0.messages.count == 2 }
            expectEqual(stage.sink.messages[1].route.room.name, LoopbackSlack.alice)
            expectEqual(stage.sink.messages[1].route.anchor, nil)
        }
    }

    @Test("a stranger's command is answered even when its message cannot be deleted")
    func strangerWithoutDeletion() async throws {
        try await SlackStage.with { stage in
            stage.sink.change { $0.verdict = .ignored("stranger") }
            stage.slack.inject(.error("unknown_method"), at: "chat.delete")
            let command = try #require(stage.slack.slash("/jetbridge", "status"))
            try await stage.slack.wait("an answer") { $0.outcome(command)?.answers.isEmpty == false }
            expectEqual(stage.slack.outcome(command)?.answers.first?["text"]?.stringValue?.contains("pair CODE"), true)
        }
    }
}
