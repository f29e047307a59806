import Chat
import JSON
import TestSupport
import Testing

@testable import Slack

@Suite("Files whose message does not come", .timeLimit(.minutes(1)))
struct SlackSharedFileTests {
    private static func upload(_ name: String) -> LoopbackSlack.Upload {
        .init(name, Array("x".utf8), type: "text/plain")
    }

    @Test("in a direct message the message is read, with its text and all of its files, once")
    func direct() async throws {
        try await SlackStage.with { stage in
            let direct = stage.slack.directChannel()
            // Its message comes, so nothing is asked about it.
            stage.slack.upload(Self.upload("told.txt"), text: "told", in: direct)
            let ts = stage.slack.upload(
                Self.upload("a.txt"), Self.upload("b.txt"), text: "what is this?", in: direct, news: .files)
            await stage.sink.wait { $0.messages.count == 2 }
            let message = try #require(stage.sink.messages.last)
            expectEqual(message.text, "what is this?")
            expectEqual(message.attachments.map(\.name), ["a.txt", "b.txt"])
            #expect(
                message.isDirect && !message.isBacklog && message.route.replyTo == ts && message.route.anchor == nil)
            expectEqual(message.sender.id, "slack:\(stage.slack.teamID)/\(LoopbackSlack.alice)")
            // Late, and already known.
            stage.slack.sendEvent(of: ts, in: direct)
            stage.slack.say("next", in: direct)
            await stage.sink.wait { $0.messages.last?.text == "next" }
            expectEqual(stage.sink.messages.map(\.text), ["told", "what is this?", "next"])
            #expect(stage.slack.count("files.info") <= 2)
        }
    }

    @Test(
        "a file of which Slack names no message is a question in a direct message, and its late message is not another one"
    )
    func alone() async throws {
        try await SlackStage.with { stage in
            let direct = stage.slack.directChannel()
            let ts = stage.slack.upload(Self.upload("a.txt"), in: direct, news: .filesOnly)
            await stage.sink.wait { !$0.messages.isEmpty }
            let message = try #require(stage.sink.messages.first)
            #expect(message.text.isEmpty && message.isDirect && message.sentAt > 0)
            expectEqual(message.attachments.map(\.name), ["a.txt"])
            expectEqual(message.thread.value, direct)
            stage.slack.sendEvent(of: ts, in: direct)
            stage.slack.say("next", in: direct)
            await stage.sink.wait { $0.messages.last?.text == "next" }
            expectEqual(stage.sink.messages.map(\.text), ["", "next"])
        }
    }

    @Test("in a channel it is the message that it would have been: with its mention, and in its thread")
    func channel() async throws {
        try await SlackStage.with { stage in
            let root = stage.slack.say("\(stage.slack.mention) hello")
            await stage.sink.wait { $0.messages.count == 1 }
            // Nothing says which message it belongs to, and in a channel a file alone is for its people.
            stage.slack.upload(Self.upload("lost.txt"), news: .filesOnly)
            stage.slack.upload(Self.upload("a.txt"), text: "\(stage.slack.mention) read", thread: root, news: .files)
            await stage.sink.wait { $0.messages.count == 2 }
            stage.slack.upload(Self.upload("b.txt"), news: .files)
            await stage.sink.wait { $0.messages.count == 3 }
            let messages = stage.sink.messages.dropFirst()
            expectEqual(messages.map(\.isMention), [true, false])
            expectEqual(messages.map(\.isAddressed), [true, false])
            expectEqual(messages.map(\.isThreaded), [true, false])
            expectEqual(messages.first?.route.anchor, root)
            expectEqual(messages.flatMap { $0.attachments.map(\.name) }, ["a.txt", "b.txt"])
        }
    }

    @Test("an older message with the same file, or somebody else's, is not the one that was shared now")
    func whose() {
        let shared = SlackSharedFile(id: "F1", channel: "C1", user: "U1", team: "T1", time: 1_000_000)
        func isOf(_ user: String, _ ts: String) -> Bool {
            SlackReader.isOf(shared, ["user": .string(user), "ts": .string(ts)])
        }
        #expect(isOf("U1", "1000.000100") && isOf("U1", "941.000000"))
        #expect(!isOf("U2", "1000.000100") && !isOf("U1", "939.000000") && !isOf("U1", ""))
    }

    @Test("what was asked about alone is known in its channel for ten minutes")
    func seen() {
        var files = SlackSeenFiles()
        let here = SlackSharedFile(id: "F1", channel: "D1", user: "U1", team: "T1", time: 0)
        let there = SlackSharedFile(id: "F1", channel: "C1", user: "U1", team: "T1", time: 0)
        #expect(files.ask(about: here, at: 0) && !files.ask(about: here, at: 1) && files.isNew(there, at: 1))
        #expect(!files.isNew(here, at: 599_999) && files.isNew(here, at: 600_000))
        files.forget(here)
        files.noteMessage(with: ["F1"], in: "D1", at: 5)
        #expect(!files.isNew(here, at: 6) && !files.ask(about: here, at: 6) && files.ask(about: there, at: 6))
    }

    @Test("the bot's own files, and events without ids, are passed over")
    func reading() {
        let reader = SlackReader(
            adapter: AdapterID("slack:team"),
            bot: SlackIdentity(team: "T1", user: "U0BOT", bot: "B1"),
            commands: [])
        func items(_ event: JSON) -> Int { reader.items(ofEvents: ["event": event]).count }
        let event: JSON = [
            "type": "file_shared", "file_id": "F1", "channel_id": "D1", "user_id": "U1", "event_ts": "1.2",
        ]
        expectEqual(items(event), 1)
        for (key, value) in [("user_id", "U0BOT"), ("file_id", "not an id"), ("channel_id", ""), ("user_id", "x y")] {
            var changed = event.objectValue ?? [:]
            changed[key] = .string(value)
            expectEqual(items(.object(changed)), 0)
        }
    }
}
