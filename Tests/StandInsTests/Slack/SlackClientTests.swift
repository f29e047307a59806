import EventLoop
import HTTP
import JSON
import Processes
import TestSupport
import Testing

/// The Slack stand-in, tested with Slack's official clients.
@Suite("The Slack stand-in and Slack's official clients", .serialized, .timeLimit(.minutes(2)))
@Net
struct SlackClientTests {
    /// Runs one of the scripts in `clients/`; it prints `ok` at its end.
    private func script(
        _ name: String, _ slack: LoopbackSlack, _ more: JSONObject = JSONObject(), _ arguments: [String] = []
    ) async throws {
        var place: JSONObject = [
            "api_url": .string(slack.apiURL), "bot_token": .string(slack.botToken),
            "app_token": .string(slack.appToken), "bot_user": .string(slack.botUser), "bot_id": .string(slack.botID),
            "team_id": .string(slack.teamID), "channel": .string(LoopbackSlack.general),
            "alice": .string(LoopbackSlack.alice), "bob": .string(LoopbackSlack.bob),
            "signing_secret": .string(slack.settings.signingSecret),
        ]
        place.merge(more)
        let result = try await PythonClients.chats.run(
            script: "Tests/StandInsTests/Slack/clients/" + name, [JSON(place).text] + arguments)
        expectEqual(result.status, .exited(0), "\(result.text)\(result.errorText)")
        #expect(result.text.contains("ok"))
    }

    private func started(_ change: (inout LoopbackSlack.Settings) -> Void = { _ in }) async throws -> LoopbackSlack {
        var settings = LoopbackSlack.Settings()
        settings.rateLimits = .off
        change(&settings)
        return try await LoopbackSlack.started(settings)
    }

    @Test("slack_sdk posts, edits, deletes and reads, with Slack's errors")
    func messages() async throws {
        let slack = try await self.started()
        let question = slack.say("A question")
        try await self.script("slack_messages.py", slack, ["question": .string(question)])
        #expect(slack.pings.isEmpty)
        await slack.stop()
    }

    @Test("slack_sdk reacts, lists, uploads in three steps and downloads")
    func rooms() async throws {
        let slack = try await self.started()
        let question = slack.say("A question")
        let old = slack.addChannel("old")
        slack.archive(old)
        let picture = slack.upload(
            LoopbackSlack.Upload("a.png", Array("\u{89}PNG".unicodeScalars.map { UInt8($0.value) }) + [13, 10]))
        let file = try #require(slack.message(picture)?.files.first)
        try await self.script(
            "slack_rooms.py", slack,
            [
                "question": .string(question), "old": .string(old), "file": .string(file),
                "outside": .string(slack.addChannel("outside", withBot: false)),
                "secret": .string(slack.addChannel("secret", isPrivate: true, withBot: false)),
            ])
        await slack.stop()
    }

    @Test("slack_sdk reads what was said in a channel and a thread, and the names of channels and groups")
    func past() async throws {
        let slack = try await self.started()
        let one = slack.say("one")
        let two = slack.say("two")
        slack.edit(two, to: "two, corrected")
        slack.delete(slack.say("regretted"))
        let root = slack.say("root", as: LoopbackSlack.bob)
        for number in 0..<5 { slack.say("reply \(number)", thread: root) }
        slack.delete(slack.say("reply 5", thread: root))
        slack.say("after the thread")
        let last = slack.say("last")
        slack.share(one, saying: "see")
        let place: JSONObject = [
            "root": .string(root), "last": .string(last), "group": .string(slack.addGroup("devs")),
            "secret": .string(slack.addChannel("secret", isPrivate: true, withBot: false)),
        ]
        try await self.script("slack_past.py", slack, place)
        slack.setScopes(["chat:write"])
        try await self.script("slack_past.py", slack, place, ["without scopes"])
        await slack.stop()
    }

    @Test("slack_sdk streams an answer and sets a thread's status")
    func streams() async throws {
        let slack = try await self.started()
        let question = slack.say("A question")
        try await self.script("slack_streams.py", slack, ["question": .string(question)])
        let first = try #require(slack.shown(thread: question).first)
        #expect(first.source == .markdown && first.content == "whole" && !first.isStreaming)
        #expect(first.buttons.isEmpty && first.updates >= 2)
        expectEqual(slack.title(in: LoopbackSlack.general, thread: question), "A title")
        expectEqual(slack.prompts(in: LoopbackSlack.general, thread: question).count, 1)
        expectEqual(slack.status(thread: question), "is thinking…")
        await slack.stop()
    }

    @Test("slack_sdk's SocketModeClient gets each event once and acknowledges it")
    func socketMode() async throws {
        let slack = try await self.started()
        async let client: Void = self.script("slack_socket.py", slack)
        try await slack.wait("a connection") { $0.connectionCount == 1 }
        let first = slack.say("\(slack.mention) one"), second = slack.say("two & <b>")
        try await slack.wait("two answers") {
            !$0.shown(thread: first).isEmpty && !$0.shown(thread: second).isEmpty
        }
        expectEqual(slack.shown(thread: second).first?.content, "echo: two &amp; &lt;b&gt;")
        slack.say("quit")
        try await client
        #expect(slack.mistakes.isEmpty)
        expectEqual(slack.pings.map(\.mention), [slack.mention])
        await slack.stop()
    }

    @Test("slack_sdk's SocketModeClient reconnects after every kind of end and loses nothing")
    func reconnects() async throws {
        let slack = try await self.started {
            $0.retrySeconds = [0, 0.3, 0.6, 1, 2, 4]
            $0.acknowledgeSeconds = 0.5
        }
        async let client: Void = self.script("slack_socket.py", slack)
        func heard(_ text: String) async throws {
            let ts = slack.say(text)
            try await slack.wait("an answer to \(text)") { !$0.shown(thread: ts).isEmpty }
        }
        try await slack.wait("a connection") { $0.connectionCount == 1 }
        try await heard("\(slack.mention) at first")
        for number in 0..<3 {
            let opened = slack.count("apps.connections.open")
            switch number {
            case 0: slack.cutSockets()
            case 1: slack.refreshSockets()
            default: slack.freezeSockets()
            }
            try await slack.wait("a new connection") { $0.count("apps.connections.open") > opened }
            try await heard("after \(number)")
        }
        slack.say("quit")
        try await client
        await slack.stop()
    }

    @Test("slack_sdk opens forms by Slack's rules, and gets what people submit")
    func forms() async throws {
        let slack = try await self.started()
        async let client: Void = self.script("slack_forms.py", slack)
        try await slack.wait("the buttons") { $0.shown().first?.buttons.count == 5 && $0.connectionCount == 1 }
        let message = slack.shown()[0].ts
        func press(_ button: String) async throws {
            let press = try #require(slack.press(button, of: message))
            try await slack.wait("the acknowledgement") { $0.outcome(press)?.isAcknowledged == true }
        }
        func appears(_ text: String) async throws {
            try await slack.wait(text) { $0.shown().contains { $0.text == text } }
        }
        try await press("Wrong")
        try await appears("wrong forms are refused")
        #expect(slack.views.isEmpty)
        try await press("Late")
        slack.advance(by: 3.1)
        slack.say("now")
        try await appears("late: expired_trigger_id")
        #expect(slack.views.isEmpty)

        try await press("Twice")
        try await appears("twice: exchanged_trigger_id")
        let form = try #require(slack.views.keys.first)
        func values(_ text: JSON) -> JSON { ["reason": ["text": ["type": "plain_text_input", "value": text]]] }
        // Slack's client sends neither an empty required field nor one that is too long.
        expectEqual(slack.submit(view: form, values(.null)), nil)
        expectEqual(slack.submit(view: form, values(.string(String(repeating: "x", count: 101)))), nil)
        let refused = try #require(slack.submit(view: form, values("bad")))
        try await slack.wait("the errors") { $0.outcome(refused)?.answers.first?["response_action"] == "errors" }
        expectEqual(slack.views.count, 1)
        let accepted = try #require(slack.submit(view: form, values("good")))
        try await appears("submitted: good, metadata 17")
        try await slack.wait("the acknowledgement") { $0.outcome(accepted)?.isAcknowledged == true }
        try await slack.wait("the end of the form") { $0.views.isEmpty }
        expectEqual(slack.submit(view: form, values("again")), nil)

        try await press("Silent")
        try await slack.wait("a form") { $0.views.count == 1 }
        let last = try #require(slack.views.keys.first)
        let silent = try #require(slack.submit(view: last, values("hello")))
        try await appears("heard: hello")
        slack.advance(by: 3.1)
        #expect(slack.outcome(silent)?.hasFailed == true && slack.views.count == 1)
        slack.say("quit")
        try await client
        await slack.stop()
    }

    @Test("slack_bolt answers mentions, buttons, commands, forms and files", arguments: ["socket", "http"])
    func bolt(_ kind: String) async throws {
        let slack = try await self.started()
        let port = try FreePorts.take()
        async let app: Void = self.script("bolt_app.py", slack, [:], [kind, "\(port)"])
        if kind == "http" {
            try await slack.wait("its start") { !$0.shown().isEmpty }
            slack.deliverOverHTTP(to: try HTTPURL("http://127.0.0.1:\(port)/slack/events"))
            #expect(try await slack.verifyURL())
        } else {
            try await slack.wait("a connection") { $0.connectionCount == 1 }
        }
        func appears(_ text: String, in channel: String = LoopbackSlack.general) async throws {
            try await slack.wait(text) { $0.shown(in: channel).contains { $0.text == text } }
        }

        let question = slack.say("\(slack.mention) please")
        try await slack.wait("the buttons") { $0.shown(thread: question).first?.buttons.count == 2 }
        let asked = slack.shown(thread: question)[0]
        #expect(asked.buttons[0].value == "17" && asked.source == .blocks)

        let form = try #require(slack.press("Form", of: asked.ts))
        try await slack.wait("a form") { $0.views.count == 1 && $0.outcome(form)?.isAcknowledged == true }
        let view = try #require(slack.views.keys.first)
        slack.submit(view: view, ["why": ["text": ["type": "plain_text_input", "value": "so"]]])
        try await appears("why: so")

        slack.press("approve", of: asked.ts, as: LoopbackSlack.bob)
        try await slack.wait("the decision") {
            $0.message(asked.ts)?.text == "approved by <@\(LoopbackSlack.bob)>"
        }
        let command = try #require(slack.slash("/bot", "help"))
        expectEqual(slack.slash("/other"), nil)
        try await appears("later")
        try await slack.wait("the acknowledgement") { $0.outcome(command)?.isAcknowledged == true }
        expectEqual(slack.ephemerals().map(\.text), ["got help"])

        let direct = slack.directChannel()
        slack.say("hello", in: direct)
        try await appears("direct: hello", in: direct)
        slack.edit(question, to: "\(slack.mention) thanks")
        try await appears("now: \(slack.mention) thanks")
        slack.react("thumbsup", to: question)
        try await appears("reacted: thumbsup")
        slack.upload(LoopbackSlack.Upload("a.txt", Array("12345".utf8)), text: "a file")
        try await appears("5 bytes")
        slack.say("quit")
        try await app
        #expect(slack.mistakes.isEmpty)
        await slack.stop()
    }
}
