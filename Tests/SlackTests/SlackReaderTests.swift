import Chat
import JSON
import TestSupport
import Testing

@testable import Slack

@Suite("Slack's payloads")
struct SlackReaderTests {
    private static let reader = SlackReader(
        adapter: AdapterID("slack:team"),
        bot: SlackIdentity(team: "T1", user: "UBOT", name: "jet", bot: "B1"),
        commands: [
            MenuCommand(name: "status", argument: "", summary: ""),
            MenuCommand(name: "specify", argument: "TEXT", summary: ""),
        ])

    private static func items(_ event: String) throws -> [SlackReader.Item] {
        let payload = try JSON.parse(
            #"{"type":"event_callback","team_id":"T1","event_id":"Ev1","event":\#(event)}"#)
        return Self.reader.items(ofEvents: payload)
    }

    private static func message(_ event: String) throws -> (InboundMessage, String)? {
        try Self.items(event).first?.message
    }

    @Test("a root message in a channel begins a thread")
    func root() throws {
        let (message, id) = try #require(
            try Self.message(
                #"{"type":"message","channel":"C1","channel_type":"channel","user":"U1","text":"<@UBOT> status","ts":"1700000001.123456","team":"T1"}"#
            ))
        expectEqual(id, "message:C1/1700000001.123456")
        expectEqual(message.thread.value, "C1/1700000001.123456")
        expectEqual(message.route.anchor, "1700000001.123456")
        expectEqual(message.route.replyTo, "1700000001.123456")
        expectEqual(message.route.recipient, "T1/U1")
        expectEqual(message.sender.id, "slack:T1/U1")
        expectEqual(message.text, "/status")
        expectEqual(message.sentAt, 1_700_000_001_123)
        #expect(message.isAddressed && !message.isThreaded && !message.isDirect)
    }

    @Test("a sender whose id is long text is nobody")
    func longSender() throws {
        let user = String(repeating: "U", count: 100_000)
        try expectEqual(
            Self.items(
                #"{"type":"message","channel":"C1","user":"\#(user)","text":"<@UBOT> hi","ts":"1700000001.123456"}"#),
            [])
        try expectEqual(
            Self.items(
                #"{"type":"reaction_added","user":"\#(user)","reaction":"x","item_user":"UBOT","item":{"type":"message","channel":"C1","ts":"1700000001.123456"}}"#
            ), [])
    }

    @Test("the mention and the message are one event")
    func mention() throws {
        let mention = try #require(
            try Self.message(
                #"{"type":"app_mention","channel":"C1","user":"U1","text":"<@UBOT> hi","ts":"1700000001.123456"}"#))
        let message = try #require(
            try Self.message(
                #"{"type":"message","channel":"C1","channel_type":"channel","user":"U1","text":"<@UBOT> hi","ts":"1700000001.123456"}"#
            ))
        expectEqual(mention.1, message.1)
        expectEqual(mention.0.thread, message.0.thread)
    }

    @Test("a reply is in its root's thread, and addressed if the root is the bot's")
    func reply() throws {
        let (message, _) = try #require(
            try Self.message(
                #"{"type":"message","channel":"C1","channel_type":"group","user":"U1","text":"and?","ts":"1700000002.000000","thread_ts":"1700000001.000000","parent_user_id":"UBOT"}"#
            ))
        expectEqual(message.thread.value, "C1/1700000001.000000")
        #expect(message.isThreaded && message.isAddressed)
        let (broadcast, _) = try #require(
            try Self.message(
                #"{"type":"message","subtype":"thread_broadcast","channel":"C1","channel_type":"channel","user":"U1","text":"x","ts":"1700000002.000000","thread_ts":"1700000001.000000","parent_user_id":"U2"}"#
            ))
        #expect(broadcast.isThreaded && !broadcast.isAddressed)
    }

    @Test(
        "a mention of somebody else is not mistaken for a mention of the bot or of the writer",
        arguments: [
            ("<@U2> can you look?", false, true), ("<@UBOT> ask <@U2>", true, true), ("<@UBOT> why?", true, false),
            ("note to myself <@U1>", false, false), ("<!here> look", false, false),
            ("<!subteam^S1> look", false, false),
            ("bob@example.org", false, false), ("<@UBOT>", true, false),
        ])
    func mentions(text: String, isMention: Bool, mentionsOthers: Bool) throws {
        let (message, _) = try #require(
            try Self.message(
                #"{"type":"message","channel":"C1","channel_type":"channel","user":"U1","text":"\#(text)","ts":"1700000002.000000","thread_ts":"1700000001.000000","parent_user_id":"UBOT"}"#
            ))
        // In a thread below one of the bot's messages.
        #expect(message.isAddressed && message.isMention == isMention && !message.isReply)
        expectEqual(message.mentionsOthers, mentionsOthers)
    }

    @Test("direct messages outside threads are one conversation")
    func direct() throws {
        let (message, _) = try #require(
            try Self.message(
                #"{"type":"message","channel":"D1","channel_type":"im","user":"U1","text":"status","ts":"1700000001.000000"}"#
            ))
        expectEqual(message.thread.value, "D1")
        expectEqual(message.route.anchor, nil)
        #expect(message.isDirect)
        expectEqual(message.text, "status")
        let (threaded, _) = try #require(
            try Self.message(
                #"{"type":"message","channel":"D1","channel_type":"im","user":"U1","text":"x","ts":"1700000002.000000","thread_ts":"1700000001.000000"}"#
            ))
        expectEqual(threaded.thread.value, "D1/1700000001.000000")
    }

    @Test(
        "messages of the bot or other programs and housekeeping are skipped",
        arguments: [
            #"{"type":"message","channel":"C1","user":"UBOT","bot_id":"B1","text":"x","ts":"1.1"}"#,
            #"{"type":"message","channel":"C1","user":"U9","bot_id":"B9","text":"<@UBOT> x","ts":"1.1"}"#,
            #"{"type":"message","subtype":"bot_message","channel":"C1","text":"x","ts":"1.1"}"#,
            #"{"type":"message","subtype":"channel_join","channel":"C1","user":"U1","text":"joined","ts":"1.1"}"#,
            #"{"type":"message","subtype":"message_replied","channel":"C1","ts":"1.1"}"#,
            #"{"type":"message","channel":"C1","user":"USLACKBOT","text":"x","ts":"1.1"}"#,
            #"{"type":"message","channel":"C1","user":"U1","text":"x","ts":"not a time"}"#,
            #"{"type":"message","channel":"../x","user":"U1","text":"x","ts":"1.1"}"#,
            #"{"type":"message","channel":"C1","user":"U1","text":"","ts":"1.1"}"#,
            #"{"type":"reaction_added","user":"U1","reaction":"+1","item":{"type":"message","channel":"C1","ts":"1.1"},"item_user":"U2"}"#,
            #"{"type":"reaction_added","user":"UBOT","reaction":"eyes","item":{"type":"message","channel":"C1","ts":"1.1"},"item_user":"UBOT"}"#,
            #"{"type":"member_joined_channel","user":"U1","channel":"C1"}"#,
            #"{"type":"tokens_revoked","tokens":{"bot":["U9"]}}"#,
            #"{"type":"something_new"}"#, "{}", "null", "[]",
        ])
    func nothing(event: String) throws {
        #expect(try Self.items(event).isEmpty)
    }

    @Test("files come with their message")
    func files() throws {
        let (message, _) = try #require(
            try Self.message(
                #"{"type":"message","subtype":"file_share","channel":"C1","channel_type":"channel","user":"U1","text":"","ts":"1.1","files":[{"id":"F1","name":"a.png","mimetype":"image/png","size":9},{"id":"F2","mode":"tombstone"},{"name":"x"}]}"#
            ))
        expectEqual(message.attachments, [Attachment(id: "F1", name: "a.png", mediaType: "image/png", size: 9)])
    }

    @Test("a clip is a voice note")
    func clips() throws {
        let (message, _) = try #require(
            try Self.message(
                #"{"type":"message","subtype":"file_share","channel":"D1","channel_type":"im","user":"U1","text":"","ts":"1.1","files":[{"id":"F1","name":"audio_message.webm","mimetype":"audio/webm","subtype":"slack_audio"},{"id":"F2","name":"clip.mp4","mimetype":"video/mp4","subtype":"slack_audio"},{"id":"F3","name":"a.mp4","mimetype":"video/mp4","subtype":"slack_video"}]}"#
            ))
        expectEqual(message.attachments.map(\.isVoice), [true, true, false])
    }

    @Test("only a person's change of the text is an edit")
    func edits() throws {
        func change(_ message: String, _ previous: String) -> String {
            #"{"type":"message","subtype":"message_changed","channel":"C1","message":\#(message),"previous_message":\#(previous),"ts":"9.9"}"#
        }
        let old = #"{"user":"U1","text":"old","ts":"1.1"}"#
        let items = try Self.items(
            change(#"{"user":"U1","text":"<@UBOT> status","ts":"1.1","edited":{"user":"U1","ts":"2.2"}}"#, old))
        let (kind, id) = try #require(items.first?.other)
        let edit = try #require(kind.edit)
        expectEqual(edit.text, "/status")
        expectEqual(edit.reference.id, "1.1")
        expectEqual(edit.sender.id, "slack:T1/U1")
        expectEqual(id, "edited:C1/1.1/2.2")
        for nothing in [
            change(#"{"user":"U1","text":"old","ts":"1.1","edited":{"user":"U1","ts":"2.2"}}"#, old),
            change(#"{"user":"U1","text":"new","ts":"1.1"}"#, old),
            change(#"{"user":"UBOT","bot_id":"B1","text":"new","ts":"1.1","edited":{"user":"UBOT","ts":"2.2"}}"#, old),
        ] { #expect(try Self.items(nothing).isEmpty) }
    }

    @Test("a deletion is recognised, also when it leaves a tombstone")
    func deletions() throws {
        for event in [
            #"{"type":"message","subtype":"message_deleted","channel":"C1","deleted_ts":"1.1","previous_message":{"user":"U1"}}"#,
            #"{"type":"message","subtype":"message_changed","channel":"C1","message":{"subtype":"tombstone","ts":"1.1","user":"USLACKBOT"},"previous_message":{"user":"U1"}}"#,
        ] {
            let (kind, id) = try #require(try Self.items(event).first?.other)
            let reference = try #require(kind.deleted)
            #expect(reference.id == "1.1" && reference.room.name == "C1")
            expectEqual(id, "deleted:C1/1.1")
        }
        #expect(
            try Self.items(
                #"{"type":"message","subtype":"message_deleted","channel":"C1","deleted_ts":"1.1","previous_message":{"user":"UBOT","bot_id":"B1"}}"#
            ).isEmpty)
    }

    @Test("reactions to the bot's messages and presses of its buttons are choices")
    func choices() throws {
        let reaction = try #require(
            try Self.items(
                #"{"type":"reaction_added","user":"U1","reaction":"+1::skin-tone-2","item":{"type":"message","channel":"C1","ts":"1.1"},"item_user":"UBOT","event_ts":"5.000000"}"#
            ).first?.other?.kind.choice)
        expectEqual(reaction.kind, .reaction("👍"))
        expectEqual(reaction.target.id, "1.1")
        let payload = try JSON.parse(
            #"{"type":"block_actions","user":{"id":"U1","username":"ann","team_id":"T2"},"container":{"channel_id":"C1","message_ts":"1.1"},"actions":[{"action_id":"jetbridge:0","value":"approve 17","action_ts":"6.000000"},{"action_id":"other","value":"x"}]}"#
        )
        let items = Self.reader.items(ofInteraction: payload)
        expectEqual(items.count, 1)
        let (kind, id) = try #require(items.first?.other)
        let press = try #require(kind.choice)
        expectEqual(press.kind, .button("approve 17"))
        #expect(press.sender.id == "slack:T2/U1" && press.sender.displayName == "ann")
        let known = Self.reader.items(ofInteraction: payload, names: ["U1": "Ann Example"])
        expectEqual(known.first?.other?.kind.choice?.sender.displayName, "Ann Example")
        expectEqual(id, "pressed:C1/1.1/U1/6.000000")
        #expect(Self.reader.items(ofInteraction: ["type": "view_submission"]).isEmpty)
    }

    @Test("in shared channels, the author's own workspace identifies the author")
    func strangers() throws {
        let (message, _) = try #require(
            try Self.message(
                #"{"type":"message","channel":"C1","channel_type":"channel","user":"U5","user_team":"T9","text":"<@UBOT> x","ts":"1.1"}"#
            ))
        expectEqual(message.sender.id, "slack:T9/U5")
    }

    @Test("the stop button equals a typed stop and ends the streams")
    func stop() throws {
        let items = try Self.items(
            #"{"type":"agent_session_stopped","channel":"C1","thread_ts":"1.1","user":"U1","streaming_message_ts":["2.2"],"event_ts":"3.3"}"#
        )
        expectEqual(items.first, .streamsStopped(channel: "C1", timestamps: ["2.2"]))
        let (message, _) = try #require(items.last?.message)
        expectEqual(message.text, "/stop")
        expectEqual(message.thread.value, "C1/1.1")
        #expect(message.isAddressed)
    }

    @Test("renamed channels, membership, assistant threads and revocations are recognised")
    func others() throws {
        let (old, new) = try #require(
            try Self.items(#"{"type":"channel_id_changed","old_channel_id":"C1","new_channel_id":"C2"}"#)
                .first?.other?.kind.renamed)
        #expect(old.name == "C1" && new.name == "C2")
        try expectEqual(
            Self.items(#"{"type":"member_joined_channel","user":"UBOT","channel":"C1"}"#),
            [
                .joined(channel: "C1")
            ])
        for event in [
            #"{"type":"channel_unarchive","channel":"C1","user":"U1"}"#,
            #"{"type":"message","subtype":"group_unarchive","channel":"C1","user":"U1","ts":"1.1"}"#,
        ] {
            guard case .roomReturned(let room)? = try Self.items(event).first?.other?.kind else {
                Issue.record("not read: \(event)")
                continue
            }
            expectEqual(room.name, "C1")
        }
        try expectEqual(
            Self.items(
                #"{"type":"assistant_thread_started","assistant_thread":{"user_id":"U1","channel_id":"D1","thread_ts":"1.1"}}"#
            ), [.assistantOpened(channel: "D1", thread: "1.1")])
        let revocation = try #require(
            try Self.items(#"{"type":"tokens_revoked","tokens":{"bot":["UBOT"]}}"#).first)
        expectEqual(revocation, .revoked("the bot token was revoked; reinstall the app and set the new token"))
        try expectEqual(Self.items(#"{"type":"app_uninstalled"}"#).count, 1)
        let elsewhere = try JSON.parse(
            #"{"type":"event_callback","team_id":"T2","event_id":"Ev1","event":{"type":"app_uninstalled"}}"#)
        #expect(Self.reader.items(ofEvents: elsewhere).isEmpty)
    }

    @Test("slash commands are read; one without ids is skipped")
    func slash() throws {
        let payload: JSON = [
            "channel_id": "C1", "user_id": "U1", "team_id": "T1", "user_name": "ann", "text": "specify a &lt;b&gt;",
            "trigger_id": "1.2.abc", "channel_name": "general",
        ]
        let slash = try #require(Self.reader.slash(payload))
        expectEqual(slash.text, "/specify a <b>")
        expectEqual(slash.sender.id, "slack:T1/U1")
        expectEqual(slash.echo, "ann: /specify a <b>")
        #expect(!slash.isDirect)
        expectEqual(Self.reader.slash(["text": "x"]), nil)
        let asked: JSON = [
            "channel_id": "C1", "user_id": "U1", "user_name": "ann", "text": "what is a &lt;b&gt;?",
            "trigger_id": "1.3.abc",
        ]
        let question = try #require(Self.reader.slash(asked))
        expectEqual(question.text, "what is a <b>?")
        expectEqual(question.echo, "ann: what is a <b>?")
    }

    @Test("numbers at their ends in any event harm nothing")
    func extremes() throws {
        let message =
            #"{"type":"message","channel":"C1","channel_type":"im","user":"U1","text":"hi","ts":"1700000002.000000","thread_ts":"1700000001.000000","files":[{"id":"F1","name":"a.png","size":12,"mimetype":"image/png","url_private_download":"https://files.slack.com/a"}]}"#
        let events = [
            message,
            #"{"type":"message","subtype":"message_changed","channel":"C1","ts":"1700000004.000000","message":{"user":"U1","text":"b","ts":"1700000002.000000","edited":{"user":"U1","ts":"1700000003.000000"}},"previous_message":{"user":"U1","text":"a","ts":"1700000002.000000"}}"#,
            #"{"type":"message","subtype":"message_deleted","channel":"C1","deleted_ts":"1700000002.000000","ts":"1700000003.000000"}"#,
            #"{"type":"reaction_added","user":"U1","reaction":"+1","item_user":"UBOT","item":{"type":"message","channel":"C1","ts":"1700000002.000000"},"event_ts":"1700000003.000000"}"#,
            #"{"type":"assistant_thread_started","assistant_thread":{"user_id":"U1","channel_id":"D1","thread_ts":"1700000001.000000"}}"#,
            #"{"type":"agent_session_stopped","channel":"D1","user":"U1","thread_ts":"1700000001.000000","event_ts":"1700000003.000000"}"#,
        ]
        for event in events {
            let payload = try JSON.parse(
                #"{"type":"event_callback","team_id":"T1","event_id":"Ev1","event_time":1700000000,"event":\#(event)}"#)
            #expect(!Self.reader.items(ofEvents: payload).isEmpty)
            for variant in ExtremeNumbers.variants(of: payload) {
                for case .message(let message, _) in Self.reader.items(ofEvents: variant) {
                    #expect(message.sentAt >= 0 && message.sentAt <= 253_402_300_799_999, "\(variant.text)")
                }
            }
        }
    }
}
