import Chat
import JSON
import Kit
import Matrix
import TestSupport
import Testing

@Suite("Matrix messages")
struct MatrixMessageTests {
    private let room = MatrixTranscript.room

    @Test("links to the bot are found among any number of others, of which only the beginning is read")
    func links() {
        let other = "https://matrix.to/#/"
        let many = String(repeating: other, count: 3_000)
        let long = other + String(repeating: "%40", count: 20_000)
        let link = "<a href=\"\(other)%40bot%3Ahs\">bot</a>"
        func isAddressed(_ html: String) -> Bool? {
            self.read("hello", ["format": "org.matrix.custom.html", "formatted_body": .string(html)])?.isAddressed
        }
        expectEqual(isAddressed(many + long), false)
        expectEqual(isAddressed(many + long + link), true)
        expectEqual(isAddressed("see \(other)@bot:hs?via=hs"), true)
        expectEqual(isAddressed("see \(other)@bot:hsx or ttps://matrix.to/#/@bot:hs"), false)
    }

    @Test("very many messages with edits are each delivered once, in their last form")
    func manyEdits() {
        let transcript = MatrixTranscript()
        transcript.start()
        let messages = (0..<3_000).map { transcript.text("!a\($0)", id: "$m\($0)") }
        let edits = (0..<3_000).map { number in
            transcript.text(
                "* !b\(number)",
                more: [
                    "m.new_content": ["msgtype": "m.text", "body": .string("!b\(number)")],
                    "m.relates_to": ["rel_type": "m.replace", "event_id": .string("$m\(number)")],
                ])
        }
        transcript.sync([self.room: transcript.joined(messages + edits)])
        expectEqual(transcript.messages().map(\.text), (0..<3_000).map { "!b\($0)" })
    }

    @Test("ids that are longer than 255 bytes, or have anything but visible ASCII, are ignored")
    func longIDs() {
        func event(_ id: String, as own: String = "$1", by sender: String = "@a:hs") -> MatrixEvent? {
            let relation: JSON = [
                "rel_type": "m.thread", "event_id": .string(id), "m.in_reply_to": ["event_id": .string(id)],
            ]
            return MatrixEvent([
                "event_id": .string(own), "type": "m.room.redaction", "sender": .string(sender),
                "redacts": .string(id), "content": ["redacts": .string(id), "m.relates_to": relation],
            ])
        }
        let longest = "$" + String(repeating: "x", count: 254)
        let ids: [(String, String?)] = [
            (longest, longest), (longest + "x", nil), ("$\u{0}", nil), ("$\u{7F}", nil), ("$a b", nil), ("$é", nil),
        ]
        for (id, expected) in ids {
            let read = event(id)
            expectEqual(read?.redacts, expected)
            expectEqual(read?.threadRoot, expected)
            expectEqual(read?.repliedTo, expected)
        }
        #expect(event("$2", as: longest) != nil)
        expectEqual(event("$2", as: longest + "x"), nil)
        expectEqual(event("$2", as: "$\u{0}"), nil)
        let rooms: JSON = ["!a:hs": [:], "!\u{0}:hs": [:], "a:hs": [:]]
        expectEqual(MatrixSync(["next_batch": "s", "rooms": ["join": rooms]])?.joined.map(\.id), ["!a:hs"])
        expectEqual(event("$2", by: "@" + longest), nil)
    }

    private func read(_ body: String, _ more: JSONObject = [:], kind: String = "m.text") -> InboundMessage? {
        let transcript = MatrixTranscript()
        transcript.start()
        transcript.sync([self.room: transcript.joined([transcript.text(body, more: more, kind: kind)])])
        // The state machine may have to look up who started a thread.
        for case .event(_, let id) in transcript.requests().map(\.purpose) {
            transcript.answer(.event(room: self.room, id: id), transcript.text("a root", id: id))
        }
        return transcript.messages().first
    }

    @Test(
        "the bot's name at the start addresses it and is removed",
        arguments: [
            ("Jetbridge: hello", "hello", true), ("jetbridge, hello", "hello", true),
            ("Jetbridge hello", "hello", true),
            ("@Jetbridge hello", "hello", true), ("bot: hello", "hello", true), ("@bot:hs hello", "hello", true),
            ("@bot:hs: !help", "!help", true), ("  bot:  hello ", "hello", true), ("bot", "", true),
            ("bothersome", "bothersome", false), ("@bot:hsx hello", "@bot:hsx hello", false),
            ("hello Jetbridge", "hello Jetbridge", false), ("bot:hello", "bot:hello", false), ("hi", "hi", false),
        ])
    func names(_ body: String, _ text: String, _ isAddressed: Bool) {
        let message = self.read(body)
        expectEqual(message?.text, text)
        expectEqual(message?.isAddressed, isAddressed)
    }

    @Test("a mention or a pill anywhere addresses the bot")
    func mentions() {
        let mention: JSONObject = ["m.mentions": ["user_ids": ["@alice:hs", "@bot:hs"]]]
        expectEqual(self.read("what does Jetbridge say?", mention)?.isAddressed, true)
        expectEqual(self.read("x", ["m.mentions": ["user_ids": ["@alice:hs"]]])?.isAddressed, false)
        for link in [
            "https://matrix.to/#/@bot:hs", "https://matrix.to/#/%40bot%3Ahs", "https://matrix.to/#/@bot:hs?via=hs",
        ] {
            expectEqual(
                self.read("hey Jetbridge", ["formatted_body": .string("hey <a href=\"\(link)\">J</a>")])?.isAddressed,
                true)
        }
        expectEqual(
            self.read("x", ["formatted_body": "<a href=\"https://matrix.to/#/@bot:hs2\">J</a>"])?.isAddressed, false)
    }

    @Test("who is mentioned: the client's list, or else the pills outside of a quotation")
    func others() {
        func pill(_ user: String) -> String { "<a href=\"https://matrix.to/#/\(user)\">x</a>" }
        let quotation = "<mx-reply><blockquote>\(pill("@carol:hs")) said</blockquote></mx-reply>"
        let rows: [(JSONObject, isMention: Bool, mentionsOthers: Bool)] = [
            (["m.mentions": ["user_ids": ["@carol:hs"]]], false, true),
            (["m.mentions": ["user_ids": ["@carol:hs", "@bot:hs"]]], true, true),
            (["m.mentions": ["user_ids": ["@bot:hs"]]], true, false),
            (["m.mentions": ["user_ids": ["@alice:hs"]]], false, false),
            (["m.mentions": ["room": true]], false, false),
            (["m.mentions": [:], "formatted_body": .string("see \(pill("@carol:hs"))")], false, false),
            (["formatted_body": .string("\(pill("@carol:hs")) look")], false, true),
            (["formatted_body": .string("\(pill("%40carol%3Ahs")) look")], false, true),
            (["formatted_body": .string("\(pill("@alice:hs")) \(pill("!room:hs")) \(pill("#dev:hs"))")], false, false),
            (["formatted_body": .string("\(quotation)yes")], false, false),
            (["formatted_body": .string("\(quotation)\(pill("@bot:hs")) yes")], true, false),
        ]
        for row in rows {
            let message = self.read("look at this", row.0)
            expectEqual(message?.isMention, row.isMention)
            expectEqual(message?.mentionsOthers, row.mentionsOthers)
        }
    }

    @Test(
        "only the bot's full user id addresses it, anywhere in the text",
        arguments: [
            ("could you, @bot:hs, help?", true), ("ask @bot:hs.", true), ("(@bot:hs)", true),
            ("see @bot:hs: yes", true),
            ("ask @bot:hs.example", false), ("ask @bot:hsx", false), ("ask @bot:hs:8448", false),
            ("mail me@bot:hs", false), ("ask @bot:hs-2", false), ("@bot:hs2 and then @bot:hs", true),
        ])
    func wholeID(_ body: String, _ isAddressed: Bool) {
        let message = self.read(body)
        expectEqual(message?.isAddressed, isAddressed)
        expectEqual(message?.text, body)
    }

    @Test("every message in a thread that starts from the bot's message addresses it", arguments: [true, false])
    func ownThread(isOwn: Bool) {
        let transcript = MatrixTranscript()
        transcript.start()
        let text = transcript.text(
            "and now?",
            more: [
                "m.relates_to": [
                    "rel_type": "m.thread", "event_id": "$root", "is_falling_back": true,
                    "m.in_reply_to": ["event_id": "$root"],
                ]
            ])
        transcript.sync([self.room: transcript.joined([text])])
        expectEqual(transcript.requests().map(\.purpose), [.event(room: self.room, id: "$root")])
        transcript.answer(
            .event(room: self.room, id: "$root"),
            transcript.text("an answer", from: isOwn ? MatrixTranscript.me : "@alice:hs", id: "$root"))
        let messages = transcript.messages()
        expectEqual(messages.map(\.isAddressed), [isOwn])
        #expect(messages.allSatisfy { !$0.isMention && !$0.isReply })
    }

    @Test("a room is one thread and each thread in it another; answers follow the question")
    func threads() {
        let plain = self.read("bot: a")
        expectEqual(plain?.thread.value, self.room)
        expectEqual(plain?.route, MatrixTranscript.route(replyTo: "$e1", recipient: "@alice:hs"))
        expectEqual(plain?.isThreaded, false)
        let threaded = self.read(
            "a",
            [
                "m.relates_to": [
                    "rel_type": "m.thread", "event_id": "$root", "is_falling_back": true,
                    "m.in_reply_to": ["event_id": "$other"],
                ]
            ])
        expectEqual(threaded?.thread.value, "\(self.room)/$root")
        expectEqual(threaded?.route.anchor, "$root")
        expectEqual(threaded?.isThreaded, true)
        expectEqual(threaded?.isAddressed, false)
    }

    @Test("the full user id identifies the sender, never the display name")
    func sender() {
        let transcript = MatrixTranscript()
        transcript.start()
        let member = transcript.event(
            "m.room.member", ["membership": "join", "displayname": "Alice"], stateKey: "@alice:hs")
        transcript.sync([self.room: transcript.joined([transcript.text("hi")], state: [member])])
        let sender = transcript.messages().first?.sender
        expectEqual(sender?.id, "matrix:@alice:hs")
        expectEqual(sender?.identities, [Identity("matrix:@alice:hs")])
        expectEqual(sender?.displayName, "Alice")
        expectEqual(sender?.isLasting, true)
        expectEqual(self.read("x")?.sender.displayName, "alice")
    }

    @Test("the quotation that old clients put before a reply is removed, a person's own is kept")
    func replies() {
        let reply: JSONObject = ["m.relates_to": ["m.in_reply_to": ["event_id": "$e0"]]]
        let transcript = MatrixTranscript()
        transcript.start()
        transcript.sync([
            self.room: transcript.joined([
                transcript.text("old", id: "$e0"),
                transcript.text("> <@carol:hs> said\n> more\n\nbot: and?", more: reply),
                transcript.text("> quoted\n\nand mine", more: reply), transcript.text("> <@carol:hs> x\n\ny"),
            ])
        ])
        expectEqual(transcript.messages().map(\.text), ["old", "and?", "> quoted\n\nand mine", "> <@carol:hs> x\n\ny"])
    }

    @Test("files have name, type and size, and a caption becomes the text")
    func files() {
        let file: JSONObject = [
            "url": "mxc://hs/abc", "filename": "a.zip", "info": ["mimetype": "application/zip", "size": 9],
        ]
        let message = self.read("look at this", file, kind: "m.file")
        expectEqual(message?.text, "look at this")
        expectEqual(
            message?.attachments, [Attachment(id: "mxc://hs/abc", name: "a.zip", mediaType: "application/zip", size: 9)]
        )
        expectEqual(self.read("a.png", ["url": "mxc://hs/abc"], kind: "m.image")?.text, "")
        expectEqual(self.read("a.png", ["url": "mxc://hs/abc"], kind: "m.image")?.attachments.first?.name, "a.png")
        expectEqual(self.read("waves", kind: "m.emote")?.text, "*alice waves*")
    }

    @Test("a voice message is one, as an answer that is read aloud is sent")
    func voice() {
        let note: JSONObject = ["url": "mxc://hs/abc", "org.matrix.msc3245.voice": [:]]
        expectEqual(self.read("Voice message", note, kind: "m.audio")?.attachments.first?.isVoice, true)
        expectEqual(self.read("song.mp3", ["url": "mxc://hs/abc"], kind: "m.audio")?.attachments.first?.isVoice, false)
        let file = OutgoingFile(
            name: "answer.ogg", mediaType: "audio/ogg", bytes: [1], caption: "",
            route: Route(room: RoomID(adapter: AdapterID("matrix:hs"), name: "!r:hs")),
            token: "t", isVoice: true)
        let content = MatrixContent.file(file, at: "mxc://hs/abc", relation: .none)
        #expect(content["msgtype"] == "m.audio" && content["org.matrix.msc3245.voice"] == [:])
    }

    @Test(
        "an invalid media address is dropped",
        arguments: [
            "mxc://hs/../x", "mxc://hs/a/b", "https://e.org/x", "mxc:///x", "mxc://hs/", "mxc://h%2Fs/x",
            "mxc://hs/a?b",
            "mxc://../x", "mxc://hs/é",
        ])
    func addresses(_ address: String) {
        let message = self.read("a.png", ["url": .string(address)], kind: "m.image")
        expectEqual(message?.attachments, [Attachment(id: "", name: "a.png", mediaType: nil, size: nil)])
    }

    @Test("a timestamp in the future is capped at the present")
    func clock() {
        let transcript = MatrixTranscript()
        transcript.start()
        transcript.now.wall -= 5_000
        let early = transcript.now.wall
        transcript.now.wall += 1_000_000
        let event = transcript.text("x")
        transcript.now.wall = early
        transcript.sync([self.room: transcript.joined([event])])
        expectEqual(transcript.messages().first?.sentAt, early)
    }

    @Test("a room is called by its name, else by its alias, also after a restart")
    func title() throws {
        let transcript = MatrixTranscript()
        transcript.start()
        func title(_ type: String, _ content: JSON) -> String? {
            let event = transcript.event(type, content, stateKey: "")
            transcript.sync([self.room: transcript.joined([event, transcript.text("hi")])])
            return transcript.machine.memory.rooms[self.room]?.title
        }
        expectEqual(title("m.room.canonical_alias", ["alias": "#team:hs"]), "#team:hs")
        expectEqual(title("m.room.name", ["name": "The \n team"]), "The team")
        expectEqual(title("m.room.canonical_alias", ["alias": "#other:hs"]), "The team")
        let memory = transcript.machine.memory
        let read = try #require(MatrixMemory(bytes: memory.bytes, account: memory.account))
        expectEqual(read.rooms[self.room]?.title, "The team")
        expectEqual(title("m.room.name", ["name": ""]), "#other:hs")
        expectEqual(title("m.room.canonical_alias", [:]), nil)
        expectEqual(title("m.room.name", ["name": "#dev"]), "#dev")
        expectEqual(title("m.room.canonical_alias", ["alias": "#other:hs"]), "#dev")
        // What it was called is still known when the bot was removed.
        transcript.sync(left: [self.room: [:]])
        let traits = transcript.machine.traits(
            of: RoomID(adapter: MatrixTranscript.adapter, name: self.room), at: transcript.now)
        #expect(transcript.machine.memory.rooms[self.room] == nil && traits.title == "#dev")
    }

    @Test(
        "a room is direct by its member count, its name and the account data",
        arguments: [
            (2, false, false, true), (3, false, false, false), (2, true, false, false), (2, true, true, true),
            (3, false, true, false),
        ])
    func direct(members: Int, isNamed: Bool, isMarked: Bool, isDirect: Bool) {
        let transcript = MatrixTranscript()
        transcript.start()
        let name = transcript.event("m.room.name", ["name": "team"], stateKey: "")
        let join = transcript.event("m.room.member", ["membership": "join"], stateKey: MatrixTranscript.me)
        transcript.sync(
            [
                "!d:hs": transcript.joined(
                    [join, transcript.text("hi")], state: isNamed ? [name] : [], members: members)
            ], direct: isMarked ? ["!d:hs"] : nil)
        expectEqual(transcript.messages().map(\.isDirect), [isDirect])
    }
}
