import EventLoop
import HTTP
import HTTPServer
import JSON
import Primitives
import TestSupport
import Testing
import WebSockets

/// How events reach an app, and when they are repeated.
@Suite("The Slack stand-in delivers", .serialized, .timeLimit(.minutes(3)))
@Net
struct SlackDeliveryTests {
    @Test("an unacknowledged event is sent again at once, after a minute, after five minutes, then never")
    func retries() async throws {
        let app = try await SlackApp { $0.acknowledgeSeconds = 1_000 }
        let connection = try await app.connect()
        app.slack.say("hello")
        var envelopes: Set<String> = [], events: Set<String> = []
        for attempt in 0...3 {
            let frame = try await connection.frame()
            expectEqual(frame["retry_attempt"]?.intValue, attempt)
            expectEqual(frame["retry_reason"]?.stringValue, attempt == 0 ? "" : "timeout")
            envelopes.insert(frame["envelope_id"]?.stringValue ?? "")
            events.insert(frame["payload"]?["event_id"]?.stringValue ?? "")
            expectEqual(app.slack.outstanding, 1)
            app.slack.advance(by: 1_001)
            // At once, after a minute, after five.
            if attempt > 0 { app.slack.advance(by: attempt == 1 ? 59 : 299) }
            if attempt == 1 || attempt == 2 {
                expectEqual(app.slack.outstanding, 1)
                app.slack.advance(by: 2)
            }
        }
        #expect(envelopes.count == 4 && events.count == 1)
        #expect(app.slack.outstanding == 0 && app.slack.deliveries.lost == 1)
        await app.stop()
    }

    @Test("an event without a connection comes later as a retry")
    func withoutConnection() async throws {
        let app = try await SlackApp()
        app.slack.say("hello")
        expectEqual(app.slack.outstanding, 1)
        let connection = try await app.connect()
        app.slack.advance(by: 61)
        let frame = try await connection.frame()
        #expect(frame["retry_attempt"] == 2 && frame["retry_reason"] == "no_open_connection")
        try await connection.acknowledge(frame)
        try await app.slack.wait("the acknowledgement") { $0.outstanding == 0 }
        await app.stop()
    }

    @Test("each event goes to one connection; an acknowledgement on another one is ignored")
    func connections() async throws {
        let app = try await SlackApp()
        let first = try await app.connect(), second = try await app.connect()
        for number in 0..<10 { app.slack.say("\(number)") }
        var texts: [String] = []
        for connection in [first, second] {
            for _ in 0..<5 { texts.append(try await connection.event()["text"]?.stringValue ?? "") }
        }
        expectEqual(texts.sorted(), (0..<10).map { "\($0)" })
        #expect(app.slack.mistakes.isEmpty)
        app.slack.say("more")
        app.slack.say("and more")
        let frame = try await first.frame()
        try await second.acknowledge(frame)
        try await app.slack.wait("the mistake") { $0.mistakes.count == 1 }
        try await first.acknowledge(frame)
        try await first.acknowledge(frame)
        try await app.slack.wait("the second mistake") { $0.mistakes.count == 2 }
        await app.stop()
    }

    @Test("an event on a broken connection comes again on another one")
    func brokenConnection() async throws {
        let app = try await SlackApp()
        let first = try await app.connect()
        app.slack.say("hello")
        let frame = try await first.frame()
        let second = try await app.connect()
        app.slack.cutSockets()
        await #expect(throws: WebSocketError.self) { try await second.frame() }
        let third = try await app.connect()
        app.slack.advance(by: 60)
        let again = try await third.frame()
        expectEqual(again["payload"]?["event_id"], frame["payload"]?["event_id"])
        await app.stop()
    }

    @Test("an address is valid for one connection and a short time")
    func tickets() async throws {
        let app = try await SlackApp()
        let url = try await app.ticket()
        let socket = try await app.open(url)
        await #expect(throws: WebSocketError.self) { try await app.open(url) }
        await socket.close()
        let late = try await app.ticket()
        app.slack.advance(by: 31)
        await #expect(throws: WebSocketError.self) { try await app.open(late) }
        await app.stop()
    }

    @Test("long messages arrive complete in both directions")
    func longFrames() async throws {
        let app = try await SlackApp()
        let connection = try await app.connect()
        for count in [100, 200, 100_000] {
            app.slack.say(String(repeating: "é", count: count))
            let frame = try await connection.frame()
            expectEqual(frame["payload"]?["event"]?["text"]?.stringValue?.count, count)
            try await connection.acknowledge(frame, payload: ["text": .string(String(repeating: "x", count: count))])
        }
        // Events accept no payload, so the stand-in records mistakes.
        try await app.slack.wait("the mistakes") { $0.mistakes.count == 3 && $0.outstanding == 0 }
        await app.stop()
    }

    @Test("the eleventh connection is refused")
    func tooMany() async throws {
        let app = try await SlackApp()
        var connections: [SlackConnection] = []
        for _ in 0..<10 { connections.append(try await app.connect()) }
        let socket = try await app.open(try await app.ticket())
        let frame = try await SlackConnection(socket: socket).frame()
        #expect(frame["type"] == "disconnect" && frame["reason"] == "too_many_websockets")
        try await expectEqual(socket.next(), nil)
        expectEqual(app.slack.connectionCount, 10)
        await app.stop()
    }

    @Test("a warning comes before the end, and a refreshed connection gets no new events")
    func refresh() async throws {
        let app = try await SlackApp()
        let first = try await app.connect()
        app.slack.warnSockets(closingAfter: 0.05)
        try await expectEqual(first.frame()["reason"], "warning")
        try await expectEqual(first.frame()["reason"], "refresh_requested")
        try await expectEqual(first.socket.next(), nil)
        let second = try await app.connect()
        app.slack.refreshSockets(closingAfter: 0.2)
        try await expectEqual(second.frame()["reason"], "refresh_requested")
        let third = try await app.connect()
        app.slack.say("hello")
        try await expectEqual(third.event()["text"], "hello")
        app.slack.disableSocketMode()
        try await expectEqual(third.frame()["reason"], "link_disabled")
        try await expectEqual(app.refusal("apps.connections.open", token: app.slack.appToken), "socket_mode_disabled")
        await app.stop()
    }

    @Test("deliveries are doubled, delayed and swapped on request")
    func disturbances() async throws {
        let app = try await SlackApp()
        let connection = try await app.connect()
        app.slack.disturb(.duplicate, .swapped)
        for text in ["a", "b", "c"] { app.slack.say(text) }
        var texts: [String] = []
        for _ in 0..<4 { texts.append(try await connection.event()["text"]?.stringValue ?? "") }
        expectEqual(texts, ["a", "a", "c", "b"])
        app.slack.disturb(.swapped, .swapped)
        for text in ["1", "2", "3"] { app.slack.say(text) }
        for text in ["2", "1"] { try await expectEqual(connection.event()["text"], .string(text)) }
        app.slack.clearFaults()
        try await expectEqual(connection.event()["text"], "3")
        app.slack.disturb(.late(30))
        app.slack.say("d")
        app.slack.say("e")
        try await expectEqual(connection.event()["text"], "e")
        try await app.slack.wait("the acknowledgement") { $0.outstanding == 1 }
        app.slack.advance(by: 31)
        try await expectEqual(connection.event()["text"], "d")
        app.slack.holdEvents(true)
        app.slack.say("f")
        app.slack.holdEvents(false)
        try await expectEqual(connection.event()["text"], "f")
        await app.stop()
    }

    @Test("a mention comes as message and as mention; the app's posts and edits come back; replies update their thread")
    func events() async throws {
        let app = try await SlackApp()
        let slack = app.slack
        let connection = try await app.connect()
        let ts = slack.say("\(slack.mention) hello & <b>")
        let message = try await connection.frame(), mention = try await connection.frame()
        for frame in [message, mention] { try await connection.acknowledge(frame) }
        #expect(message["payload"]?["event_id"] != mention["payload"]?["event_id"])
        expectEqual(message["payload"]?["event"]?["text"], .string("\(slack.mention) hello &amp; &lt;b&gt;"))
        expectEqual(message["payload"]?["event"]?["channel_type"], "channel")
        expectEqual(mention["payload"]?["event"]?["type"], "app_mention")
        expectEqual(mention["payload"]?["event"]?["ts"], .string(ts))

        let answer = try await app.post("answer", thread: ts)
        try await expectEqual(connection.event()["bot_id"], .string(slack.botID))
        let changed = try await connection.event()
        #expect(changed["subtype"] == "message_changed" && changed["message"]?["reply_count"] == 1)
        expectEqual(changed["message"]?["text"], changed["previous_message"]?["text"])
        try await app.call(
            "chat.update", ["channel": .string(LoopbackSlack.general), "ts": .string(answer), "text": "new"])
        let update = try await connection.event()
        #expect(update["message"]?["text"] == "new" && update["previous_message"]?["text"] == "answer")

        slack.edit(ts, to: "edited")
        slack.touch(ts)
        slack.react("eyes", to: ts)
        slack.unreact("eyes", from: ts)
        slack.delete(answer)
        slack.delete(ts)
        try await expectEqual(
            connection.events(6),
            [
                "message/message_changed", "message/message_changed", "reaction_added", "reaction_removed",
                "message/message_deleted", "message/message_deleted",
            ])
        let upload = slack.upload(LoopbackSlack.Upload("a.txt", [1, 2]), text: "see", thread: nil)
        let file = try await connection.event()
        #expect(file["subtype"] == "file_share" && file["files"]?[0]?["size"] == 2)
        expectEqual(file["ts"], .string(upload))
        try await expectEqual(connection.events(1), ["file_shared"])
        let secret = slack.addChannel("other", isPrivate: true)
        slack.removeMember(slack.botUser, from: secret)
        slack.say("unheard", in: secret)
        try await expectEqual(connection.events(2), ["member_joined_channel", "member_left_channel"])
        slack.sayAsBot("beep")
        let bot = try await connection.event()
        #expect(bot["bot_id"] == "B0OTHERBOT" && bot["subtype"] == nil)
        let (direct, thread) = slack.openAssistant()
        let started = try await connection.event()
        expectEqual(started["assistant_thread"]?["channel_id"], .string(direct))
        expectEqual(started["assistant_thread"]?["thread_ts"], .string(thread))
        #expect(slack.mistakes.isEmpty)
        await app.stop()
    }

    @Test("over HTTP: signed, with retry headers, and not again if the app declines retries")
    func overHTTP() async throws {
        let app = try await SlackApp { $0.retrySeconds = [0, 0.05, 0.1] }
        let requests = Protected<[HTTPHeaders]>([])
        let server = HTTPServer(HTTPServerSettings(port: 0)) { request in
            let body = try await request.body.collect()
            let timestamp = Int(request.headers["x-slack-request-timestamp"] ?? "") ?? 0
            let signed = LoopbackSlack.signature(
                of: body, secret: "loopback-signing-secret", timestamp: timestamp)
            let isGood = request.headers["x-slack-signature"] == signed[1].value
            let count = requests.withLock { requests in
                requests.append(request.headers)
                return requests.count
            }
            guard isGood, let json = try? JSON.parse(body) else { return .text("", .badRequest) }
            if json["type"] == "url_verification" { return .json(["challenge": json["challenge"] ?? .null]) }
            var response = HTTPServerResponse.text("", count == 3 ? .ok : .internalServerError)
            if count == 4 { response.headers.append("X-Slack-No-Retry", "1") }
            return response
        }
        try server.start()
        app.slack.deliverOverHTTP(to: try HTTPURL(server.loopbackURL + "/"))
        #expect(try await app.slack.verifyURL())
        app.slack.say("hello")
        try await app.slack.wait("the retry") { $0.deliveries.acknowledged == 1 }
        let retry = requests.withLock { $0[2] }
        #expect(retry["x-slack-retry-num"] == "1" && retry["x-slack-retry-reason"] == "http_error")
        app.slack.say("again")
        try await app.slack.wait("the end") { $0.deliveries.lost == 1 }
        expectEqual(requests.withLock { $0.count }, 4)
        await server.stop()
        await app.stop()
    }
}
