import EventLoop
import HTTP
import JSON
import TestSupport
import Testing

/// The platform's rules and injected faults.
@Suite("The Slack stand-in enforces the rules", .serialized, .timeLimit(.minutes(3)))
@Net
struct SlackRuleTests {
    private static let here: JSON = .string(LoopbackSlack.general)

    @Test("a missing scope is reported with the needed and the granted scopes")
    func scopes() async throws {
        let app = try await SlackApp()
        app.slack.setScopes(["chat:write", "channels:read"])
        let (status, headers, body) = try await app.response("reactions.add", ["channel": Self.here])
        #expect(status == 200 && body["error"] == "missing_scope")
        #expect(body["needed"] == "reactions:write" && body["provided"] == "channels:read,chat:write")
        expectEqual(headers["x-oauth-scopes"], "channels:read,chat:write")
        try await expectEqual(app.refusal("conversations.open", ["users": "U0ALICE01"]), "missing_scope")
        try await app.post("still allowed")
        await app.stop()
    }

    @Test("a revoked bot token and a refused app token")
    func tokens() async throws {
        let app = try await SlackApp()
        let connection = try await app.connect()
        app.slack.revokeToken()
        try await expectEqual(connection.event()["type"], "tokens_revoked")
        try await expectEqual(app.refusal("auth.test"), "token_revoked")
        app.slack.refuseAppToken()
        try await expectEqual(app.refusal("apps.connections.open", token: app.slack.appToken), "invalid_auth")
        app.slack.refuseAppToken(false)
        try await expectEqual(app.refusal("apps.connections.open", token: app.slack.appToken), "ok")
        try await expectEqual(app.refusal("apps.connections.open"), "not_allowed_token_type")
        await app.stop()
    }

    @Test("a channel accepts a few posts at once, then one per second; other channels are unaffected")
    func postLimit() async throws {
        let app = try await SlackApp { $0.rateLimits = .real }
        let other = app.slack.addChannel("other")
        for _ in 0..<4 { try await app.post("quick") }
        let (status, headers, body) = try await app.response(
            "chat.postMessage", ["channel": Self.here, "text": "too quick"])
        #expect(status == 429 && headers["retry-after"] == "1" && body["error"] == "ratelimited")
        try await app.call("chat.postMessage", ["channel": .string(other), "text": "x"])
        app.slack.advance(by: 1)
        try await app.post("in time")
        #expect(app.slack.refusals["ratelimited"] == 1 && app.slack.count("chat.postMessage") == 7)
        await app.stop()
    }

    @Test("fifty edits per minute in the whole workspace; a scaled limit allows more")
    func editLimit() async throws {
        let app = try await SlackApp { $0.rateLimits = .real }
        let ts = try await app.post("text")
        let edit: JSON = ["channel": Self.here, "ts": .string(ts), "text": "new"]
        for _ in 0..<50 { try await app.call("chat.update", edit) }
        let (status, headers, _) = try await app.response("chat.update", edit)
        let wait = Double(headers["retry-after"] ?? "") ?? 0
        #expect(status == 429 && wait > 50 && wait <= 60)
        app.slack.advance(by: wait - 10)
        try await expectEqual(app.response("chat.update", edit).status, 429)
        app.slack.advance(by: 11)
        try await app.call("chat.update", edit)
        app.slack.setRateLimits(.scaled(100))
        for _ in 0..<50 { try await app.call("chat.update", edit) }
        app.slack.advance(by: 0.7)
        try await app.call("chat.update", edit)
        await app.stop()
    }

    @Test("a stream ends after five minutes; an update completes its message")
    func streamsDie() async throws {
        let app = try await SlackApp()
        let question = app.slack.say("question")
        let start: JSON = [
            "channel": Self.here, "thread_ts": .string(question), "recipient_user_id": "U0ALICE01",
            "recipient_team_id": "T0LOOPBACK", "markdown_text": "begun",
        ]
        let ts = try await app.call("chat.startStream", start)["ts"] ?? .null
        let more: JSON = ["channel": Self.here, "ts": ts, "markdown_text": " more"]
        app.slack.advance(by: 299)
        try await app.call("chat.appendStream", more)
        app.slack.advance(by: 2)
        for method in ["chat.appendStream", "chat.stopStream"] {
            try await expectEqual(app.refusal(method, more), "message_not_in_streaming_state")
        }
        let dead = try #require(app.slack.shown(thread: question).first)
        #expect(dead.isUnfinished && !dead.isStreaming && dead.content == "begun more")
        try await app.call("chat.update", ["channel": Self.here, "ts": ts, "markdown_text": "whole"])
        let whole = try #require(app.slack.shown(thread: question).first)
        #expect(!whole.isUnfinished && whole.content == "whole")
        await app.stop()
    }

    @Test(
        "mentions are found wherever they are",
        arguments: [
            (["text": "<!channel> <@U0ALICE01|alice> <!subteam^S1> <https://a.example> <@not>"], 3),
            (["text": "```<!here>```"], 1), (["text": "\u{200B}<\u{200B}!channel>"], 0),
            (["text": "@channel @alice", "link_names": true], 2), (["text": "@channel @alice"], 0),
            (["markdown_text": "**<!everyone>**"], 1),
            (["blocks": [["type": "markdown", "text": "<@U0BOB0001>"]]], 1),
            (["blocks": [["type": "section", "text": ["type": "mrkdwn", "text": "<!here|here>"]]]], 1),
            (["blocks": [["type": "section", "text": ["type": "plain_text", "text": "<!here>"]]]], 0),
            (["blocks": [["type": "header", "text": ["type": "plain_text", "text": "<!here>"]]]], 0),
            (
                [
                    "blocks": [
                        [
                            "type": "rich_text",
                            "elements": [
                                [
                                    "type": "rich_text_section",
                                    "elements": [
                                        ["type": "text", "text": "<!here>"], ["type": "broadcast", "range": "here"],
                                    ],
                                ]
                            ],
                        ]
                    ]
                ], 1
            ),
            (["attachments": [["text": "<!channel>", "title": "<x>"]]], 1),
        ] as [(JSON, Int)])
    func pings(_ message: JSON, _ count: Int) async throws {
        let app = try await SlackApp()
        var message = message.objectValue ?? [:]
        message["channel"] = Self.here
        try await app.call("chat.postMessage", .object(message))
        expectEqual(app.slack.pings.count, count, "\(app.slack.pings)")
        await app.stop()
    }

    @Test("a mention split between two pieces of a stream is found once")
    func streamedPing() async throws {
        let app = try await SlackApp()
        let direct = app.slack.directChannel()
        let root = app.slack.say("question", in: direct)
        let ts = try await app.call("chat.startStream", ["channel": .string(direct), "thread_ts": .string(root)])["ts"]
        for piece in ["<!chan", "nel> and", " more"] {
            try await app.call(
                "chat.appendStream", ["channel": .string(direct), "ts": ts ?? .null, "markdown_text": .string(piece)])
        }
        expectEqual(app.slack.pings.map(\.mention), ["<!channel>"])
        await app.stop()
    }

    @Test("a command that is not acknowledged in time fails; response URLs and triggers expire")
    func interactions() async throws {
        let app = try await SlackApp()
        let connection = try await app.connect()
        let lost = try #require(app.slack.slash("/bot", "help"))
        let frame = try await connection.frame()
        #expect(frame["type"] == "slash_commands" && frame["accepts_response_payload"] == true)
        #expect(frame["payload"]?["thread_ts"] == nil && frame["retry_attempt"] == nil)
        let trigger = frame["payload"]?["trigger_id"] ?? .null
        app.slack.advance(by: 3.1)
        expectEqual(app.slack.outcome(lost)?.hasFailed, true)
        let view: JSON = [
            "trigger_id": trigger,
            "view": ["type": "modal", "title": ["type": "plain_text", "text": "x"], "blocks": []],
        ]
        try await expectEqual(app.refusal("views.open", view), "expired_trigger_id")
        let url = try #require(frame["payload"]?["response_url"]?.stringValue)
        for number in 0..<5 {
            try await expectEqual(app.send(["text": .string("\(number)")], to: url).text, "ok")
        }
        let refused = try await app.send(["text": "six"], to: url)
        #expect(refused.status == 404 && refused.text == "used_url")
        expectEqual(app.slack.ephemerals().count, 5)

        let good = try #require(app.slack.slash("/bot", "again"))
        let next = try await connection.frame()
        try await connection.acknowledge(next, payload: ["text": "at once"])
        try await app.slack.wait("the answer") { $0.ephemerals().last?.text == "at once" }
        expectEqual(app.slack.outcome(good)?.isAcknowledged, true)
        app.slack.advance(by: 1_801)
        let late = try await app.send(
            ["text": "late"], to: try #require(next["payload"]?["response_url"]?.stringValue))
        expectEqual(late.text, "expired_url")
        app.slack.say("hello")
        try await connection.acknowledge(try await connection.frame(), payload: ["text": "not here"])
        try await app.slack.wait("the mistake") { $0.mistakes.count == 1 }
        await app.stop()
    }

    @Test("injected faults make calls fail before or after they take effect")
    func faults() async throws {
        let app = try await SlackApp()
        let slack = app.slack
        slack.inject(.status(429, retryAfter: 7), at: "chat.postMessage")
        slack.inject(.status(500), at: "chat.postMessage")
        slack.inject(.webPage, at: "chat.postMessage")
        slack.inject(.error("edit_window_closed"), at: "chat.postMessage")
        slack.inject(.cut, at: "chat.postMessage")
        slack.inject(.loseAnswer, at: "chat.postMessage")
        slack.inject(.hang, at: "chat.postMessage")
        slack.inject(.delay(0.05), at: "chat.postMessage")
        func post(_ text: String) async throws -> (Int, String?, JSON) {
            let answer = try await app.response(
                "chat.postMessage", ["channel": Self.here, "text": .string(text)], totalTimeout: .seconds(1))
            return (answer.status, answer.headers["retry-after"], answer.body)
        }
        let limited = try await post("1")
        #expect(limited.0 == 429 && limited.1 == "7")
        try await expectEqual(post("2").0, 500)
        try await expectEqual(post("3").0, 502)
        try await expectEqual(post("4").2["error"], "edit_window_closed")
        for text in ["5", "6", "7"] { await #expect(throws: (any Error).self) { try await post(text) } }
        try await expectEqual(post("8").2["ok"], true)
        expectEqual(slack.shown().map(\.text), ["6", "8"])
        expectEqual(slack.count("chat.postMessage"), 8)
        slack.inject(.error("fatal_error"), at: "*")
        try await expectEqual(app.refusal("auth.test"), "fatal_error")
        slack.inject(.hang, at: "*", times: 5)
        slack.clearFaults()
        try await app.call("auth.test")
        await app.stop()
    }

    @Test("a status is shown until a message comes, or for two minutes")
    func status() async throws {
        let app = try await SlackApp()
        let question = app.slack.say("question")
        let status: JSON = ["channel_id": Self.here, "thread_ts": .string(question), "status": "is thinking…"]
        try await app.call("assistant.threads.setStatus", status)
        expectEqual(app.slack.status(thread: question), "is thinking…")
        try await app.post("answer", thread: question)
        expectEqual(app.slack.status(thread: question), nil)
        try await app.call("assistant.threads.setStatus", status)
        app.slack.advance(by: 121)
        expectEqual(app.slack.status(thread: question), nil)
        await app.stop()
    }

    @Test("a long run keeps only the last messages")
    func forgetting() async throws {
        let app = try await SlackApp { settings in
            settings.keptMessages = 100
            settings.tellsThreadUpdates = false
        }
        let root = app.slack.say("first")
        for number in 0..<500 { app.slack.say("\(number)", thread: number % 2 == 0 ? nil : root) }
        #expect(app.slack.history().count <= 110)
        expectEqual(app.slack.history().last?.text, "499")
        #expect(app.slack.message(root) == nil)
        let upload = app.slack.upload(LoopbackSlack.Upload("a", [1, 2, 3]))
        expectEqual(app.slack.file(app.slack.message(upload)?.files.first ?? "")?.bytes, [1, 2, 3])
        #expect(app.slack.history(after: upload).isEmpty)
        app.slack.forget()
        #expect(app.slack.history().isEmpty)
        await app.stop()
    }
}
