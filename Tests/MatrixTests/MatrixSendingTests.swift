import Chat
import JSON
import Kit
import TestSupport
import Testing

@testable import Matrix

@Suite("Matrix sending")
struct MatrixSendingTests {
    private let room = MatrixTranscript.room

    private func started() -> MatrixTranscript {
        let transcript = MatrixTranscript()
        transcript.start()
        return transcript
    }

    private func posted(_ message: OutgoingMessage, _ transcript: MatrixTranscript, as id: String) throws {
        let outgoing = transcript.machine.posting(message)
        let outcome = try transcript.machine.finish(outgoing, .success(["event_id": .string(id)]), at: transcript.now)
        expectEqual(outcome, .sent(id))
    }

    private func content(_ outgoing: MatrixOutgoing) -> JSON? {
        if case .event(.message, let content) = outgoing.kind { content } else { nil }
    }

    private func retry(_ outcome: MatrixStateMachine.Outcome) -> MatrixOutgoing? {
        if case .again(let outgoing) = outcome { outgoing } else { nil }
    }

    @Test("a message is a notice with its token, mentions no one, and replies to the question")
    func post() throws {
        let transcript = self.started()
        let request = try transcript.post(
            MatrixTranscript.outgoing("<p>a <strong>b</strong></p>", to: MatrixTranscript.route(replyTo: "$q")))
        expectEqual(request.path, ["_matrix", "client", "v3", "rooms", self.room, "send", "m.room.message", "t1"])
        expectEqual(
            request.body,
            [
                "msgtype": "m.notice", "body": "a **b**", "m.mentions": [:], "format": "org.matrix.custom.html",
                "formatted_body": "a <strong>b</strong>", "dev.jetbridge.token": "t1",
                "m.relates_to": ["m.in_reply_to": ["event_id": "$q"]],
            ])
    }

    @Test("a message in a direct room is not a reply")
    func direct() throws {
        let transcript = self.started()
        transcript.sync(["!d:hs": transcript.joined([], members: 2)])
        let request = try transcript.post(
            MatrixTranscript.outgoing("a", to: MatrixTranscript.route("!d:hs", replyTo: "$q")))
        expectEqual(request.body, ["msgtype": "m.notice", "body": "a", "m.mentions": [:], "dev.jetbridge.token": "t1"])
    }

    @Test("a thread message falls back to a reply to the latest event, the bot's own included")
    func thread() throws {
        let transcript = self.started()
        let route = MatrixTranscript.route(anchor: "$root", replyTo: "$q")
        func latest(_ request: MatrixRequest) -> String? {
            request.body?["m.relates_to"]?["m.in_reply_to"]?["event_id"]?.stringValue
        }
        let first = try transcript.post(MatrixTranscript.outgoing("a", to: route))
        expectEqual(
            first.body?["m.relates_to"],
            [
                "rel_type": "m.thread", "event_id": "$root", "is_falling_back": true,
                "m.in_reply_to": ["event_id": "$q"],
            ])
        try self.posted(MatrixTranscript.outgoing("a", to: route), transcript, as: "$own")
        expectEqual(latest(try transcript.post(MatrixTranscript.outgoing("b", token: "t2", to: route))), "$own")
        let other = transcript.text(
            "c", id: "$c", more: ["m.relates_to": ["rel_type": "m.thread", "event_id": "$root"]])
        transcript.sync([self.room: transcript.joined([other])])
        transcript.answer(.event(room: self.room, id: "$root"), transcript.text("a root", id: "$root"))
        expectEqual(latest(try transcript.post(MatrixTranscript.outgoing("d", token: "t3", to: route))), "$c")
    }

    @Test("an edit contains the new content, and repeating its text repeats the transaction")
    func edit() throws {
        let transcript = self.started()
        let reference = MessageReference(
            room: RoomID(adapter: MatrixTranscript.adapter, name: self.room), id: "$own")
        func edit(_ text: String) -> MatrixOutgoing {
            transcript.machine.replacing(reference, with: MatrixTranscript.outgoing(text))
        }
        let first = edit("<p><em>new</em></p>")
        let content = try #require(self.content(first))
        expectEqual(
            content,
            [
                "msgtype": "m.notice", "body": "* *new*", "m.mentions": [:], "dev.jetbridge.token": "t1",
                "m.new_content": [
                    "msgtype": "m.notice", "body": "*new*", "m.mentions": [:], "format": "org.matrix.custom.html",
                    "formatted_body": "<em>new</em>",
                ],
                "m.relates_to": ["rel_type": "m.replace", "event_id": "$own"],
            ])
        expectEqual(edit("<p><em>new</em></p>").transaction, first.transaction)
        let second = edit("newer")
        #expect(second.transaction != first.transaction)
        // Returning to an earlier text is a new change.
        #expect(edit("<p><em>new</em></p>").transaction != first.transaction)
        #expect(first.transaction != "t1")
    }

    @Test("the complete answer is a text that notifies its asker, also when the last preview had it all")
    func notifying() throws {
        let transcript = self.started()
        let route = MatrixTranscript.route().mentioning([Mention(person: "@alice:hs")])
        let people: JSON = ["user_ids": ["@alice:hs"]]
        let post = try transcript.post(MatrixTranscript.outgoing("a", to: route))
        expectEqual(
            post.body, ["msgtype": "m.text", "body": "a", "m.mentions": people, "dev.jetbridge.token": "t1"])
        let reference = MessageReference(
            room: RoomID(adapter: MatrixTranscript.adapter, name: self.room), id: "$own")
        let preview = transcript.machine.replacing(reference, with: MatrixTranscript.outgoing("a", stage: .preview))
        let end = transcript.machine.replacing(reference, with: MatrixTranscript.outgoing("a", to: route))
        expectEqual(
            try #require(self.content(end)),
            [
                "msgtype": "m.text", "body": "* a", "m.mentions": people, "dev.jetbridge.token": "t1",
                "m.new_content": ["msgtype": "m.text", "body": "a", "m.mentions": people],
                "m.relates_to": ["rel_type": "m.replace", "event_id": "$own"],
            ])
        #expect(end.transaction != preview.transaction)
    }

    @Test("people who are named are pills, and an edit does not notify them again")
    func named() throws {
        let transcript = self.started()
        let route = MatrixTranscript.route().mentioning([
            Mention(person: "@al/ice:hs", name: "Al <b> @room"), Mention(person: "nobody", name: "nobody"),
        ])
        let people: JSON = ["user_ids": ["@al/ice:hs"]]
        let post = try transcript.post(MatrixTranscript.outgoing("<p>a &lt; b</p>", to: route))
        expectEqual(post.body?["msgtype"], "m.text")
        expectEqual(post.body?["m.mentions"], people)
        expectEqual(post.body?["body"], "Al <b> @\u{200B}room: a < b")
        expectEqual(
            post.body?["formatted_body"],
            "<p><a href=\"https://matrix.to/#/@al%2Fice:hs\">Al &lt;b&gt; @\u{200B}room</a>:</p>a &lt; b")
        let reference = MessageReference(
            room: RoomID(adapter: MatrixTranscript.adapter, name: self.room), id: "$own")
        let edit = try #require(
            self.content(transcript.machine.replacing(reference, with: MatrixTranscript.outgoing("b", to: route))))
        expectEqual(edit["msgtype"], "m.notice")
        expectEqual(edit["m.mentions"], [:])
        expectEqual(edit["m.new_content"]?["m.mentions"], people)
    }

    @Test("with the default limits, previews are held back in time for the final message")
    func heldBack() throws {
        let transcript = self.started()
        var error: AdapterError?
        var shown = 0
        while error == nil, shown < 20 {
            do {
                _ = try transcript.post(MatrixTranscript.outgoing("a", token: "p\(shown)", stage: .preview))
                shown += 1
            } catch let held as AdapterError { error = held }
        }
        expectEqual(shown, 8)
        expectEqual(error?.code, .rateLimited)
        expectEqual(error?.isOwnPace, true)
        expectEqual(error?.isCertain, true)
        let traits = transcript.machine.traits(
            of: RoomID(adapter: MatrixTranscript.adapter, name: self.room), at: transcript.now)
        #expect(traits.editInterval > .seconds(5))
        expectEqual(traits.finalInterval, .zero)
        _ = try transcript.post(MatrixTranscript.outgoing("whole", stage: .final))
    }

    @Test(
        "each refusal maps to an error code",
        arguments: [
            (403, "M_FORBIDDEN", AdapterError.Code.forbidden, true), (404, "M_NOT_FOUND", .notFound, true),
            (401, "M_UNKNOWN_TOKEN", .unauthorized, true), (400, "M_BAD_JSON", .invalid, true),
            (404, "M_UNRECOGNIZED", .invalid, true), (502, "", .timedOut, false), (504, "", .timedOut, false),
            (500, "M_UNKNOWN", .timedOut, false), (200, "", .timedOut, false), (302, "", .timedOut, false),
            (404, "", .timedOut, false), (403, "", .forbidden, true), (429, "M_LIMIT_EXCEEDED", .rateLimited, true),
        ])
    func refusals(_ status: Int, _ code: String, _ expected: AdapterError.Code, _ isCertain: Bool) {
        let transcript = self.started()
        let outgoing = transcript.machine.posting(MatrixTranscript.outgoing("a"))
        let error = #expect(throws: AdapterError.self) {
            try transcript.machine.finish(
                outgoing, .refused(MatrixRefusal(status: status, code: code)), at: transcript.now)
        }
        expectEqual(error?.code, expected)
        expectEqual(error?.isCertain, isCertain)
    }

    @Test("a broken connection leaves the outcome unknown, unless nothing was sent", arguments: [true, false])
    func broken(mayHaveArrived: Bool) {
        let transcript = self.started()
        let outgoing = transcript.machine.posting(MatrixTranscript.outgoing("a"))
        let error = #expect(throws: AdapterError.self) {
            try transcript.machine.finish(
                outgoing, .failed("gone", mayHaveArrived: mayHaveArrived), at: transcript.now)
        }
        expectEqual(error?.isCertain, !mayHaveArrived)
    }

    @Test("a message that is too large is sent without HTML, and the text limit shrinks")
    func tooLarge() throws {
        let transcript = self.started()
        let text = "<p>" + String(repeating: "<strong>a</strong> ", count: 200) + "</p>"
        let limit = transcript.machine.traits(
            of: RoomID(adapter: MatrixTranscript.adapter, name: self.room), at: transcript.now
        ).textLimit
        let outgoing = transcript.machine.posting(MatrixTranscript.outgoing(text))
        let refusal = MatrixAnswer.refused(MatrixRefusal(status: 413, code: "M_TOO_LARGE"))
        let outcome = try transcript.machine.finish(outgoing, refusal, at: transcript.now)
        let smaller = try #require(self.retry(outcome))
        let content = try #require(self.content(smaller))
        expectEqual(content["formatted_body"], nil)
        expectEqual(smaller.transaction, outgoing.transaction)
        expectEqual(
            transcript.machine.traits(
                of: RoomID(adapter: MatrixTranscript.adapter, name: self.room), at: transcript.now
            ).textLimit, limit / 2)
        let error = #expect(throws: AdapterError.self) {
            try transcript.machine.finish(smaller, refusal, at: transcript.now)
        }
        expectEqual(error?.code, .invalid)
    }

    @Test("if the server rejects the thread, the message is sent without it")
    func unrelated() throws {
        let transcript = self.started()
        let outgoing = transcript.machine.posting(
            MatrixTranscript.outgoing("a", to: MatrixTranscript.route(anchor: "$root")))
        let outcome = try transcript.machine.finish(
            outgoing, .refused(MatrixRefusal(status: 400, code: "M_UNKNOWN")), at: transcript.now)
        let other = try #require(self.retry(outcome))
        let content = try #require(self.content(other))
        expectEqual(content["m.relates_to"], nil)
        expectEqual(content["body"], "a")
    }

    @Test("nothing is sent before the first sync or long after the last one")
    func silence() {
        let transcript = MatrixTranscript()
        transcript.signIn()
        #expect(throws: AdapterError.self) { try transcript.post(MatrixTranscript.outgoing("a")) }
        transcript.sync([self.room: transcript.joined([], members: 3)])
        #expect(throws: Never.self) { try transcript.post(MatrixTranscript.outgoing("a")) }
        transcript.now.monotonic += 200_000
        let error = #expect(throws: AdapterError.self) { try transcript.post(MatrixTranscript.outgoing("a")) }
        expectEqual(error?.code, .disconnected)
    }

    @Test("after a rate-limit refusal, nothing is sent in any room until the wait is over")
    func rateLimit() throws {
        let transcript = self.started()
        transcript.sync(["!b:hs": transcript.joined([], members: 3)])
        let outgoing = transcript.machine.posting(MatrixTranscript.outgoing("a"))
        _ = try transcript.machine.send(outgoing, at: transcript.now)
        #expect(throws: AdapterError.self) {
            try transcript.machine.finish(
                outgoing, .refused(MatrixRefusal(status: 429, code: "M_LIMIT_EXCEEDED", retryAfter: 3_000)),
                at: transcript.now)
        }
        let error = #expect(throws: AdapterError.self) {
            try transcript.post(MatrixTranscript.outgoing("b", token: "t2", to: MatrixTranscript.route("!b:hs")))
        }
        expectEqual(error?.code, .rateLimited)
        #expect((error?.retryAfter ?? .zero) >= .milliseconds(3_000))
        transcript.now.monotonic += 3_000
        #expect(throws: Never.self) { try transcript.post(MatrixTranscript.outgoing("a")) }
    }
}
