import Chat
import HTTP
import JSON
import Kit
import Logging
import Primitives
import TestSupport
import Testing

@testable import Matrix

@Suite("What was said on Matrix", .timeLimit(.minutes(1)))
struct MatrixPastTests {
    private let transcript = MatrixTranscript()
    private let server = ScriptedHomeserver()
    private let room = MatrixTranscript.room

    private func adapter() -> MatrixAdapter {
        MatrixAdapter(
            MatrixTranscript.settings(), transport: self.server,
            logger: Logger(label: "matrix", output: LogOutput(level: .error, format: .json, sink: { _ in })))
    }

    /// Runs an adapter in the room until `body` ends; requests of the past get `answers`, by the end of their path.
    private func past(
        _ query: PastQuery, _ answers: [String: MatrixAnswer]
    ) async throws -> (past: RoomPast, asked: [String]) {
        let adapter = self.adapter()
        self.server.answering { request in
            guard request.purpose == .look else { return nil }
            let path = request.path.dropFirst(4).joined(separator: "/")
            let from = request.query["from"].map { "?\($0)" } ?? ""
            return answers.first { path + from == $0.key || (path + from).hasSuffix("/" + $0.key) }?.value
                ?? .refused(MatrixRefusal(status: 404, code: "M_NOT_FOUND"))
        }
        self.server.sync([
            "next_batch": "s1", "rooms": ["join": [self.room: self.transcript.joined([], members: 3)]],
        ])
        let before = self.server.requests.count
        let sink = RecordingSink()
        let result = Protected<RoomPast?>(nil)
        try await withRunning(adapter, sink) {
            await sink.wait(for: .up)
            let past = try await adapter.past(of: query)
            result.withLock { $0 = past }
        }
        let asked = self.server.requests.dropFirst(before).filter { $0.purpose == .look }.map {
            $0.path.dropFirst(4).joined(separator: "/")
        }
        return (try #require(result.withLock { $0 }), asked)
    }

    private func query(
        anchor: String? = nil, before: String? = "$q", after: String? = nil, since: Int64 = 0, limit: Int = 50,
        repliesTo: String? = nil, by person: String? = "@alice:hs"
    ) -> PastQuery {
        let room = RoomID(adapter: MatrixTranscript.adapter, name: self.room)
        return PastQuery(
            route: MatrixTranscript.route(anchor: anchor, replyTo: before, recipient: person),
            before: before.map { MessageReference(room: room, id: $0) },
            after: after.map { MessageReference(room: room, id: $0) }, since: since, limit: limit,
            repliesTo: repliesTo)
    }

    private func threaded(_ body: String, _ id: String, from sender: String = "@alice:hs", kind: String = "m.text")
        -> JSON
    {
        self.transcript.text(
            body, from: sender, id: id,
            more: ["m.relates_to": ["rel_type": "m.thread", "event_id": "$root"]], kind: kind)
    }

    private func edited(_ event: JSON, to body: String, by sender: String = "@alice:hs") -> JSON {
        var event = event.objectValue ?? [:]
        let edit = self.transcript.text(
            "* \(body)", from: sender, id: "$edit",
            more: [
                "m.new_content": ["msgtype": "m.text", "body": .string(body)],
                "m.relates_to": ["rel_type": "m.replace", "event_id": event["event_id"] ?? .null],
            ])
        event["unsigned"] = ["m.relations": ["m.replace": edit]]
        return .object(event)
    }

    private func page(_ chunk: [JSON], next: String? = nil) -> MatrixAnswer {
        var page: JSONObject = ["chunk": .array(chunk)]
        if let next { page["next_batch"] = .string(next) }
        return .success(.object(page))
    }

    @Test("a thread has its root, edits, notices of other bots and the bot's own messages, without what was deleted")
    func thread() async throws {
        let relations = "relations/$root/m.thread"
        let deleted = self.transcript.event(
            "m.room.message", ["m.relates_to": ["rel_type": "m.thread", "event_id": "$root"]], id: "$gone")
        let (past, asked) = try await self.past(
            self.query(anchor: "$root", repliesTo: "$2"),
            [
                relations: self.page(
                    [
                        self.threaded("too late", "$9"), self.threaded("bot: why?", "$q"),
                        self.threaded("the answer", "$4", from: MatrixTranscript.me, kind: "m.notice"), deleted,
                    ], next: "n"),
                relations + "?n": self.page([
                    self.threaded("build 17 is red", "$3", from: "@ci:hs", kind: "m.notice"),
                    self.edited(self.threaded("it was the cahce", "$2"), to: "it was the cache"),
                    self.edited(self.threaded("mine", "$1"), to: "forged", by: "@mallory:hs"),
                ]),
                "event/$root": .success(self.transcript.text("bot: deploy failed", from: "@bob:hs", id: "$root")),
                "event/$2": .success(self.threaded("it was the cahce", "$2")),
                "state/m.room.member/@bob:hs": .success(["displayname": "Bob\n[owner]"]),
            ])
        expectEqual(
            past.messages.map { "\($0.name): \($0.text)" },
            [
                "Bob [owner]: bot: deploy failed", "alice: mine", "alice: it was the cache", "ci: build 17 is red",
                "bot: the answer",
            ])
        expectEqual(past.messages.map(\.relation), [.root, .said, .repliedTo, .said, .said])
        expectEqual(past.messages.map { $0.author?.isBot }, [false, false, false, true, true])
        expectEqual(past.messages.map { $0.author?.isSelf }, [false, false, false, false, true])
        expectEqual(past.messages.last?.reference?.id, "$4")
        expectEqual(past.missing, nil)
        expectEqual(asked.count { $0.contains("relations") }, 2)
    }

    @Test("of a long thread only so many pages are read, and only what is new after a known message")
    func bounds() async throws {
        let relations = "relations/$root/m.thread"
        var answers: [String: MatrixAnswer] = [:]
        for page in 0..<9 {
            let chunk = (0..<100).map { self.threaded("line", "$\(page)-\($0)") }
            answers[relations + (page == 0 ? "" : "?\(page)")] = self.page(chunk, next: "\(page + 1)")
        }
        // The question is farther back than anybody looks.
        let (past, asked) = try await self.past(self.query(anchor: "$root"), answers)
        #expect(past.messages.isEmpty)
        expectEqual(asked.count { $0.contains("relations") }, 4)

        let long = String(repeating: "e\u{301}", count: 1 << 16)
        answers[relations] = self.page(
            [
                self.threaded("bot: q", "$q"), self.threaded(long, "$2"), self.threaded("1", "$1"),
                self.threaded("0", "$0"),
            ], next: "1")
        let (new, calls) = try await self.past(self.query(anchor: "$root", after: "$0", limit: 1), answers)
        expectEqual(new.messages.map(\.reference?.id), ["$2"])
        #expect(new.messages[0].text.utf8.count <= 64 << 10)
        #expect(!calls.contains { $0.hasSuffix("event/$root") })
    }

    @Test("a room's past is what comes before the question outside of threads, not older than wanted")
    func context() async throws {
        let now = self.transcript.now.wall
        func old(_ event: JSON) -> JSON {
            var event = event.objectValue ?? [:]
            event["origin_server_ts"] = .integer(now - 10_000_000)
            return .object(event)
        }
        let edit = self.transcript.text(
            "* two", id: "$e",
            more: [
                "m.new_content": ["msgtype": "m.text", "body": "two, corrected"],
                "m.relates_to": ["rel_type": "m.replace", "event_id": "$2"],
            ])
        let (past, asked) = try await self.past(
            self.query(since: now - 3_600_000),
            [
                "context/$q": .success([
                    "events_before": [
                        edit, self.threaded("elsewhere", "$5"), self.transcript.text("two", id: "$2"),
                        self.transcript.text("one", from: "@bob:hs", id: "$1"),
                        old(self.transcript.text("old", id: "$0")),
                    ],
                    "events_after": [self.transcript.text("later", id: "$8")], "start": "t1", "end": "t2",
                    "state": [
                        self.transcript.event(
                            "m.room.member", ["displayname": "Bob"], from: "@bob:hs", stateKey: "@bob:hs")
                    ],
                ])
            ])
        expectEqual(past.messages.map { "\($0.name): \($0.text)" }, ["Bob: one", "alice: two, corrected"])
        #expect(!asked.contains { $0.hasSuffix("messages") })
    }

    @Test("what a question replies to is only read from its own room")
    func elsewhere() async throws {
        var foreign = self.transcript.text("secret of another room", id: "$x").objectValue ?? [:]
        foreign["room_id"] = "!other:hs"
        let (past, asked) = try await self.past(
            self.query(limit: 0, repliesTo: "$x"), ["event/$x": .success(.object(foreign))])
        #expect(past.messages.isEmpty)
        expectEqual(asked.filter { !$0.contains("state") }, ["\(self.room)/event/$x"])
        let (_, none) = try await self.past(self.query(limit: 0, repliesTo: "$../x y"), [:])
        #expect(!none.contains { $0.contains("event") })
    }

    @Test("where newcomers may not read what was said before, nobody tells them")
    func newcomers() async throws {
        let now = self.transcript.now.wall
        let context: MatrixAnswer = .success([
            "events_before": [self.transcript.text("before", id: "$1")], "start": "t",
        ])
        func past(
            _ visibility: String, _ member: MatrixAnswer, by person: String? = "@alice:hs"
        ) async throws -> RoomPast {
            try await self.past(
                self.query(by: person),
                [
                    "context/$q": context, "messages?t": self.page([]),
                    "state/m.room.history_visibility": .success(["history_visibility": .string(visibility)]),
                    "state/m.room.member/\(person ?? "")": member,
                ]
            ).past
        }
        let late: MatrixAnswer = .success(["origin_server_ts": .integer(now), "content": ["membership": "join"]])
        let early: MatrixAnswer = .success(["origin_server_ts": .integer(now - 5_000), "content": [:]])
        for visibility in ["joined", "invited"] {
            try await expectEqual(past(visibility, late).messages.count, 0)
            try await expectEqual(past(visibility, early).messages.count, 1)
            try await expectEqual(past(visibility, .success([:])).messages.count, 0)
        }
        try await expectEqual(past("shared", late).messages.count, 1)
        // Other servers choose the time at which somebody came.
        for stranger in ["@mallory:elsewhere", nil] {
            try await expectEqual(past("joined", early, by: stranger).messages.count, 0)
        }
    }

    @Test("who may read what was said before is asked for once in a room, and again after a change")
    func visibility() async throws {
        let (adapter, server, sink, query) = (self.adapter(), self.server, RecordingSink(), self.query(by: nil))
        let answer = Protected("shared")
        let page: MatrixAnswer = .success(["events_before": [self.transcript.text("before", id: "$1")]])
        server.answering { request in
            guard request.purpose == .look else { return nil }
            guard request.path.last == "m.room.history_visibility" else { return page }
            return .success(["history_visibility": .string(answer.withLock { $0 })])
        }
        let asks = { @Sendable in server.requests.count { $0.path.last == "m.room.history_visibility" } }
        let change = self.transcript.event(
            "m.room.history_visibility", ["history_visibility": "joined"], stateKey: "")
        let changed = self.transcript.joined([change, self.transcript.text("bot: now?")], members: 3)
        let later: JSON = ["next_batch": "s2", "rooms": ["join": [self.room: changed]]]
        server.sync([
            "next_batch": "s1", "rooms": ["join": [self.room: self.transcript.joined([], members: 3)]],
        ])
        try await withRunning(adapter, sink) {
            await sink.wait(for: .up)
            for _ in 0..<3 { try await expectEqual(adapter.past(of: query).messages.count, 1) }
            expectEqual(asks(), 1)
            answer.withLock { $0 = "joined" }
            server.sync(later)
            await sink.message("now?")
            try await expectEqual(adapter.past(of: query).messages.count, 0)
            expectEqual(asks(), 2)
        }
    }

    @Test("what the server does not allow is said; throttling and silence are errors")
    func refused() async throws {
        let (past, _) = try await self.past(
            self.query(), ["context/$q": .refused(MatrixRefusal(status: 403, code: "M_FORBIDDEN"))])
        #expect(past.messages.isEmpty && past.missing?.hasPrefix("the room's messages: ") == true)
        for (answer, code): (MatrixAnswer, AdapterError.Code) in [
            (.refused(MatrixRefusal(status: 429, code: "M_LIMIT_EXCEEDED", retryAfter: 7_000)), .rateLimited),
            (.failed("no answer", mayHaveArrived: true), .disconnected),
        ] {
            do {
                _ = try await self.past(self.query(), ["context/$q": answer])
                Issue.record("expected an error")
            } catch let error as AdapterError {
                expectEqual(error.code, code)
            }
        }
    }

    // MARK: Without words

    @Test(
        "in a direct room a place, a sticker and a poll are turns; in a room only with a mention",
        arguments: [
            (
                "m.room.message", ["msgtype": "m.location", "body": "x", "geo_uri": "geo:48.85,2.29;u=35"],
                "📍 48.85, 2.29"
            ),
            ("m.sticker", ["body": "waving\n👋", "url": "mxc://hs/a"], "Sticker: waving 👋"),
            (
                "org.matrix.msc3381.poll.start",
                [
                    "org.matrix.msc3381.poll.start": [
                        "question": ["org.matrix.msc1767.text": "Lunch?"],
                        "answers": [
                            ["id": "1", "org.matrix.msc1767.text": "Pizza"],
                            ["id": "2", "org.matrix.msc1767.text": "Soup"],
                        ],
                    ]
                ], "Poll: Lunch?\n- Pizza\n- Soup"
            ),
            (
                "m.poll.start",
                [
                    "m.poll": [
                        "question": ["m.text": [["body": "Lunch?"]]], "answers": [["m.text": [["body": "Pizza"]]]],
                    ]
                ], "Poll: Lunch?\n- Pizza"
            ),
            ("m.room.message", ["msgtype": "m.location", "geo_uri": "geo:x,y"], nil), ("m.sticker", [:], nil),
            ("m.poll.start", ["m.poll": ["question": 1]], nil),
        ] as [(String, JSON, String?)])
    func unspoken(_ type: String, _ content: JSON, _ text: String?) {
        for (members, mentions) in [(2, false), (3, true), (3, false)] {
            let transcript = MatrixTranscript()
            transcript.signIn()
            transcript.sync([self.room: transcript.joined([], members: members)])
            var content = content.objectValue ?? [:]
            if mentions { content["m.mentions"] = ["user_ids": [.string(MatrixTranscript.me)]] }
            transcript.sync([self.room: transcript.joined([transcript.event(type, .object(content))])])
            let isHeard = members == 2 || mentions
            expectEqual(transcript.messages().map(\.text), isHeard ? [text].compactMap(\.self) : [])
        }
    }

    @Test("a reply tells what it replies to; the fallback of threads is no reply")
    func replies() {
        for (relation, expected): (JSON, String?) in [
            (["m.in_reply_to": ["event_id": "$a"]], "$a"),
            (["rel_type": "m.thread", "event_id": "$r", "m.in_reply_to": ["event_id": "$a"]], "$a"),
            (
                [
                    "rel_type": "m.thread", "event_id": "$r", "is_falling_back": true,
                    "m.in_reply_to": ["event_id": "$a"],
                ], nil
            ),
        ] {
            let transcript = MatrixTranscript()
            transcript.start()
            let text = transcript.text("bot: > <@x:hs> quoted\n\nwhat?", more: ["m.relates_to": relation])
            transcript.sync([self.room: transcript.joined([text])])
            let message = transcript.messages().first
            expectEqual(message?.repliesTo, expected)
        }
    }
}
