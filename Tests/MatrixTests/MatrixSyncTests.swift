import Chat
import HTTP
import JSON
import TestSupport
import Testing

@testable import Matrix

@Suite("Matrix sync")
struct MatrixSyncTests {
    private let room = MatrixTranscript.room

    @Test("the first sync delivers no earlier messages")
    func first() {
        let transcript = MatrixTranscript()
        transcript.signIn()
        transcript.sync([self.room: transcript.joined([transcript.text("!help")], members: 3)])
        #expect(transcript.messages().isEmpty)
        transcript.sync([self.room: transcript.joined([transcript.text("!help")])])
        expectEqual(transcript.messages().map(\.text), ["!help"])
    }

    @Test("an event that holds too much to be read does not hide the others")
    func crammed() throws {
        let deep = String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
        let many = "[" + String(repeating: "0,", count: 300_000) + "0]"
        for content in [deep, many, String(repeating: "9", count: 400)] {
            let text = #"{"next_batch":"s2","to_device":{"events":[{"content":\#(content)},{"type":"m.dummy"}]}}"#
            let answer = MatrixHTTPTransport.read(Array(text.utf8))
            expectEqual(answer.json?["to_device"]?["events"], [.null, ["type": "m.dummy"]])
            expectEqual(answer.json?["next_batch"], "s2")
        }
        // A person's keys are in no list.
        let object = String(repeating: #"{"a":"#, count: 65) + "0" + String(repeating: "}", count: 65)
        let keys = MatrixHTTPTransport.read(Array(#"{"device_keys":{"@a:b":\#(object)}}"#.utf8))
        #expect(keys.json == nil && keys.isTooLong)
        #expect(!MatrixHTTPTransport.read(Array("<html>".utf8)).isTooLong)
    }

    @Test("the next sync is requested after everything is delivered and saved")
    func order() {
        let transcript = MatrixTranscript()
        transcript.start()
        transcript.sync([self.room: transcript.joined([transcript.text("a"), transcript.text("b")])], next: "s5")
        let words = transcript.actions.map { action in
            switch action {
            case .deliver: "deliver"
            case .remember(let memory, _): "remember \(memory.since ?? "")"
            case .request(let request): "\(request.purpose)"
            case .status: "status"
            default: "other"
            }
        }
        expectEqual(words, ["deliver", "deliver", "remember s5", "status", "sync(since: Optional(\"s5\"))"])
    }

    @Test("the gap of a limited timeline is filled page by page, oldest first, each event once")
    func gap() {
        let transcript = MatrixTranscript()
        transcript.start()
        let since = transcript.machine.memory.since
        transcript.sync([self.room: transcript.joined([transcript.text("five", id: "$5")], isLimited: true)])
        let first = transcript.requests()
        expectEqual(first.map(\.purpose), [.gap(room: self.room)])
        expectEqual(first.first?.query["from"], since)
        expectEqual(first.first?.query["to"], "p")
        #expect(transcript.delivered().isEmpty)
        transcript.answer(
            .gap(room: self.room),
            [
                "chunk": [transcript.text("one", id: "$1"), transcript.text("two", id: "$2")], "start": "a",
                "end": "b",
            ])
        expectEqual(transcript.messages().map(\.text), ["one", "two"])
        expectEqual(transcript.requests().first?.query["from"], "b")
        transcript.answer(
            .gap(room: self.room),
            ["chunk": [transcript.text("two", id: "$2"), transcript.text("three", id: "$3")], "end": "p"])
        expectEqual(transcript.messages().map(\.text), ["three", "five"])
        expectEqual(transcript.asked().count, 1)
    }

    @Test("a temporary failure in a gap repeats the sync; a permanent one is logged and the gap skipped")
    func gapFails() {
        let transcript = MatrixTranscript()
        transcript.start()
        let since = transcript.machine.memory.since
        transcript.sync([self.room: transcript.joined([transcript.text("five")], isLimited: true)])
        transcript.refuse(.gap(room: self.room), 502)
        #expect(transcript.delivered().isEmpty)
        expectEqual(transcript.waits().count, 1)
        expectEqual(transcript.machine.memory.since, since)
        transcript.sync([self.room: transcript.joined([transcript.text("five")], isLimited: true)])
        // A 404 without a code comes from a proxy, not from the homeserver.
        transcript.refuse(.gap(room: self.room), 404)
        #expect(transcript.delivered().isEmpty)
        expectEqual(transcript.waits().count, 1)
        transcript.sync([self.room: transcript.joined([transcript.text("five")], isLimited: true)])
        transcript.refuse(.gap(room: self.room), 403, "M_FORBIDDEN")
        expectEqual(transcript.messages().map(\.text), ["five"])
        #expect(transcript.logs().contains { $0.contains("cannot be read") })
    }

    @Test("a server may ask for a pause before the next sync, but not for a day", arguments: [429, 503])
    func longPause(status: Int) {
        let transcript = MatrixTranscript()
        transcript.start()
        for (asked, pause) in [(90_000, 90_000), (300_000, 300_000), (86_400_000, 300_000)] as [(Int64, Int64)] {
            transcript.refuse(.sync(since: "s"), status, retryAfter: asked)
            expectEqual(transcript.waits(), [pause...pause])
        }
    }

    private func reply(_ transcript: MatrixTranscript, _ body: String, to id: String) -> JSON {
        transcript.text(body, more: ["m.relates_to": ["m.in_reply_to": ["event_id": .string(id)]]])
    }

    @Test("a look-up that fails each time delays the sync and does not stop it", arguments: [500, 429, 404])
    func hopelessLookup(status: Int) {
        let transcript = MatrixTranscript()
        transcript.start()
        let events = [
            self.reply(transcript, "a", to: "$x"), self.reply(transcript, "b", to: "$y"), transcript.text("!help"),
        ]
        var waits: [Int64] = []
        for _ in 0..<5 {
            transcript.sync([self.room: transcript.joined(events)], next: "s7")
            transcript.refuse(.event(room: self.room, id: "$x"), status)
            waits += transcript.waits().map(\.upperBound)
        }
        expectEqual(waits, [1_000, 2_000, 4_000, 8_000, 16_000])
        #expect(transcript.delivered().isEmpty)
        transcript.sync([self.room: transcript.joined(events)], next: "s7")
        for id in ["$x", "$y"] { transcript.refuse(.event(room: self.room, id: id), status) }
        expectEqual(transcript.messages().map(\.text), ["a", "b", "!help"])
        #expect(transcript.waits().isEmpty)
        expectEqual(transcript.machine.memory.since, "s7")
        // The next one has all its tries again.
        transcript.sync([self.room: transcript.joined([self.reply(transcript, "c", to: "$z")])])
        transcript.refuse(.event(room: self.room, id: "$z"), status)
        expectEqual(transcript.waits().map(\.upperBound), [1_000])
    }

    @Test("missed events that cannot be read at any time are left out")
    func hopelessGap() {
        let transcript = MatrixTranscript()
        transcript.start()
        let limited = transcript.joined([transcript.text("five")], isLimited: true)
        for _ in 0..<6 {
            #expect(transcript.delivered().isEmpty)
            transcript.sync([self.room: limited], next: "s7")
            transcript.handle(.answer(.gap(room: self.room), .failed("it timed out", mayHaveArrived: true)))
        }
        expectEqual(transcript.messages().map(\.text), ["five"])
        #expect(transcript.logs().contains { $0.contains("cannot be read: it timed out") })
        expectEqual(transcript.machine.memory.since, "s7")
    }

    @Test("positions of more than 4 KiB and rooms beyond 20,000 are not kept")
    func limits() {
        func sync(next: Int, previous: Int) -> MatrixSync? {
            let position = JSON.string(String(repeating: "x", count: previous))
            let room: JSON = ["timeline": ["prev_batch": position]]
            return MatrixSync([
                "next_batch": .string(String(repeating: "x", count: next)), "rooms": ["join": ["!a": room]],
            ])
        }
        #expect(sync(next: 4_096, previous: 4_096) != nil)
        #expect(sync(next: 4_097, previous: 1) == nil)
        #expect(sync(next: 1, previous: 4_097) == nil)
        var memory = MatrixMemory(account: MatrixStateMachine.account(MatrixTranscript.settings()))
        memory.since = "s1"
        for number in 1..<MatrixMemory.roomLimit { memory.rooms["!\(number)"] = MatrixRoom() }
        let transcript = MatrixTranscript(memory: memory)
        transcript.signIn()
        let joined = ["!1", "!a", "!b", "!c"].map { ($0, transcript.joined([transcript.text($0, kind: "m.text")])) }
        transcript.sync(
            Dictionary(uniqueKeysWithValues: joined), direct: (0...MatrixMemory.roomLimit).map { "!d\($0)" })
        expectEqual(transcript.messages().map(\.route.room.name), ["!1", "!a"])
        expectEqual(transcript.machine.memory.rooms.count, MatrixMemory.roomLimit)
        expectEqual(transcript.machine.memory.direct.count, MatrixMemory.roomLimit)
        #expect(transcript.logs().contains { $0.contains("more than 20000 rooms") })
    }

    @Test("after the server forgets the sync token, reading resumes after the last known event")
    func forgottenToken() {
        let transcript = MatrixTranscript()
        transcript.start()
        transcript.sync([self.room: transcript.joined([transcript.text("a", id: "$a")])])
        transcript.actions = []
        transcript.refuse(.sync(since: transcript.machine.memory.since), 400, "M_UNKNOWN")
        expectEqual(transcript.asked(), ["sync(since: nil)"])
        transcript.sync([
            self.room: transcript.joined([
                transcript.text("old", id: "$0"), transcript.text("a", id: "$a"), transcript.text("new", id: "$n"),
            ])
        ])
        expectEqual(transcript.messages().map(\.text), ["new"])
    }

    @Test("messages from before a reconnect are marked as backlog")
    func backlog() {
        var memory = MatrixMemory(account: MatrixStateMachine.account(MatrixTranscript.settings()))
        memory.since = "s1"
        memory.rooms = [self.room: MatrixRoom()]
        let transcript = MatrixTranscript(memory: memory)
        transcript.signIn()
        transcript.sync([self.room: transcript.joined([transcript.text("a")])])
        transcript.sync([self.room: transcript.joined([transcript.text("b")])])
        expectEqual(transcript.messages().map(\.isBacklog), [true, false])
    }

    @Test("in a new room, only messages since the invitation are delivered")
    func newRoom() {
        let transcript = MatrixTranscript()
        transcript.start()
        let invite = transcript.event("m.room.member", ["membership": "invite"], stateKey: MatrixTranscript.me)
        let join = transcript.event(
            "m.room.member", ["membership": "join"], from: MatrixTranscript.me, stateKey: MatrixTranscript.me)
        transcript.sync([
            "!new:hs": transcript.joined(
                [transcript.text("before"), invite, transcript.text("hello"), join, transcript.text("after")],
                members: 2, isLimited: true)
        ])
        let messages = transcript.messages()
        expectEqual(messages.map(\.text), ["hello", "after"])
        expectEqual(messages.map(\.isDirect), [true, true])
    }

    @Test("the bot's own messages, notices, other types and invalid events are skipped")
    func ignored() {
        let transcript = MatrixTranscript()
        transcript.start()
        transcript.sync([
            self.room: transcript.joined([
                transcript.text("mine", from: MatrixTranscript.me), transcript.text("bot", kind: "m.notice"),
                transcript.event("m.room.message", [:]), transcript.event("m.sticker", ["body": "x"]),
                transcript.event("m.room.encrypted", ["algorithm": "m.megolm.v1.aes-sha2"]), "text", 5, [:],
                transcript.text("map", kind: "m.location"), transcript.text("here"),
            ])
        ])
        expectEqual(transcript.messages().map(\.text), ["here"])
    }

    @Test("edits, deletions and reactions to the bot's messages are delivered")
    func changes() throws {
        let transcript = MatrixTranscript()
        transcript.start()
        _ = try transcript.post(MatrixTranscript.outgoing("hi"))
        _ = try transcript.machine.finish(
            transcript.machine.posting(MatrixTranscript.outgoing("hi")), .success(["event_id": "$own"]),
            at: transcript.now)
        let edit = transcript.text(
            "* bot: new", id: "$edit",
            more: [
                "m.new_content": ["msgtype": "m.text", "body": "Jetbridge: new"],
                "m.relates_to": ["rel_type": "m.replace", "event_id": "$q"],
            ])
        func reaction(_ target: String, _ key: String, _ sender: String = "@alice:hs") -> JSON {
            transcript.event(
                "m.reaction",
                ["m.relates_to": ["rel_type": "m.annotation", "event_id": .string(target), "key": .string(key)]],
                from: sender)
        }
        let redaction = transcript.event("m.room.redaction", ["redacts": "$q"])
        let other = reaction("$other", "👍")
        transcript.sync([
            self.room: transcript.joined([
                transcript.text("someone else's", id: "$other"), edit, reaction("$own", "✔\u{FE0F}"),
                reaction("$own", "👀", MatrixTranscript.me), redaction, other,
            ])
        ])
        // The edit addresses the bot, in somebody else's message.
        transcript.answer(.event(room: self.room, id: "$q"), transcript.text("old", from: "@bob:hs", id: "$q"))
        let kinds = transcript.delivered().map { event in
            switch event.kind {
            case .message(let message): "message \(message.text)"
            case .messageEdited(let edit): "edit \(edit.reference.id) \(edit.text) \(edit.sender.id)"
            case .messageDeleted(let reference): "delete \(reference.id)"
            case .choice(let choice): "choice \(choice.target.id) \(choice.kind)"
            default: "other"
            }
        }
        expectEqual(
            kinds,
            [
                "message someone else's", "edit $q new matrix:@alice:hs", "choice $own reaction(\"✔\")", "delete $q",
            ])
    }

    @Test("an edit that comes with its message changes it, unless it is somebody else's")
    func editAtOnce() {
        let transcript = MatrixTranscript()
        transcript.start()
        func edit(_ text: String, from sender: String = "@alice:hs") -> JSON {
            transcript.text(
                "* \(text)", from: sender,
                more: [
                    "m.new_content": ["msgtype": "m.text", "body": .string(text)],
                    "m.relates_to": ["rel_type": "m.replace", "event_id": "$q"],
                ])
        }
        transcript.sync([
            self.room: transcript.joined([
                transcript.text("Jetbridge: old", id: "$q"), edit("newer"), transcript.text("other"), edit("newest"),
                edit("forged", from: "@eve:hs"),
            ])
        ])
        let kinds = transcript.delivered().map { event in
            switch event.kind {
            case .message(let message): "message \(message.text) \(message.isAddressed)"
            case .messageEdited(let edit): "edit \(edit.text) \(edit.sender.id)"
            default: "other"
            }
        }
        expectEqual(kinds, ["message newest true", "message other false", "edit forged matrix:@eve:hs"])
        // A later one is the core's.
        transcript.sync([self.room: transcript.joined([edit("late")])])
        expectEqual(transcript.delivered().count, 1)
    }

    @Test(
        "a mention that an edit adds wakes the bot, in the message's thread and under its id", arguments: [true, false])
    func addedMention(isKnown: Bool) throws {
        let transcript = MatrixTranscript()
        transcript.start()
        let question = transcript.text(
            "what is this?", id: "$q", more: ["m.relates_to": ["rel_type": "m.thread", "event_id": "$root"]])
        func edit(_ text: String, from sender: String = "@alice:hs", id: String) -> JSON {
            transcript.text(
                "* \(text)", from: sender, id: id,
                more: [
                    "m.new_content": ["msgtype": "m.text", "body": .string(text)],
                    "m.relates_to": ["rel_type": "m.replace", "event_id": "$q"],
                ])
        }
        if isKnown {
            transcript.sync([self.room: transcript.joined([question])])
            transcript.answer(.event(room: self.room, id: "$root"), transcript.text("hi", from: "@bob:hs", id: "$root"))
            expectEqual(transcript.delivered().compactMap(\.message).map(\.isAddressed), [false])
        }
        transcript.sync([
            self.room: transcript.joined([
                edit("what is that?", id: "$1"), edit("Jetbridge: what is this?", id: "$2"),
                edit("Jetbridge: forged", from: "@eve:hs", id: "$3"),
            ])
        ])
        if !isKnown { transcript.answer(.event(room: self.room, id: "$q"), question) }
        let events = transcript.delivered()
        expectEqual(events.map(\.id), ["$1", "$2", "$q", "$3"])
        let message = try #require(events[2].message)
        expectEqual(message.text, "what is this?")
        #expect(message.isAddressed && message.isThreaded)
        expectEqual(message.route.anchor, "$root")
        expectEqual(message.route.replyTo, "$q")
        expectEqual(message.thread.value, "\(self.room)/$root")
        expectEqual(message.sender.id, "matrix:@alice:hs")
    }

    @Test("the unknown target of a reply or reaction is looked up")
    func lookup() {
        let transcript = MatrixTranscript()
        transcript.start()
        let reply = transcript.text("and now?", more: ["m.relates_to": ["m.in_reply_to": ["event_id": "$x"]]])
        transcript.sync([self.room: transcript.joined([transcript.text("first"), reply])])
        expectEqual(transcript.requests().map(\.purpose), [.event(room: self.room, id: "$x")])
        expectEqual(transcript.messages().map(\.text), ["first"])
        transcript.answer(
            .event(room: self.room, id: "$x"), transcript.text("mine", from: MatrixTranscript.me, id: "$x"))
        expectEqual(transcript.messages().map(\.isAddressed), [true])
        expectEqual(transcript.asked().count, 1)
        // Known targets are not looked up again; an unreadable one does not address the bot.
        let unknown = transcript.text("hm", more: ["m.relates_to": ["m.in_reply_to": ["event_id": "$y"]]])
        transcript.sync([self.room: transcript.joined([reply, unknown])])
        transcript.refuse(.event(room: self.room, id: "$y"), 404, "M_NOT_FOUND")
        expectEqual(transcript.messages().map(\.isAddressed), [true, false])
    }

    private func reaction(_ transcript: MatrixTranscript, to id: String, from sender: String = "@alice:hs") -> JSON {
        transcript.event(
            "m.reaction", ["m.relates_to": ["rel_type": "m.annotation", "event_id": .string(id), "key": "👍"]],
            from: sender)
    }

    /// Answers all look-ups with the bot's own event; their number.
    private func lookUp(_ transcript: MatrixTranscript) -> Int {
        var count = 0
        while case .event(let room, let id) = transcript.requests().last?.purpose {
            count += 1
            transcript.answer(
                .event(room: room, id: id), transcript.text("mine", from: MatrixTranscript.me, id: id))
        }
        return count
    }

    @Test("a sync looks up a bounded number of events for a person and in a room, and what is known needs none")
    func manyLookups() {
        let transcript = MatrixTranscript()
        transcript.start()
        let own = transcript.text("mine", from: MatrixTranscript.me, id: "$own")
        var events = [own]
        for user in ["@alice:hs", "@bob:hs", "@carol:hs"] {
            for number in 0..<60 { events.append(self.reaction(transcript, to: "$\(user)\(number)", from: user)) }
        }
        events.append(self.reaction(transcript, to: "$own", from: "@alice:hs"))
        transcript.sync([
            self.room: transcript.joined(events),
            "!z:hs": transcript.joined(
                [
                    transcript.event("m.room.member", ["membership": "join"], stateKey: MatrixTranscript.me),
                    self.reaction(transcript, to: "$alice", from: "@alice:hs"),
                    self.reaction(transcript, to: "$dora", from: "@dora:hs"),
                ], members: 3),
        ])
        expectEqual(self.lookUp(transcript), 101)
        let targets = transcript.delivered().map { event in
            if case .choice(let choice) = event.kind { choice.target.id } else { "?" }
        }
        expectEqual(targets.count, 102)
        expectEqual(targets.suffix(2), ["$own", "$dora"])
        // The next sync has all again.
        transcript.sync([self.room: transcript.joined([self.reaction(transcript, to: "$more")])])
        expectEqual(self.lookUp(transcript), 1)
    }

    @Test("for people without a role nothing is looked up, and what they name stays open for others")
    func strangersLookups() {
        let transcript = MatrixTranscript()
        transcript.start()
        let targets = ["$x", "$y", "$z"]
        let theirs = targets.map { self.reaction(transcript, to: $0, from: "@eve:hs") }
        transcript.sync([
            self.room: transcript.joined(theirs + [self.reaction(transcript, to: "$x"), transcript.text("last")])
        ])
        expectEqual(transcript.machine.asker, "@eve:hs")
        expectEqual(transcript.requests().map(\.purpose), [.event(room: self.room, id: "$x")])
        transcript.handle(.stranger("@eve:hs"))
        expectEqual(transcript.machine.asker, "@alice:hs")
        expectEqual(self.lookUp(transcript), 1)
        let senders = transcript.delivered().map { event in
            if case .choice(let choice) = event.kind { choice.sender.id } else { "message" }
        }
        expectEqual(senders, ["matrix:@alice:hs", "message"])
    }

    @Test("a message for the bot is marked as read in its thread after delivery")
    func receipts() {
        let transcript = MatrixTranscript()
        transcript.start()
        transcript.sync([self.room: transcript.joined([transcript.text("nothing for us")])])
        #expect(transcript.receipts().isEmpty)
        let threaded = transcript.text(
            "Jetbridge: x", id: "$t",
            more: [
                "m.relates_to": [
                    "rel_type": "m.thread", "event_id": "$root", "is_falling_back": true,
                    "m.in_reply_to": ["event_id": "$l"],
                ]
            ])
        transcript.sync([self.room: transcript.joined([transcript.text("Jetbridge: y"), threaded])])
        let receipts = transcript.receipts()
        expectEqual(receipts.map(\.path.last), ["$t"])
        expectEqual(receipts.first?.body, ["thread_id": "$root"])
    }

    @Test("messages that follow within a moment are marked as read together")
    func joinedReceipts() {
        let transcript = MatrixTranscript()
        transcript.start()
        for id in ["$a", "$b", "$c"] {
            transcript.sync([self.room: transcript.joined([transcript.text("Jetbridge: x", id: id)])])
        }
        let receipts = transcript.receipts()
        expectEqual(receipts.map(\.path.last), ["$c"])
        expectEqual(receipts.first?.body, ["thread_id": "main"])
        transcript.sync([self.room: transcript.joined([transcript.text("Jetbridge: x", id: "$d")])])
        expectEqual(transcript.receipts().map(\.path.last), ["$d"])
    }

    @Test("what the bot has answered in the same place needs no receipt, and a later message has a mark of its own")
    func answeredReceipts() throws {
        let transcript = MatrixTranscript()
        transcript.start()
        func ask(_ id: String) {
            transcript.sync([self.room: transcript.joined([transcript.text("Jetbridge: x", id: id)])])
        }
        func answer(in thread: String?) throws {
            let outgoing = MatrixOutgoing(
                room: self.room, kind: .event(.message, ["msgtype": "m.notice", "body": "y"]), transaction: "t",
                thread: thread)
            _ = try transcript.machine.finish(outgoing, .success(["event_id": "$own"]), at: transcript.now)
        }
        ask("$a")
        try answer(in: "$elsewhere")
        expectEqual(transcript.receipts().map(\.path.last), ["$a"])
        ask("$b")
        try answer(in: nil)
        ask("$c")
        // The first mark is the one of `$b`, which must not mark `$c` before its time.
        let first = transcript.actions.firstIndex { if case .markRead = $0 { true } else { false } }
        guard let first, case .markRead(let mark, _) = transcript.actions.remove(at: first) else {
            Issue.record("no mark")
            return
        }
        expectEqual(transcript.machine.takeReceipt(mark), nil)
        expectEqual(transcript.receipts().map(\.path.last), ["$c"])
    }

    @Test("malformed answers do not stop the connection")
    func hostile() {
        let transcript = MatrixTranscript()
        transcript.start()
        transcript.answer(.sync(since: "s"), ["rooms": []])
        expectEqual(transcript.waits().count, 1)
        transcript.sync([
            "no room": transcript.joined([transcript.text("a")]), "!x": ["timeline": ["events": "none"]],
            self.room: transcript.joined([
                transcript.event("m.room.message", ["msgtype": 5, "body": ["a"]]),
                transcript.text("a", id: "no id"), transcript.text("ok", from: "nobody"),
                transcript.event("m.reaction", ["m.relates_to": ["rel_type": "m.annotation", "event_id": 7]]),
                transcript.event("m.room.redaction", [:]),
                transcript.text("e", more: ["m.relates_to": ["rel_type": "m.replace", "event_id": "$q"]]),
                transcript.text("fine", more: ["m.mentions": "x", "m.relates_to": 4]),
            ]),
        ])
        expectEqual(transcript.delivered().count, 1)
        expectEqual(transcript.asked().last?.hasPrefix("sync"), true)
    }

    @Test("numbers at their ends in a sync and in what precedes it harm nothing")
    func extremes() {
        let transcript = MatrixTranscript()
        let event = transcript.text(
            "!help", more: ["info": ["size": 5, "w": 1, "h": 1], "m.relates_to": ["event_id": "$1", "key": "1"]])
        let file = transcript.text("1.png", more: ["url": "mxc://hs/1", "info": ["size": 12]], kind: "m.image")
        let state = transcript.event(
            "m.room.power_levels", ["users": ["@bot:hs": 100], "events": ["m.reaction": 50], "events_default": 0],
            stateKey: "")
        let joined = transcript.joined([event, file], state: [state], members: 3)
        let answers: [(MatrixRequest.Purpose, JSON)] = [
            (.versions, ["versions": ["v1.11"], "unstable_features": ["x": 1]]),
            (.whoAmI, ["user_id": .string(MatrixTranscript.me), "device_id": "1", "expires_in_ms": 1]),
            (.displayName, ["displayname": "1"]), (.mediaLimit, ["m.upload.size": 1_000_000]),
            (
                .sync(since: nil),
                [
                    "next_batch": "1", "device_one_time_keys_count": ["signed_curve25519": 50],
                    "rooms": ["join": .object([self.room: joined])],
                    "to_device": ["events": [["type": "m.dummy", "sender": "@a:hs", "content": ["timestamp": 1]]]],
                ]
            ),
        ]
        for (index, (purpose, answer)) in answers.enumerated() {
            for variant in ExtremeNumbers.variants(of: answer) {
                let transcript = MatrixTranscript()
                transcript.handle(.begin)
                for earlier in answers[..<index] { transcript.answer(earlier.0, earlier.1) }
                transcript.answer(purpose, variant)
                for later in answers[(index + 1)...] { transcript.answer(later.0, later.1) }
                transcript.sync([self.room: transcript.joined([event])])
                let times = transcript.messages().map(\.sentAt)
                #expect(times.allSatisfy { 0...253_402_300_799_999 ~= $0 }, "\(variant.text)")
            }
        }
    }
}
