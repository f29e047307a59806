import Chat
import HTTPClient
import JSON
import Telegram
import TestSupport
import Testing

@Suite("Sending")
struct TelegramSendingTests {
    private func started(memory: TelegramMemory? = nil) throws -> Transcript {
        let transcript = try Transcript(memory: memory)
        transcript.start()
        return transcript
    }

    @Test("A message is sent with entities and without link previews")
    func post() throws {
        let (calls, step) = try self.started().run(
            .post(Transcript.message("<b>a</b> &lt;b&gt;")), Transcript.sent(42, 7))
        let call = try #require(calls.first)
        #expect(call.method == "sendMessage" && call.parameters["text"] == "a <b>")
        expectEqual(call.parameters["entities"], [["type": "bold", "offset": 0, "length": 1]])
        expectEqual(call.parameters["parse_mode"], nil)
        expectEqual(call.parameters["link_preview_options"], ["is_disabled": true])
        expectEqual(call.parameters["reply_parameters"], nil)
        expectEqual(step.outcome, .message(Transcript.reference(42, 7)))
    }

    @Test("In a group, the first message of an answer is a reply to the question")
    func reply() throws {
        let transcript = try self.started()
        let message = Transcript.message("x", Sample.group, replyTo: 10)
        let first = transcript.run(.post(message), Transcript.sent(Sample.group, 11)).0
        expectEqual(
            first.first?.parameters["reply_parameters"], ["message_id": 10, "allow_sending_without_reply": true])
        let second = transcript.run(.post(message), Transcript.sent(Sample.group, 12)).0
        #expect(second.count == 1 && second.first?.parameters["reply_parameters"] == nil)
        let topic = transcript.run(
            .post(Transcript.message("x", Sample.group, topic: 7)), Transcript.sent(Sample.group, 13)
        ).0
        expectEqual(topic.first?.parameters["message_thread_id"], 7)
        let general = transcript.run(.post(Transcript.message("x", -77, topic: 1)), Transcript.sent(-77, 13)).0
        #expect(general.count == 1 && general.first?.parameters["message_thread_id"] == nil)
    }

    @Test("A deleted topic is left out of one retry")
    func missingTopic() throws {
        let refusal = Transcript.refused(400, "Bad Request: message thread not found")
        let message = Transcript.message("x", Sample.group, topic: 7, replyTo: 5)
        let (calls, step) = try self.started().run(.post(message), refusal, Transcript.sent(Sample.group, 1))
        expectEqual(calls.map { $0.parameters["message_thread_id"] }, [7, nil])
        // What it answers was deleted with the topic.
        expectEqual(calls.map { $0.parameters["reply_parameters"] == nil }, [false, true])
        #expect(step.outcome != nil)
        let again = try self.started().run(.post(message), refusal, refusal)
        #expect(again.0.count == 2 && again.1.error?.code == .notFound)
    }

    @Test("If Telegram refuses the entities, the message is sent without them")
    func entities() throws {
        let (calls, step) = try self.started().run(
            .post(Transcript.message("<b>x</b>")), Transcript.refused(400, "Bad Request: can't parse entities"),
            Transcript.sent(42, 1))
        expectEqual(calls.map { $0.parameters["entities"] == nil }, [false, true])
        #expect(step.outcome != nil)
    }

    @Test("A refusal with the supergroup's id is followed and reported to the core")
    func migration() throws {
        let transcript = try self.started()
        let (calls, step) = transcript.run(
            .post(Transcript.message("x", -55, replyTo: 5)),
            Transcript.refused(400, "Bad Request: group chat was upgraded to a supergroup chat", migratedTo: -1_009),
            Transcript.sent(-1_009, 3))
        expectEqual(calls.map { $0.parameters["chat_id"] }, [-55, -1_009])
        // There, the number is another message's.
        expectEqual(calls.map { $0.parameters["reply_parameters"] == nil }, [false, true])
        expectEqual(step.outcome, .message(Transcript.reference(-1_009, 3)))
        expectEqual(transcript.store().first?.event?.id, "migration/-55/-1009")
        expectEqual(transcript.traits(-55).editInterval, .milliseconds(3_500))
        // Previews do not delay the final.
        expectEqual(transcript.traits(-55).finalInterval, .seconds(1))
    }

    @Test(
        "Refusals map to error codes",
        arguments: [
            (403, "Forbidden: bot was blocked by the user", AdapterError.Code.forbidden),
            (400, "Bad Request: chat not found", .notFound), (400, "Bad Request: message is too long", .invalid),
            (400, "Bad Request: not enough rights to send text messages to the chat", .forbidden),
            (500, "Internal Server Error: restart", .disconnected), (401, "Unauthorized", .unauthorized),
        ])
    func refusals(code: Int, text: String, expected: AdapterError.Code) throws {
        let error = try self.started().run(.post(Transcript.message("x")), Transcript.refused(code, text)).1.error
        #expect(error?.code == expected && error?.isCertain == true)
    }

    @Test(
        "A chat that accepts nothing differs from a message that is refused",
        arguments: [
            (403, "Forbidden: bot was kicked from the supergroup chat", true),
            (403, "Forbidden: bot was blocked by the user", true), (400, "Bad Request: chat not found", true),
            (400, "Bad Request: TOPIC_CLOSED", true), (400, "Bad Request: CHAT_WRITE_FORBIDDEN", true),
            (400, "Bad Request: not enough rights to send text messages to the chat", true),
            (400, "Bad Request: need administrator rights in the channel chat", true),
            (400, "Bad Request: not enough rights to send documents to the chat", false),
            (400, "Bad Request: message to edit not found", false),
            (400, "Bad Request: message can't be edited", false),
            (400, "Bad Request: message is too long", false), (429, "Too Many Requests", false), (500, "x", false),
        ])
    func closedChats(code: Int, text: String, isOfRoom: Bool) {
        expectEqual(TelegramRefusal(code: code, text: text).error.isOfRoom, isOfRoom)
    }

    @Test("A connection that breaks after the request leaves the outcome unknown", arguments: [true, false])
    func unknown(mayHaveArrived: Bool) throws {
        let (_, step) = try self.started().run(
            .post(Transcript.message("x")), .broken(TelegramBreak("reset", mayHaveArrived: mayHaveArrived)))
        #expect(step.error?.code == .disconnected && step.error?.isCertain == !mayHaveArrived)
    }

    @Test("A gateway's page is not an answer from Telegram", arguments: [(502, true), (504, true), (413, false)])
    func gateway(status: Int, mayHaveArrived: Bool) throws {
        let failure = try #require(TelegramAnswer(status: status, body: Array("<html>".utf8)).failure)
        expectEqual(failure.mayHaveArrived, mayHaveArrived)
    }

    @Test("A gateway's 429 counts as Telegram's, with the delay from its header")
    func gatewayLimit() throws {
        let page = TelegramAnswer(status: 429, body: Array("<html>".utf8), retryAfter: 9)
        let error = try self.started().run(.post(Transcript.message("x")), page).1.error
        #expect(error?.code == .rateLimited && error?.retryAfter == .seconds(9) && error?.isCertain == true)
    }

    @Test("A hanging draft times out soon, because finals wait for it")
    func draftLimit() throws {
        let calls = try self.started().run(.draft(Transcript.message("x")), .result(.bool(true))).0
        #expect(calls.first?.method == "sendMessageDraft" && calls.first?.timeout == 5_000)
    }

    @Test("An edit without changes succeeds; editing a deleted message fails")
    func edits() throws {
        let edit = TelegramOperation.Kind.edit(Transcript.reference(42, 7), Transcript.message("x"))
        let same = Transcript.refused(
            400,
            "Bad Request: message is not modified: specified new message content and reply markup are exactly the same")
        try expectEqual(self.started().run(edit, same).1.outcome, .done)
        let gone = Transcript.refused(400, "Bad Request: message to edit not found")
        try expectEqual(self.started().run(edit, gone).1.error?.code, .notFound)
        let delete = TelegramOperation.Kind.delete(Transcript.reference(42, 7))
        let missing = Transcript.refused(400, "Bad Request: message to delete not found")
        try expectEqual(self.started().run(delete, missing).1.outcome, .done)
    }

    @Test("An edit to the current content makes no call")
    func sameAgain() throws {
        let transcript = try self.started()
        let reference = Transcript.reference(42, 7)
        _ = transcript.run(.post(Transcript.message("<b>x</b>")), Transcript.sent(42, 7))
        let same = transcript.run(.edit(reference, Transcript.message("<b>x</b> ")))
        #expect(same.0.isEmpty && same.1.outcome == .done)
        let other = transcript.run(.edit(reference, Transcript.message("x")), .result(true))
        expectEqual(other.0.count, 1)
        #expect(transcript.run(.edit(reference, Transcript.message("x"))).0.isEmpty)
        expectEqual(transcript.run(.edit(reference, Transcript.message("<b>x</b>")), .result(true)).0.count, 1)
        transcript.pass(5_000)
        let lost = TelegramAnswer.broken(TelegramBreak("reset", mayHaveArrived: true))
        #expect(transcript.run(.edit(reference, Transcript.message("y")), lost).1.error != nil)
        expectEqual(transcript.run(.edit(reference, Transcript.message("<b>x</b>")), .result(true)).0.count, 1)
    }

    @Test("Absurd numbers of a server are no reason to stop", arguments: ExtremeNumbers.all)
    func absurd(_ number: Int64) throws {
        let transcript = try Transcript()
        transcript.start()
        let refusal: JSON = [
            "ok": false, "error_code": 429, "description": "Too Many Requests",
            "parameters": ["retry_after": .integer(number)],
        ]
        let flood = TelegramAnswer(status: 429, body: refusal.bytes)
        _ = transcript.run(.post(Transcript.message("x")), flood)
        transcript.handle(.answer(.decoration(chat: 42), flood))
        transcript.poll(["update_id": .integer(number), "message": [:]])
        transcript.handle(.answer(.poll, flood))
        guard case .refused(let read) = flood else { return }
        #expect((0...86_400).contains(read.retryAfter ?? 0))

        let reaction: JSON = [
            "chat": Sample.chat(42), "message_id": .integer(number), "user": Sample.user(42), "date": .integer(number),
            "old_reaction": [], "new_reaction": [["type": "emoji", "emoji": "👍"]],
        ]
        transcript.poll(
            ["update_id": 7, "message_reaction": reaction],
            Sample.message(8, "x", id: number, more: ["date": .integer(number), "message_thread_id": .integer(number)]))
        let kept: JSON = ["pauses": ["42": .integer(number)], "migrations": ["1": .integer(number)]]
        try Transcript(memory: TelegramMemory(bytes: kept.bytes)).start()
    }

    @Test("A 429 stops all calls to its chat only")
    func flood() throws {
        let transcript = try self.started()
        let flood = Transcript.refused(429, "Too Many Requests: retry after 7", retryAfter: 7)
        let error = transcript.run(.post(Transcript.message("x")), flood).1.error
        #expect(error?.code == .rateLimited && error?.retryAfter == .seconds(7) && error?.isCertain == true)
        for kind in [
            TelegramOperation.Kind.edit(Transcript.reference(42, 1), Transcript.message("x")),
            .react("👀", isOn: true, Transcript.reference(42, 1)), .draft(Transcript.message("x")),
            .delete(Transcript.reference(42, 1)),
        ] {
            let (calls, step) = transcript.run(kind)
            #expect(calls.isEmpty && step.error?.code == .rateLimited)
        }
        #expect(transcript.run(.post(Transcript.message("x", 43)), Transcript.sent(43, 1)).1.outcome != nil)
        // Nor does the next run call: that would extend the wait.
        let memory = TelegramMemory(bytes: try #require(transcript.memories().last).bytes)
        let next = try self.started(memory: memory)
        let (calls, step) = next.run(.post(Transcript.message("x")))
        #expect(calls.isEmpty && step.error?.code == .rateLimited)
        #expect(next.run(.post(Transcript.message("x", 43)), Transcript.sent(43, 1)).1.outcome != nil)
        next.pass(7_300)
        #expect(next.run(.post(Transcript.message("x")), Transcript.sent(42, 1)).1.outcome != nil)
        expectEqual(transcript.traits(42).editInterval, .seconds(3))
        expectEqual(transcript.traits(42).finalInterval, .seconds(3))
        transcript.pass(7_300)
        #expect(transcript.run(.post(Transcript.message("x")), Transcript.sent(42, 1)).1.outcome != nil)
        transcript.pass(300_000)
        transcript.handle(.time)
        expectEqual(transcript.traits(42).editInterval, .milliseconds(1_500))
    }

    @Test("A pause that was stored while the clock was ahead does not last")
    func pauseOfTheFuture() throws {
        let now: Int64 = 1_800_000_000_000
        let kept: JSON = ["pauses": ["42": .integer(now + 400 * 86_400_000), "43": .integer(now + 7_000)]]
        let transcript = try self.started(memory: TelegramMemory(bytes: kept.bytes))
        #expect(transcript.run(.post(Transcript.message("x")), Transcript.sent(42, 1)).1.outcome != nil)
        let (calls, step) = transcript.run(.post(Transcript.message("x", 43)))
        #expect(calls.isEmpty && step.error?.code == .rateLimited)
    }

    @Test("Drafts go to private chats only, under a constant id")
    func drafts() throws {
        let transcript = try self.started()
        #expect(transcript.traits(42).capabilities.contains(.drafts))
        #expect(!transcript.traits(-55).capabilities.contains(.drafts))
        let draft = TelegramOperation.Kind.draft(Transcript.message("<b>a</b>", stage: .preview))
        let first = transcript.run(draft, .result(true)).0
        let second = transcript.run(draft, .result(true)).0
        let id = first.first?.parameters["draft_id"]?.intValue
        #expect(id != nil && id != 0 && id == second.first?.parameters["draft_id"]?.intValue)
        #expect(first.first?.parameters["text"] == "a" && first.first?.parameters["can_stop"] == true)
    }

    @Test(
        "Refused drafts are not retried",
        arguments: [(400, "Bad Request: TEXTDRAFT_PEER_INVALID", true), (404, "Not Found: method not found", false)])
    func noDrafts(code: Int, text: String, isOnlyHere: Bool) throws {
        let transcript = try self.started()
        let draft = TelegramOperation.Kind.draft(Transcript.message("a", stage: .preview))
        expectEqual(transcript.run(draft, Transcript.refused(code, text)).1.error?.code, .invalid)
        #expect(!transcript.traits(42).capabilities.contains(.drafts))
        expectEqual(transcript.traits(43).capabilities.contains(.drafts), isOnlyHere)
        #expect(transcript.run(draft).0.isEmpty)
    }

    @Test("The typing sign appears after a delay and is renewed every four seconds until it is hidden")
    func typing() throws {
        let transcript = try self.started()
        transcript.handle(.typing(true, Transcript.route(42)))
        transcript.pass(90)
        transcript.handle(.typing(false, Transcript.route(42)))
        transcript.handle(.typing(true, Transcript.route(Sample.group, topic: 7)))
        #expect(transcript.methods().isEmpty)
        transcript.pass(100)
        let call = transcript.calls()
        #expect(call.map(\.method) == ["sendChatAction"] && call.first?.parameters["message_thread_id"] == 7)
        transcript.pass(8_000)
        expectEqual(transcript.methods().count, 2)
        transcript.handle(.typing(false, Transcript.route(Sample.group, topic: 7)))
        transcript.pass(8_000)
        #expect(transcript.methods().isEmpty)
    }

    @Test("A file is sent as a document, its caption cut between characters")
    func upload() throws {
        let file = OutgoingFile(
            name: "a.txt", mediaType: "text/plain", bytes: [1], caption: String(repeating: "👍", count: 600),
            route: Transcript.route(42), token: "t")
        let (calls, step) = try self.started().run(.upload(file), Transcript.sent(42, 5))
        #expect(calls.first?.method == "sendDocument" && calls.first?.file?.name == "a.txt")
        expectEqual(calls.first?.parameters["caption"]?.stringValue, String(repeating: "👍", count: 511) + "…")
        expectEqual(step.outcome, .message(Transcript.reference(42, 5)))
    }

    @Test("An answer that is read aloud is sent as a voice message")
    func voice() throws {
        let file = OutgoingFile(
            name: "answer.ogg", mediaType: "audio/ogg", bytes: [1], caption: "", route: Transcript.route(42),
            token: "t",
            isVoice: true)
        let (calls, step) = try self.started().run(.upload(file), Transcript.sent(42, 5))
        #expect(calls.first?.method == "sendVoice" && calls.first?.file?.field == "voice")
        expectEqual(calls.first?.parameters["caption"], nil)
        expectEqual(step.outcome, .message(Transcript.reference(42, 5)))
    }

    @Test("A file is located by its id; over 20 MB it is refused without a call")
    func locate() throws {
        let transcript = try self.started()
        let step = transcript.run(
            .locate(Attachment(id: "F", name: "a", size: 9)), .result(["file_path": "documents/a.zip"])
        ).1
        expectEqual(step.outcome, .file("documents/a.zip"))
        let large = transcript.run(.locate(Attachment(id: "F", name: "a", size: 21 << 20)))
        #expect(large.0.isEmpty && large.1.error?.code == .invalid)
    }

    @Test("A file that cannot be downloaded has a reason in words for people")
    func unlocated() throws {
        let transcript = try self.started()
        let file = TelegramOperation.Kind.locate(Attachment(id: "F", name: "a"))
        #expect(TelegramRefusal(code: 403, text: String(repeating: "x", count: 1_000)).text.utf8.count == 400)
        let refusal = TelegramRefusal(code: 400, text: "Bad Request: file is too big")
        let large = transcript.run(file, .refused(refusal)).1.error
        expectEqual(large?.message, "Telegram lets bots read files of up to 20 MB. Send a smaller one")
        let lost = transcript.run(file, .broken(TelegramBreak("api.telegram.org: idle", mayHaveArrived: true))).1.error
        expectEqual(lost?.message, "Telegram could not be reached. Send it again")
        #expect(TelegramHTTPTransport.fetchText(.totalTimeout).contains("five minutes. Send it again"))
    }

    @Test("While disconnected, sending fails and certainly sends nothing")
    func offline() throws {
        let transcript = try Transcript()
        let error = transcript.run(.post(Transcript.message("x"))).1.error
        #expect(error?.code == .disconnected && error?.isCertain == true)
    }

    @Test("Empty texts and invalid ids are refused")
    func invalid() throws {
        let transcript = try self.started()
        expectEqual(transcript.run(.post(Transcript.message("<b> </b>"))).1.error?.code, .invalid)
        let room = RoomID(adapter: Transcript.adapter, name: "#dev")
        let message = OutgoingMessage(text: "x", route: Route(room: room), token: "t")
        expectEqual(transcript.run(.post(message)).1.error?.code, .notFound)
        let reference = MessageReference(room: Transcript.route(42).room, id: "abc")
        expectEqual(transcript.run(.edit(reference, Transcript.message("x"))).1.error?.code, .notFound)
    }
}

extension Transcript {
    func traits(_ chat: Int64) -> RoomTraits { self.machine.traits(of: Self.route(chat).room) }
}
