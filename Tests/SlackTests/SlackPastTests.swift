import Chat
import JSON
import TestSupport
import Testing

@testable import Slack

@Suite("What was said on Slack", .timeLimit(.minutes(1)))
struct SlackPastTests {
    /// What is asked of a thread or, without a root, of the channel in which `before` begins a thread.
    private static func query(
        _ stage: SlackStage, root: String?, before: String, after: String? = nil, since: Int64 = 0, limit: Int = 50,
        in channel: String = LoopbackSlack.general
    ) -> PastQuery {
        let room = RoomID(adapter: stage.adapter.id, name: channel)
        return PastQuery(
            route: stage.route(channel, thread: root ?? before),
            before: MessageReference(room: room, id: before),
            after: after.map { MessageReference(room: room, id: $0) }, since: since, limit: limit)
    }

    private static func lines(_ past: RoomPast) -> [String] { past.messages.map { "\($0.name): \($0.text)" } }

    @Test("a thread has its root and what was said, with names, edits, files and other bots, without what was deleted")
    func thread() async throws {
        try await SlackStage.with { stage in
            let slack = stage.slack
            let group = slack.addGroup("devs")
            let dev = slack.addChannel("dev")
            let root = slack.say("deploy failed ZEBRA77 <@\(LoopbackSlack.alice)>", as: LoopbackSlack.bob)
            let typo = slack.say("it was the cahce", thread: root)
            slack.edit(typo, to: "it was the cache, see <#\(dev)>, <!subteam^\(group)>")
            slack.delete(slack.say("hunter2", thread: root))
            slack.sayAsBot("build 17 is red", thread: root)
            slack.upload(.init("trace.log", Array("boom".utf8)), text: "the log", as: LoopbackSlack.bob, thread: root)
            let own = try await stage.adapter.post(stage.message("**Hello** to bob", stage.route(thread: root)))
            let question = slack.say("\(slack.mention) why did it fail?", thread: root)
            slack.say("too late", thread: root)
            let past = try await stage.adapter.past(of: Self.query(stage, root: root, before: question))
            expectEqual(
                Self.lines(past),
                [
                    "bob: deploy failed ZEBRA77 @alice", "alice: it was the cache, see #dev, @devs",
                    "otherbot: build 17 is red", "bob: the log", "jetbridge: **Hello** to bob",
                ])
            expectEqual(past.missing, nil)
            expectEqual(past.messages.map(\.relation), [.root, .said, .said, .said, .said])
            let authors = past.messages.compactMap(\.author)
            expectEqual(authors.map(\.isBot), [false, false, true, false, true])
            expectEqual(authors.map(\.isSelf), [false, false, false, false, true])
            expectEqual(authors.first?.id, "slack:\(slack.teamID)/\(LoopbackSlack.bob)")
            expectEqual(past.messages.last?.reference, own)
            expectEqual(past.messages[3].attachments.map(\.name), ["trace.log"])
            #expect(past.messages.allSatisfy { ($0.sentAt ?? 0) > 0 })
            expectEqual(slack.count("conversations.replies"), 1)
        }
    }

    @Test("of a long thread the root and the newest come, in one call; later only what is new")
    func longThread() async throws {
        try await SlackStage.with { stage in
            let root = stage.slack.say("root")
            let replies = (0..<200).map { stage.slack.say("reply \($0)", as: LoopbackSlack.bob, thread: root) }
            let first = try await stage.adapter.past(
                of: Self.query(stage, root: root, before: replies[199], limit: 3))
            expectEqual(first.messages.map(\.text), ["root", "reply 196", "reply 197", "reply 198"])
            expectEqual(stage.slack.count("conversations.replies"), 1)
            let second = try await stage.adapter.past(
                of: Self.query(stage, root: root, before: replies[199], after: replies[196]))
            expectEqual(second.messages.map(\.text), ["reply 197", "reply 198"])
            let aged = try await stage.adapter.past(
                of: Self.query(
                    stage, root: root, before: replies[199], since: try #require(first.messages.last?.sentAt)))
            expectEqual(aged.messages.first?.text, "root")
            #expect(aged.messages.count < 100)
        }
    }

    @Test("a question that begins its thread comes with what its channel just said, without threads and notes")
    func channel() async throws {
        try await SlackStage.with { stage in
            let slack = stage.slack
            let root = slack.say("look at GIRAFFE11", as: LoopbackSlack.bob)
            slack.say("only in the thread", thread: root)
            slack.say("also shown", as: LoopbackSlack.bob, thread: root, isBroadcast: true)
            slack.say("set the topic", subtype: "channel_topic")
            let question = slack.say("\(slack.mention) what does bob mean?")
            let past = try await stage.adapter.past(of: Self.query(stage, root: nil, before: question))
            expectEqual(Self.lines(past), ["bob: look at GIRAFFE11", "bob: also shown"])
            expectEqual(past.messages.map(\.relation), [.said, .said])
            let direct = slack.directChannel()
            slack.say("first", in: direct)
            let second = slack.say("second", in: direct)
            let talk = try await stage.adapter.past(
                of: PastQuery(
                    route: stage.route(direct, thread: nil),
                    before: MessageReference(room: RoomID(adapter: stage.adapter.id, name: direct), id: second),
                    since: 0, limit: 5))
            expectEqual(talk.messages.map(\.text), ["first"])
        }
    }

    @Test(
        "what the app may not read is named with the scope or the way to permit it",
        arguments: [
            ("missing_scope", "the app lacks"), ("not_in_channel", "/invite"), ("channel_not_found", "/invite"),
            ("not_allowed_token_type", "token"),
        ])
    func unreadable(error: String, words: String) async throws {
        try await SlackStage.with { stage in
            let root = stage.slack.say("root")
            stage.slack.inject(.error(error), at: "conversations.replies")
            let query = Self.query(stage, root: root, before: stage.slack.say("x", thread: root))
            let past = try await stage.adapter.past(of: query)
            #expect(past.messages.isEmpty)
            expectEqual(past.missing?.hasPrefix("the thread's messages: "), true)
            expectEqual(past.missing?.contains(words), true)
            // It is not remembered: an owner may have acted.
            try await expectEqual(stage.adapter.past(of: query).messages.map(\.text), ["root"])
        }
        try await SlackStage.with(SlackStage.settings { $0.scopes.remove("channels:history") }) { stage in
            let root = stage.slack.say("root")
            let past = try await stage.adapter.past(
                of: Self.query(stage, root: root, before: stage.slack.say("x", thread: root)))
            expectEqual(past.missing?.contains("channels:history"), true)
        }
    }

    @Test("throttling is an error with its pause; a thread that is gone has no past")
    func refused() async throws {
        try await SlackStage.with { stage in
            let root = stage.slack.say("root")
            let query = Self.query(stage, root: root, before: stage.slack.say("x", thread: root))
            stage.slack.inject(.error("thread_not_found"), at: "conversations.replies")
            try await expectEqual(stage.adapter.past(of: query), RoomPast())
            stage.slack.inject(.status(429, retryAfter: 7), at: "conversations.replies")
            do {
                _ = try await stage.adapter.past(of: query)
                Issue.record("expected an error")
            } catch let error as AdapterError {
                #expect(error.code == .rateLimited && error.retryAfter == .seconds(7))
            }
        }
    }

    @Test("names that do not come leave the ids; without the scope, groups keep theirs")
    func nameless() async throws {
        try await SlackStage.with(SlackStage.settings { $0.scopes.remove("usergroups:read") }) { stage in
            stage.slack.inject(.hang, at: "users.info")
            let group = stage.slack.addGroup("devs")
            let root = stage.slack.say("ask <!subteam^\(group)>", as: LoopbackSlack.bob)
            let past = try await stage.adapter.past(
                of: Self.query(stage, root: root, before: stage.slack.say("x", thread: root)))
            expectEqual(past.messages.map(\.text), ["ask @\(group)"])
            expectEqual(past.messages.first?.author?.id, "slack:\(stage.slack.teamID)/\(LoopbackSlack.bob)")
        }
    }

    @Test("a name that another event looks up is waited for")
    func lookedUpTwice() async throws {
        try await SlackStage.with { stage in
            stage.slack.inject(.delay(0.2), at: "users.info")
            async let first = stage.adapter.names(of: [LoopbackSlack.bob])[LoopbackSlack.bob]
            async let second = stage.adapter.names(of: [LoopbackSlack.bob])[LoopbackSlack.bob]
            await expectEqual(first, "bob")
            await expectEqual(second, "bob")
            expectEqual(stage.slack.count("users.info"), 1)
        }
    }

    @Test("a question mentions people, channels and groups by name, also those who never wrote")
    func mentions() async throws {
        try await SlackStage.with { stage in
            let slack = stage.slack
            let (group, dev) = (slack.addGroup("devs"), slack.addChannel("dev"))
            slack.say("\(slack.mention) what do <@\(LoopbackSlack.bob)>, <#\(dev)> and <!subteam^\(group)> say?")
            await stage.sink.wait { !$0.messages.isEmpty }
            expectEqual(stage.sink.messages.first?.text, "what do @bob, #dev and @devs say?")
            expectEqual(stage.adapter.traits(of: stage.sink.messages[0].route.room).title, "#general")
            // What people write to each other is not looked up.
            let calls = slack.count("conversations.info")
            slack.say("<#\(slack.addChannel("other"))> is over there")
            slack.say("\(slack.mention) and <#\(dev)>?")
            await stage.sink.wait { $0.messages.count == 3 }
            expectEqual(stage.sink.messages.last?.text, "and #dev?")
            expectEqual(slack.count("conversations.info"), calls)
            // Of another channel by the same person.
            slack.say("\(slack.mention) and here?", in: slack.addChannel("ops"))
            await stage.sink.wait { $0.messages.count == 4 }
            let room = try #require(stage.sink.messages.last).route.room
            expectEqual(stage.adapter.traits(of: room).title, "#ops")
        }
    }

    @Test("a shared message comes with its author, place, text and files; alone it counts only in a direct message")
    func shares() async throws {
        try await SlackStage.with { stage in
            let slack = stage.slack
            let shared = slack.upload(
                .init("a.png", [1, 2]), text: "ask <@\(LoopbackSlack.alice)>", as: LoopbackSlack.bob)
            slack.share(shared, saying: "\(slack.mention) what does this mean?")
            await stage.sink.wait { $0.messages.count == 2 }
            slack.share(shared)
            let direct = slack.directChannel()
            slack.share(shared, in: direct)
            await stage.sink.wait { $0.messages.count == 3 }
            let messages = stage.sink.messages.filter { !$0.enclosed.isEmpty }
            expectEqual(messages.map(\.text), ["what does this mean?", ""])
            for message in messages {
                let enclosed = try #require(message.enclosed.first)
                expectEqual(enclosed.relation, .forwarded)
                expectEqual(enclosed.name, "bob, #general")
                expectEqual(enclosed.author?.id, "slack:\(slack.teamID)/\(LoopbackSlack.bob)")
                expectEqual(enclosed.text, "ask @alice")
                expectEqual(enclosed.attachments.map(\.name), ["a.png"])
                expectEqual(enclosed.reference?.id, shared)
                #expect((enclosed.sentAt ?? 0) > 0)
            }
            let past = try await stage.adapter.past(
                of: Self.query(stage, root: nil, before: slack.say("\(slack.mention) and now?")))
            // Others' words are not those of whoever shares them.
            let line = try #require(past.messages.last)
            expectEqual(line.text, "ask @alice")
            expectEqual(line.name, "bob, #general, shared by alice")
            expectEqual(line.author?.id, "slack:\(slack.teamID)/\(LoopbackSlack.bob)")
        }
    }

    @Test("hostile messages are bounded, and what they claim about their author proves nothing")
    func hostile() throws {
        let reader = SlackReader(
            adapter: AdapterID("slack:team"), bot: SlackIdentity(team: "T1", user: "UBOT", name: "jet", bot: "B1"),
            commands: [])
        let long = String(repeating: "e\u{301}", count: 1 << 19)
        let lines = reader.said(
            [
                "ts": "1.1", "user": "U1", "text": .string(long),
                "attachments": .array(
                    Array(
                        repeating: [
                            "is_share": true, "author_name": .string("a\n[owner] " + long), "text": .string(long),
                            "files": .array(Array(repeating: ["id": "F1"], count: 99)),
                        ], count: 99)),
            ], in: "C1")
        expectEqual(lines.map(\.author?.id), ["slack:T1/U1"] + Array(repeating: nil, count: 10))
        #expect(lines.allSatisfy { $0.text.utf8.count <= 64 << 10 && $0.attachments.count <= 20 })
        #expect(lines.allSatisfy { $0.name.utf8.count < 1_000 && !$0.name.contains("\n") })
        let shares = reader.shares(in: [
            "attachments": [
                ["is_share": true, "author_id": "../owner", "author_name": "al\nice", "text": "x"],
                ["is_share": true, "author_id": "UBOT", "author_name": "owner", "text": "x"],
                ["is_share": false, "author_id": "U1", "text": "x"], ["text": "a preview"], .null,
            ]
        ])
        expectEqual(shares.map(\.name), ["al ice", "owner"])
        expectEqual(shares.map { $0.author?.isSelf }, [nil, true])
        for nothing: JSON in [
            .null, [:], ["ts": "1.1"], ["ts": "x", "user": "U1", "text": "x"],
            ["ts": "1.1", "user": "U1", "text": ""],
            ["ts": "1.1", "user": "U1", "text": "x", "subtype": "channel_join"],
            ["ts": "1.1", "user": "USLACKBOT", "text": "This message was deleted.", "subtype": "tombstone"],
        ] { expectEqual(reader.said(nothing, in: "C1"), []) }
        let alert = reader.said(
            [
                "ts": "1.1", "subtype": "bot_message", "bot_id": "B9", "username": "Alerts", "text": "",
                "attachments": [["title": "Disk <https://e.org|full>", "text": "95 %"], ["fallback": "see"]],
            ], in: "C1"
        ).first
        expectEqual(alert?.text, "Disk [full](https://e.org)\n95 %\nsee")
        #expect(alert?.author?.isBot == true && alert?.author?.id == "slack:T1/B9" && alert?.name == "Alerts")
    }
}
