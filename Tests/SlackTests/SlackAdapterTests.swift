import Chat
import HTTP
import HTTPClient
import JSON
import Primitives
import TestSupport
import Testing

@testable import Slack

@Suite("The Slack adapter in a workspace", .timeLimit(.minutes(1)))
struct SlackAdapterTests {
    @Test("with two sockets, a message is stored once and acknowledged, and the answer appears in its thread")
    func conversation() async throws {
        try await SlackStage.with { stage in
            let question = stage.slack.say("\(stage.slack.mention) hello <there>")
            await stage.sink.wait { !$0.messages.isEmpty }
            let message = try #require(stage.sink.messages.first)
            expectEqual(message.text, "hello <there>")
            #expect(message.isAddressed)
            expectEqual(message.sender.id, "slack:\(stage.slack.teamID)/\(LoopbackSlack.alice)")
            // Also of the first message: what it asks for is signed with the name.
            expectEqual(message.sender.displayName, "alice")
            // Messages keep their `ts` when a channel gets another id.
            #expect(stage.adapter.traits(of: message.route.room).capabilities.contains(.lastingIDs))
            let reference = try await stage.adapter.post(stage.message("**hi** <\u{200B}!channel>", message.route))
            let shown = try #require(stage.slack.message(reference.id))
            expectEqual(shown.thread, question)
            expectEqual(shown.content, "**hi** <\u{200B}!channel>")
            #expect(!shown.isUnfurling)
            #expect(stage.slack.pings.isEmpty)
            try await stage.slack.wait("two sockets and no event left") {
                $0.outstanding == 0 && $0.connectionCount == 2
            }
            #expect(stage.slack.mistakes.isEmpty)
            expectEqual(stage.sink.messages.count, 1)
            try await expectEqual(stage.adapter.find(token: "token", isFile: false, in: message.route), reference)
            let other = try await stage.adapter.find(token: "other", isFile: false, in: message.route)
            expectEqual(other, nil)
        }
    }

    @Test("a message does not wait for a name that does not come")
    func nameless() async throws {
        try await SlackStage.with { stage in
            stage.slack.inject(.hang, at: "users.info")
            stage.slack.say("\(stage.slack.mention) hello")
            await stage.sink.wait { !$0.messages.isEmpty }
            expectEqual(stage.sink.messages.first?.sender.displayName, LoopbackSlack.alice)
        }
    }

    @Test("after a name that does not come, the next messages wait for none; what is not for the bot needs none")
    func namelessQueue() async throws {
        try await SlackStage.with { stage in
            stage.slack.inject(.hang, at: "users.info")
            stage.slack.say("\(stage.slack.mention) hello")
            stage.slack.say("\(stage.slack.mention) hello", as: LoopbackSlack.bob)
            await stage.sink.wait { $0.messages.count == 2 }
            expectEqual(stage.slack.count("users.info"), 1)
            stage.skip(60_000)
            stage.slack.say("hello", as: LoopbackSlack.bob)
            stage.slack.say("\(stage.slack.mention) hello", as: LoopbackSlack.bob)
            await stage.sink.wait { $0.messages.count == 4 }
            expectEqual(
                stage.sink.messages.map(\.sender.displayName),
                [LoopbackSlack.alice, LoopbackSlack.bob, LoopbackSlack.bob, "bob"])
        }
    }

    @Test("an answer grows as a stream and ends complete")
    func stream() async throws {
        try await SlackStage.with { stage in
            let question = stage.slack.say("\(stage.slack.mention) write")
            let route = stage.route(thread: question)
            let reference = try await stage.adapter.post(stage.message("One.\n\nTw", route, stage: .preview))
            expectEqual(stage.slack.message(reference.id)?.isStreaming, true)
            expectEqual(stage.slack.message(reference.id)?.content, "One.\n\n")
            stage.skip(1_200)
            try await stage.adapter.replace(
                reference, with: stage.message("One.\n\nTwo.\n\n```\na\nb\n```", route, stage: .preview))
            expectEqual(stage.slack.message(reference.id)?.content, "One.\n\nTwo.\n\n```\na\n")
            let whole = "One.\n\nTwo.\n\n```\na\nbc\n```\n\nEnd."
            try await stage.adapter.replace(reference, with: stage.message(whole, route))
            let shown = try #require(stage.slack.message(reference.id))
            expectEqual(shown.content, whole)
            #expect(!shown.isStreaming && !shown.isUnfinished)
            expectEqual(stage.slack.count("chat.startStream"), 1)
            expectEqual(stage.slack.count("chat.stopStream"), 1)
            try await expectEqual(stage.adapter.find(token: "token", isFile: false, in: route), reference)
        }
    }

    @Test("after four minutes, edits continue a stream")
    func rollOver() async throws {
        try await SlackStage.with { stage in
            let route = stage.route(thread: stage.slack.say("\(stage.slack.mention) write"))
            let reference = try await stage.adapter.post(stage.message("One.\n\nTw", route, stage: .preview))
            stage.skip(240_000)
            try await stage.adapter.replace(reference, with: stage.message("One.\n\nTwo.", route, stage: .preview))
            expectEqual(stage.slack.message(reference.id)?.isStreaming, false)
            expectEqual(stage.slack.message(reference.id)?.content, "One.\n\nTwo.")
            stage.skip(1_200)
            try await stage.adapter.replace(reference, with: stage.message("One.\n\nTwo. Th", route, stage: .preview))
            try await stage.adapter.replace(reference, with: stage.message("One.\n\nTwo. Three.", route))
            expectEqual(stage.slack.message(reference.id)?.content, "One.\n\nTwo. Three.")
        }
    }

    @Test("when the streams of a minute are used up, edits take over; when those are, previews wait but finals do not")
    func minute() async throws {
        try await SlackStage.with { stage in
            var references: [(MessageReference, Route)] = []
            var refusals = 0
            for number in 0..<60 {
                let channel = stage.slack.addChannel("c\(number)")
                let route = stage.route(channel, thread: stage.slack.say("\(stage.slack.mention) x", in: channel))
                do {
                    references.append((try await stage.adapter.post(stage.message("a", route, stage: .preview)), route))
                } catch let error as AdapterError {
                    #expect(error.code == .disconnected && error.isCertain)
                    refusals += 1
                    try await stage.adapter.post(stage.message("whole", route))
                }
            }
            #expect(refusals > 0)
            expectEqual(stage.slack.count("chat.startStream"), 18)
            for (reference, route) in references {
                try await stage.adapter.replace(reference, with: stage.message("whole", route))
            }
            expectEqual(stage.slack.refusals["ratelimited"], nil)
        }
    }

    @Test("an edit completes a stream that Slack ended")
    func deadStream() async throws {
        try await SlackStage.with { stage in
            let question = stage.slack.say("\(stage.slack.mention) write")
            let route = stage.route(thread: question)
            let reference = try await stage.adapter.post(stage.message("One.\n\nTw", route, stage: .preview))
            stage.slack.advance(by: 301)
            stage.skip(1_200)
            try await stage.adapter.replace(
                reference, with: stage.message("One.\n\nTwo.\n\nThr", route, stage: .preview))
            try await stage.adapter.replace(reference, with: stage.message("One.\n\nTwo.\n\nThree.", route))
            let shown = try #require(stage.slack.message(reference.id))
            expectEqual(shown.content, "One.\n\nTwo.\n\nThree.")
            #expect(!shown.isUnfinished)
        }
    }

    @Test("without streams, edits take their place, and streams are not retried")
    func edits() async throws {
        try await SlackStage.with(SlackStage.settings { $0.hasStreams = false }) { stage in
            let question = stage.slack.say("\(stage.slack.mention) write")
            let route = stage.route(thread: question)
            for number in 1...2 {
                let reference = try await stage.adapter.post(
                    stage.message("One", route, token: "t\(number)", stage: .preview))
                let growing = stage.message("One two", route, token: "t\(number)", stage: .preview)
                // An edit too soon is refused, but not as a rate limit, which would hold up the room.
                let error = await #expect(throws: AdapterError.self) {
                    try await stage.adapter.replace(reference, with: growing)
                }
                #expect(error?.code == .disconnected && error?.isCertain == true && error?.retryAfter != nil)
                stage.skip(1_200)
                try await stage.adapter.replace(reference, with: growing)
                expectEqual(stage.slack.message(reference.id)?.content, "One two")
                try await stage.adapter.replace(
                    reference,
                    with: stage.message(
                        "One two three", route, token: "t\(number)",
                        buttons: [MessageButton(label: "Go", command: "approve 1", style: .primary)]))
                let shown = try #require(stage.slack.message(reference.id))
                expectEqual(shown.content, "One two three")
                expectEqual(shown.buttons.map(\.value), ["approve 1"])
            }
            expectEqual(stage.slack.count("chat.startStream"), 1)
        }
    }

    @Test("a stream of an earlier process is ended and completed")
    func orphan() async throws {
        try await SlackStage.with { stage in
            let question = stage.slack.say("\(stage.slack.mention) write")
            let route = stage.route(thread: question)
            let reference = try await stage.adapter.post(stage.message("One.\n\nTw", route, stage: .preview))
            try await SlackStage.run(in: stage.slack) { next in
                try await expectEqual(
                    next.adapter.find(token: "token", isFile: false, in: next.route(thread: question)), reference)
                try await next.adapter.replace(reference, with: next.message("Whole.", next.route(thread: question)))
                expectEqual(stage.slack.message(reference.id)?.content, "Whole.")
                expectEqual(stage.slack.message(reference.id)?.isStreaming, false)
            }
        }
    }

    @Test("people's edits, deletions, reactions and button presses are delivered")
    func changes() async throws {
        try await SlackStage.with { stage in
            let question = stage.slack.say("\(stage.slack.mention) one")
            await stage.sink.wait { $0.messages.count == 1 }
            stage.slack.touch(question)
            stage.slack.edit(question, to: "\(stage.slack.mention) status")
            await stage.sink.wait { $0.events.count == 2 }
            let edit = try #require(stage.sink.events.last?.kind.edit)
            expectEqual(edit.text, "/status")
            expectEqual(edit.reference.id, question)
            let posted = try await stage.adapter.post(
                stage.message(
                    "Run it?", stage.route(thread: question),
                    buttons: [
                        MessageButton(label: "Approve", command: "approve 7", style: .primary),
                        MessageButton(label: "Deny", command: "deny 7", style: .danger),
                    ]))
            let press = try #require(stage.slack.press("Deny", of: posted.id))
            await stage.sink.wait { $0.events.count == 3 }
            let choice = try #require(stage.sink.events.last?.kind.choice)
            expectEqual(choice.kind, .button("deny 7"))
            expectEqual(choice.target, posted)
            try await stage.slack.wait("the press is acknowledged") { $0.outcome(press)?.isAcknowledged == true }
            stage.slack.react("+1", to: posted.id)
            await stage.sink.wait { $0.events.count == 4 }
            stage.slack.delete(question)
            await stage.sink.wait { $0.events.count == 5 }
            expectEqual(stage.sink.events.last?.kind.deleted?.id, question)
            try await stage.adapter.delete(posted, in: stage.route(thread: question))
            try await stage.adapter.delete(posted, in: stage.route(thread: question))
            #expect(stage.slack.message(posted.id) == nil)
            #expect(stage.slack.mistakes.isEmpty)
        }
    }

    @Test("status and reactions are set and cleared")
    func signs() async throws {
        try await SlackStage.with { stage in
            let question = stage.slack.say("\(stage.slack.mention) one")
            let route = stage.route(thread: question)
            await stage.adapter.setTyping(true, in: route)
            await stage.adapter.setTyping(true, in: route)
            expectEqual(stage.slack.status(thread: question), "is thinking…")
            expectEqual(stage.slack.count("assistant.threads.setStatus"), 1)
            await stage.adapter.setTyping(false, in: route)
            #expect((stage.slack.status(thread: question) ?? "").isEmpty)
            let reference = MessageReference(room: route.room, id: question)
            await stage.adapter.react("👀", isOn: true, to: reference, isNeeded: false)
            await stage.adapter.react("👀", isOn: true, to: reference, isNeeded: false)
            expectEqual(stage.slack.message(question)?.reactions["eyes"], [stage.slack.botUser])
            await stage.adapter.react("👀", isOn: false, to: reference, isNeeded: false)
            expectEqual(stage.slack.message(question)?.reactions["eyes"], nil)
        }
    }

    @Test("a status in transit while a message was posted is cleared, since Slack may have set it last")
    func lateStatus() async throws {
        try await SlackStage.with { stage in
            let question = stage.slack.say("\(stage.slack.mention) one")
            let route = stage.route(thread: question)
            stage.slack.inject(.delay(0.5), at: "assistant.threads.setStatus")
            async let typing: Void = stage.adapter.setTyping(true, in: route)
            try await stage.slack.wait("the status to be in transit") { $0.count("assistant.threads.setStatus") == 1 }
            _ = try await stage.adapter.post(OutgoingMessage(text: "Answer.", route: route, token: "m1"))
            await typing
            expectEqual(stage.slack.count("assistant.threads.setStatus"), 2)
            #expect((stage.slack.status(thread: question) ?? "").isEmpty)
        }
    }

    @Test("Slack's rate limits are reported as such, and nothing is sent before they end")
    func limits() async throws {
        try await SlackStage.with { stage in
            let route = stage.route(thread: nil)
            stage.slack.inject(.status(429, retryAfter: 30), at: "chat.postMessage")
            for _ in 0..<2 {
                let error = await #expect(throws: AdapterError.self) {
                    try await stage.adapter.post(stage.message("x", route))
                }
                expectEqual(error?.code, .rateLimited)
                #expect((error?.retryAfter ?? .zero) > .seconds(28))
            }
            expectEqual(stage.slack.count("chat.postMessage"), 1)
            let other = stage.slack.addChannel("other")
            try await stage.adapter.post(stage.message("x", stage.route(other, thread: nil)))
        }
    }

    @Test("a failed post reports whether its outcome is certain")
    func unknown() async throws {
        try await SlackStage.with { stage in
            let route = stage.route(thread: stage.slack.say("\(stage.slack.mention) one"))
            for (fault, isCertain) in [
                (LoopbackSlack.Fault.webPage, false), (.loseAnswer, false), (.error("is_archived"), true),
                (.error("fatal_error"), false),
            ] {
                stage.slack.inject(fault, at: "chat.postMessage")
                let error = await #expect(throws: AdapterError.self) {
                    try await stage.adapter.post(stage.message("x", route, token: "lost"))
                }
                expectEqual(error?.isCertain, isCertain, "\(fault)")
            }
            let found = try await stage.adapter.find(token: "lost", isFile: false, in: route)
            #expect(found != nil)
        }
    }

    @Test("files are downloaded and uploaded")
    func files() async throws {
        try await SlackStage.with { stage in
            let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
            stage.slack.upload(
                .init("a.bin", bytes, type: "application/octet-stream"), text: "\(stage.slack.mention) look")
            await stage.sink.wait { !$0.messages.isEmpty }
            let attachment = try #require(stage.sink.messages.first?.attachments.first)
            #expect(attachment.name == "a.bin" && attachment.size == bytes.count)
            let collected = Collected()
            try await stage.adapter.download(attachment) { collected.append($0) }
            expectEqual(collected.bytes, bytes)
            let route = try #require(stage.sink.messages.first?.route)
            let file = OutgoingFile(
                name: "out.txt", mediaType: "text/plain", bytes: Array("hello".utf8), caption: "<!here> & more",
                route: route,
                token: "f1")
            let reference = try await stage.adapter.upload(file)
            let shown = try #require(stage.slack.message(reference.id))
            expectEqual(shown.files.compactMap { stage.slack.file($0)?.bytes }, [Array("hello".utf8)])
            expectEqual(shown.thread, route.anchor)
            #expect(stage.slack.pings.isEmpty)
            stage.slack.setScopes(stage.slack.settings.scopes.subtracting(["files:read"]))
            await #expect(throws: AdapterError.self) { try await stage.adapter.download(attachment) { _ in } }
        }
    }

    @Test("a failed download says what people can do, and none lasts longer than five minutes")
    func failedDownload() async throws {
        try await SlackStage.with { stage in
            stage.slack.upload(.init("a.txt", Array("a".utf8), type: "text/plain"), text: "\(stage.slack.mention) look")
            await stage.sink.wait { !$0.messages.isEmpty }
            let attachment = try #require(stage.sink.messages.first?.attachments.first)
            stage.slack.inject(.cut, at: "download", times: 10)
            let error = await #expect(throws: AdapterError.self) {
                try await stage.adapter.download(attachment) { _ in }
            }
            expectEqual(error?.message, "Slack ended the download early. Send it again")
            let request = stage.adapter.downloadRequest(try HTTPURL("https://files.slack.com/a"))
            expectEqual(request.totalTimeout, .seconds(300))
            expectEqual(SlackAdapter.downloadText(.idleTimeout), "Slack sent nothing for a minute. Send it again")
        }
    }

    @Test("a file that Slack accepts and never shows is repeated once")
    func unconfirmed() async throws {
        var settings = SlackStage.settings()
        settings.shareSeconds = 100_000
        try await SlackStage.with(settings) { stage in
            let route = stage.route(stage.slack.addChannel("quiet"), thread: nil)
            let file = OutgoingFile(
                name: "a.txt", mediaType: "text/plain", bytes: [1], caption: "", route: route, token: "f1")
            await #expect(throws: AdapterError.self) { try await stage.adapter.upload(file) }
            let repeated = try await stage.adapter.upload(file)
            #expect(repeated.id.isEmpty)
        }
    }

    @Test("the assistant offers prompts, and a thread's first words become its title")
    func assistant() async throws {
        try await SlackStage.with { stage in
            let (channel, thread) = stage.slack.openAssistant()
            try await stage.slack.wait("prompts") { !$0.prompts(in: channel, thread: thread).isEmpty }
            stage.slack.say("plan my week\nplease", in: channel, thread: thread)
            try await stage.slack.wait("a title") { $0.title(in: channel, thread: thread) == "plan my week" }
            expectEqual(stage.sink.messages.first?.thread.value, "\(channel)/\(thread)")
        }
    }

    @Test("any text within the limit fits in one Slack message")
    func limit() async throws {
        try await SlackStage.with { stage in
            for text in [
                String(repeating: "word ", count: 2_279), String(repeating: "\"", count: 11_400),
                String(repeating: "😀", count: 5_700), String(repeating: "é\n", count: 5_700),
            ] {
                let channel = stage.slack.addChannel("room\(text.utf8.count)")
                let route = stage.route(channel, thread: nil)
                let reference = try await stage.adapter.post(stage.message(text, route))
                try await stage.adapter.replace(reference, with: stage.message(text + "x", route))
                expectEqual(stage.slack.message(reference.id, in: channel)?.content.hasPrefix(text), true)
            }
        }
    }
}

/// Collects a download.
final class Collected: Sendable {
    private let state = Protected<[UInt8]>([])
    var bytes: [UInt8] { self.state.withLock { $0 } }
    func append(_ bytes: [UInt8]) { self.state.withLock { $0 += bytes } }
}
