import Chat
import Etiquette
import Testing
import Threads

/// Lines that people write, with the situation in which they write them, and what the bot does.
@Suite("When it answers")
struct EtiquetteTests {
    enum Place: String, Sendable, CaseIterable {
        /// A direct message.
        case direct
        /// A channel that the bot is in.
        case channel
        /// A thread that it is part of, with one other person.
        case thread
        /// A thread that it is part of, with several people.
        case team
        /// A thread of others.
        case foreign
    }

    enum Expected: Sendable, Equatable {
        case answer, stop, hint, thank
        case command(CommandName)
        case ignored(String)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let text: String
        let place: Place
        var mention = false
        var reply = false
        var below = false
        var others = false
        var busy = false
        var muted = false
        var asked = false
        var answers = ThreadAnswers.always
        var role: Role? = .member
        let expected: Expected

        init(
            _ text: String, _ place: Place, mention: Bool = false, reply: Bool = false, below: Bool = false,
            others: Bool = false, busy: Bool = false, muted: Bool = false, asked: Bool = false,
            answers: ThreadAnswers = .always, role: Role? = .member, _ expected: Expected
        ) {
            self.text = text
            self.place = place
            self.mention = mention
            self.reply = reply
            self.below = below
            self.others = others
            self.busy = busy
            self.muted = muted
            self.asked = asked
            self.answers = answers
            self.role = role
            self.expected = expected
        }

        var testDescription: String { "“\(self.text)” in \(self.place) → \(self.expected)" }

        var message: InboundMessage {
            let adapter = AdapterID("slack:team")
            let isDirect = self.place == .direct
            return InboundMessage(
                thread: ThreadKey(adapter: adapter, value: "C1/1"),
                route: Route(room: RoomID(adapter: adapter, name: "C1"), replyTo: "2"),
                sender: Sender(id: "slack:T1/U1", identities: [], displayName: "alice"), text: self.text, sentAt: 0,
                isDirect: isDirect, isAddressed: isDirect || self.mention || self.reply || self.below,
                isMention: self.mention, isReply: self.reply, mentionsOthers: self.others,
                isThreaded: [.thread, .team, .foreign].contains(self.place))
        }

        /// All that is known, whether it is needed or not.
        var situation: Situation {
            Situation(
                sign: "!", answers: self.answers, names: ["botty", "Botty McBot"], isPart: self.place != .foreign,
                isMuted: self.muted, isShared: self.place == .team, isAsked: self.asked, isBusy: self.busy)
        }
    }

    private static func each(_ texts: [String], _ row: (String) -> Row) -> [Row] { texts.map(row) }

    // MARK: Whom a message is for

    static let addressing: [Row] = [
        Row("what is the weather?", .direct, .answer),
        Row("what is the weather?", .channel, .ignored("not addressed")),
        Row("what is the weather?", .channel, mention: true, .answer),
        Row("what is the weather?", .thread, .answer),
        Row("what is the weather?", .team, .answer),
        Row("what is the weather?", .foreign, .ignored("not addressed")),
        Row("what is the weather?", .foreign, mention: true, .answer),
        Row("what is the weather?", .foreign, reply: true, .answer),
        Row("@bob are you coming to lunch?", .thread, others: true, .ignored("mentions others")),
        Row("@alice yes, 12:30", .team, others: true, .ignored("mentions others")),
        Row("@bob can you look?", .team, others: true, .ignored("mentions others")),
        Row("what do you say, @bob?", .team, others: true, .ignored("mentions others")),
        Row("@bob lunch?", .channel, others: true, .ignored("mentions others")),
        Row("@bob lunch?", .foreign, others: true, .ignored("mentions others")),
        Row("@botty tell @bob what you found", .team, mention: true, others: true, .answer),
        Row("what does @bob mean?", .channel, mention: true, others: true, .answer),
        Row("@bob does that help you?", .team, reply: true, others: true, .ignored("mentions others")),
        Row("@bob does that help you, @botty?", .team, mention: true, reply: true, others: true, .answer),
        Row("ask @bob about the port", .direct, others: true, .answer),
        Row("and on Fridays?", .thread, below: true, .answer),
        Row("@bob and on Fridays?", .thread, below: true, others: true, .ignored("mentions others")),
        Row("!status", .channel, .command(.status)),
        Row("!task claim 3 for @bob", .team, others: true, .command(.task)),
        Row("!people set @bob member", .channel, others: true, .command(.people)),
        Row("hello", .direct, role: nil, .ignored("stranger")),
        Row("hello", .team, mention: true, role: nil, .ignored("stranger")),
        Row("", .team, mention: true, role: nil, .ignored("stranger")),
        Row("thanks", .team, role: nil, .ignored("stranger")),
        Row("stop", .team, busy: true, role: nil, .ignored("stranger")),
        Row("ABCD-EFG2", .direct, .answer),
        Row("3e5f7a9b", .team, mention: true, .answer),
        Row("pair ABCD-EFG2", .direct, .command(.pair)),
        Row("ABCD-EFG2", .direct, role: nil, .command(.pair)),
    ]

    static let mentioned: [Row] = [
        Row("and on Fridays?", .thread, answers: .mentioned, .ignored("not addressed")),
        Row("and on Fridays?", .team, answers: .mentioned, .ignored("not addressed")),
        Row("and on Fridays?", .team, below: true, answers: .mentioned, .ignored("not addressed")),
        Row("and on Fridays?", .team, mention: true, answers: .mentioned, .answer),
        Row("and on Fridays?", .team, reply: true, answers: .mentioned, .answer),
        Row("and on Fridays?", .direct, answers: .mentioned, .answer),
        Row("and on Fridays?", .channel, answers: .mentioned, .ignored("not addressed")),
        Row("!status", .team, answers: .mentioned, .command(.status)),
        Row("stop", .team, busy: true, answers: .mentioned, .ignored("not addressed")),
        Row("stop", .team, mention: true, busy: true, answers: .mentioned, .stop),
        Row("thanks!", .team, answers: .mentioned, .ignored("not addressed")),
    ]

    static let asides: [Row] =
        [
            "(aside) he will not like that", "!aside he will not like that", "(Aside) not you, botty", "!ASIDE: no",
            "(ASIDE)", "!aside", "  (aside) indented", "!aside\nsecond line",
        ].flatMap { text in
            [
                Row(text, .direct, .ignored("aside")), Row(text, .team, .ignored("aside")),
                Row(text, .team, mention: true, .ignored("aside")),
            ]
        } + [
            Row("aside from that, why?", .thread, .answer), Row("(an aside) why?", .thread, .answer),
            Row("what is an (aside)?", .thread, .answer), Row("aside!", .direct, .answer),
            Row("(asides) are odd", .thread, .answer),
        ]

    static let muted: [Row] = [
        Row("and on Fridays?", .team, muted: true, .ignored("muted")),
        Row("and on Fridays?", .thread, below: true, muted: true, .ignored("muted")),
        Row("and on Fridays?", .thread, reply: true, muted: true, .ignored("muted")),
        Row("and on Fridays?", .direct, muted: true, .ignored("muted")),
        Row("and on Fridays?", .team, mention: true, muted: true, .answer),
        Row("and on Fridays?", .direct, mention: true, muted: true, .answer),
        Row("!unmute", .team, muted: true, .command(.unmute)),
        Row("!mute", .team, .command(.mute)),
        Row("!status", .direct, muted: true, .command(.status)),
        Row("!frobnicate", .team, muted: true, .ignored("muted")),
        Row("stop", .team, busy: true, muted: true, .ignored("muted")),
        Row("stop", .team, mention: true, busy: true, muted: true, .stop),
        Row("!stop", .team, busy: true, muted: true, .command(.stop)),
        Row("thanks", .team, muted: true, .ignored("muted")),
        Row("", .team, mention: true, muted: true, .hint),
    ]

    static let bare: [Row] = [
        Row("", .channel, mention: true, .hint), Row("", .team, mention: true, .hint),
        Row("  \n", .foreign, mention: true, .hint), Row("", .direct, mention: true, .hint),
        Row("", .direct, .ignored("empty")), Row("", .team, .ignored("empty")),
        Row("", .thread, reply: true, .ignored("empty")),
        Row("?", .channel, mention: true, .answer),
    ]

    // MARK: Stop

    static let stops: [Row] =
        [
            "stop", "Stop!", "STOP", "stop.", "  stop  ", "stop!!!", "stop stop", "please stop", "stop please",
            "stop it",
            "Stop that!", "ok stop", "stop now", "stop, botty", "botty stop", "Botty McBot, stop!", "@botty stop",
            "jetbridge: stop", "esc", "ESC", "cancel", "Cancel!", "cancel that", "wait, cancel that", "halt", "Halt!",
            "abort", "interrupt", "arrête", "Arrête !", "arrete", "arrêter", "arre\u{302}te", "para", "¡Para!",
            "detente", "¡Detente!", "anhalten", "Stopp", "stopp!", "Bitte anhalten", "abbrechen", "hör auf", "停止",
            "停止！", "やめて", "やめて。", "ストップ", "стоп", "Стоп!", "отмена", "stop 🛑", "stop :)", "*stop*", "`stop`",
        ].map { Row($0, .thread, busy: true, .stop) } + [
            Row("stop", .direct, busy: true, .stop), Row("stop", .team, busy: true, .stop),
            Row("stop", .channel, mention: true, busy: true, .stop),
            Row("stop", .direct, busy: true, role: .guest, .stop),
            Row("stop", .channel, busy: true, .ignored("not addressed")),
            Row("stop", .foreign, busy: true, .ignored("not addressed")),
            Row("stop, @bob!", .team, others: true, busy: true, .ignored("mentions others")),
            Row("stop", .direct, .answer), Row("stop", .thread, .answer), Row("cancel", .direct, .answer),
            Row("para", .thread, .answer),
        ]

    static let noStops: [Row] = [
        "stop the server on port 80", "stop it from logging", "how do I stop a container?",
        "cancel culture is overrated",
        "cancel my subscription", "para que sirve esto?", "para todos", "halt and catch fire", "abort the merge",
        "interrupt handlers in C", "esc key does nothing", "the bus stop", "stop and start nginx", "don't stop",
        "stop words in Lucene", "arrête le serveur", "détente entre les blocs", "anhalten oder weiterfahren?",
        "停止服务器", "サーバーを停止して", "стоп-слова", "остановись мгновенье", "nonstop", "stopping", "stopped?",
        "stop, then explain why", "no", "wait", "it", "please", "please continue", "now", "botty", "botty?", "stop 5",
        "systemctl stop nginx", "/usr/bin/stop", "stop & go",
    ].map { Row($0, .thread, busy: true, .answer) }

    // MARK: Thanks

    private static let thanksLines = [
        "thanks", "Thanks!", "thanks!!", "thank you", "Thank you!", "thank you so much", "thanks a lot", "many thanks",
        "thx", "thx :)", "ty", "TY!", "tysm", "danke", "Danke!", "Danke schön", "vielen Dank!", "merci", "Merci !",
        "merci beaucoup", "gracias", "¡Gracias!", "muchas gracias", "obrigado", "Obrigada!", "muito obrigado", "grazie",
        "grazie mille", "ありがとう", "ありがとう！", "ありがとうございます。", "谢谢", "谢谢！", "谢谢你", "спасибо",
        "Спасибо!", "большое спасибо", "ok", "OK.", "Ok!", "okay", "okay then", "great", "Great!", "perfect",
        "perfect!",
        "👍", "👍🏽", "👍👍", "🙏", "🙏🏻", "❤️", "ok 👍", ":+1:", ":+1::skin-tone-3:", "+1", ":pray:", "thanks 🙂",
        "thanks :D", "ok, thanks", "ok thank you!", "great, thanks!", "perfect, thank you", "thanks botty",
        "thanks, Botty!", "ok botty", "Botty McBot thanks", "thank you jetbridge", "cool", "nice!", "got it",
        "got it, thanks", "sounds good", "lgtm", "alles klar", "d'accord", "vale", "that's great", "good bot",
        "dankeschön", "감사합니다",
    ]

    static let thanks: [Row] =
        thanksLines.map { Row($0, .team, .thank) } + [
            Row("thanks", .team, reply: true, .thank), Row("thanks", .team, below: true, .thank),
            Row("thanks", .team, mention: true, .answer), Row("thanks", .direct, .answer), Row("ok", .direct, .answer),
            Row("thanks", .thread, .answer), Row("👍", .thread, .answer),
            Row("thanks", .channel, .ignored("not addressed")),
            Row("thanks", .foreign, .ignored("not addressed")),
            Row("thanks @bob", .team, others: true, .ignored("mentions others")),
            Row("ok", .team, asked: true, .answer), Row("great", .team, asked: true, .answer),
            Row("ok", .team, busy: true, .thank),
        ]

    static let noThanks: [Row] = [
        "ok, but why does it fail?", "thanks, now add a test", "ok do it", "ok?", "great?", "thanks for nothing",
        "thanks to the cache it is fast", "no thanks", "yes", "yes please", "no", "sure, go on", "ok go",
        "okay so what now",
        "great idea, do that", "perfect numbers below 1000", "danke, und jetzt der Test", "merci, et maintenant ?",
        "gracias, ahora añade una prueba", "ありがとう、次はテストを書いて", "谢谢，再加一个测试", "спасибо, а почему?",
        "👎", "🤔", "ok 2", "k8s", "nice level of a process", "cool down period?", "that", "a", "you", "so much",
        "thanks\nbut it still fails with exit 1", "ok: use port 8081", "👍 and deploy it", "super(init)", "botty",
    ].map { Row($0, .team, .answer) }

    static let rows =
        addressing + mentioned + asides + muted + bare + stops + noStops + thanks + noThanks

    @Test("each line gets what it should", arguments: rows)
    func decide(row: Row) throws {
        let determination = Intent.determine(row.message, role: row.role, in: row.situation)
        guard case .intent(let intent, let endsMute) = determination else {
            Issue.record("everything was known: \(determination)")
            return
        }
        let found: Expected =
            switch intent {
            case .command(.stop, _) where row.message.text.first != "!": .stop
            case .command(let name, _): .command(name)
            case .chat, .unknownCommand: .answer
            case .bareMention: .hint
            case .acknowledge: .thank
            case .ignore(let reason): .ignored(reason)
            }
        #expect(found == row.expected)
        #expect(endsMute == (row.muted && row.mention && row.expected != .ignored("aside")))
    }

    @Test("facts that are looked up on the way change nothing", arguments: rows)
    func lookUp(row: Row) {
        var situation = Situation(sign: "!", answers: row.answers, names: row.situation.names)
        var asked: [Situation.Fact] = []
        while case .needs(let fact) = Intent.determine(row.message, role: row.role, in: situation) {
            #expect(!asked.contains(fact))
            guard !asked.contains(fact) else { return }
            asked.append(fact)
            let known = row.situation
            let value: Bool? =
                switch fact {
                case .part: known.isPart
                case .muted: known.isMuted
                case .shared: known.isShared
                case .asked: known.isAsked
                case .busy: known.isBusy
                }
            situation.set(fact, value ?? false)
        }
        #expect(
            Intent.determine(row.message, role: row.role, in: situation)
                == Intent.determine(row.message, role: row.role, in: row.situation))
    }

    @Test("an ordinary direct message or mention needs no more than whether the thread is muted")
    func ordinary() {
        for row in [
            Row("why does it fail?", .direct, .answer), Row("why does it fail?", .channel, mention: true, .answer),
        ] {
            let situation = Situation(sign: "!", isMuted: false)
            #expect(
                Intent.determine(row.message, role: .member, in: situation) == .intent(.chat("why does it fail?")))
        }
    }

    @Test("the bot's name alone, as a reply to the writer's own message, asks that")
    func ownReply() {
        for (text, intent) in [
            ("why does it fail?", Intent.chat("why does it fail?")), ("", .bareMention), ("!run make", .bareMention),
            ("(aside) hm", .bareMention), ("pair ABCD-EFG2", .bareMention),
        ] {
            let row = Row("", .team, mention: true, .hint).message
            let message = InboundMessage(
                thread: row.thread, route: row.route, sender: row.sender, text: "", sentAt: 0, isDirect: false,
                isAddressed: true, repliedText: text)
            let situation = Situation(sign: "!", isMuted: false)
            #expect(Intent.determine(message, role: .member, in: situation) == .intent(intent))
        }
    }

    @Test("the bot's name alone asks about what it replies to or forwards; in a direct message a forward needs no name")
    func pointing() {
        func message(
            isDirect: Bool = false, _ enclosed: SaidMessage.Relation? = nil, repliesTo: String? = nil
        ) -> InboundMessage {
            let row = Row("", isDirect ? .direct : .team, mention: !isDirect, .hint).message
            return InboundMessage(
                thread: row.thread, route: row.route, sender: row.sender, text: "", sentAt: 0, isDirect: isDirect,
                isAddressed: true, isMention: !isDirect,
                enclosed: enclosed.map { [SaidMessage($0, name: "bob", text: "ENOENT")] } ?? [], repliesTo: repliesTo)
        }
        let situation = Situation(sign: "!", isMuted: false)
        func intent(_ message: InboundMessage) -> Determination {
            Intent.determine(message, role: .member, in: situation)
        }
        #expect(intent(message()) == .intent(.bareMention))
        #expect(intent(message(repliesTo: "m1")) == .intent(.chat(Intent.asksAboutReply)))
        #expect(intent(message(.repliedTo)) == .intent(.chat(Intent.asksAboutReply)))
        #expect(intent(message(.forwarded)) == .intent(.chat(Intent.forwardsOnly)))
        #expect(intent(message(isDirect: true, .forwarded)) == .intent(.chat(Intent.forwardsOnly)))
        #expect(intent(message(isDirect: true)) == .intent(.ignore("empty")))
        #expect(intent(message(isDirect: true, repliesTo: "m1")) == .intent(.ignore("empty")))
        let stranger = Intent.determine(message(isDirect: true, .forwarded), role: nil, in: situation)
        #expect(stranger == .intent(.ignore("stranger")))
    }

    @Test("what was taken into the inbox means the same when it is read again", arguments: rows)
    func again(row: Row) {
        guard case .intent(let intent, _) = Intent.determine(row.message, role: row.role, in: row.situation) else {
            return
        }
        switch intent {
        case .ignore, .acknowledge: return
        default: break
        }
        // As the bridge stores it.
        let message = InboundMessage(
            thread: row.message.thread, route: row.message.route, sender: row.message.sender, text: row.text, sentAt: 0,
            isDirect: row.message.isDirect, isAddressed: row.message.isAddressed || row.message.isThreaded,
            isMention: row.mention, isReply: row.reply, mentionsOthers: row.others, isThreaded: row.message.isThreaded,
            isStop: row.expected == .stop)
        #expect(Intent.ofStored(message, role: row.role, sign: "!", isPairingAllowed: true) == intent)
    }

    @Test("the table is long, and each of its lines is there once")
    func size() {
        #expect(Self.rows.count >= 150)
        #expect(Set(Self.rows.map(\.testDescription)).count > 300)
    }
}
