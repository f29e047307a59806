import Chat
import HTTP
import JSON
import Primitives
import TestSupport
import Testing

@testable import Slack

@Suite("Texts from Slack")
struct SlackTextTests {
    private static let bot = SlackIdentity(team: "T1", user: "UBOT", name: "jet", bot: "B1")

    @Test(
        "the markup of the text field is parsed",
        arguments: [
            ("a &lt;b&gt; &amp;amp;", "a <b> &amp;"), ("see <https://e.org|the page>", "see [the page](https://e.org)"),
            ("<https://e.org>", "https://e.org"), ("<http://e.org|e.org>", "e.org"),
            ("<mailto:a@e.org|a@e.org>", "a@e.org"),
            ("<#C1|general> <#C2>", "#general #C2"), ("<!here> <!subteam^S1|@team>", "@here @team"),
            ("<!date^1^{date}|today>", "today"), ("hi <@U2>", "hi @U2"), ("hi <@U2|ann>", "hi @ann"),
            ("a < b", "a < b"), ("a <b", "a <b"), ("<<@U2>", "<@U2"), ("&unknown;", "&unknown;"), ("<>", ""),
        ])
    func markup(text: String, expected: String) {
        let read = SlackIncomingText(message: ["text": .string(text)], bot: Self.bot)
        expectEqual(read.text, expected)
        #expect(!read.mentionsBot)
    }

    @Test("a bot's name is a short one, because a message may name it often")
    func longName() throws {
        let name = JSON.string(String(repeating: "x", count: 100_000))
        let answer: JSON = ["team_id": "T1", "team": name, "user_id": "UBOT", "user": name]
        let identity = try #require(SlackIdentity(answer))
        #expect(identity.name.count <= 80 && identity.teamName.count <= 80)
    }

    @Test(
        "a mention of the bot is recognised, and removed from the start",
        arguments: [
            ("<@UBOT> hello", "hello", true), ("  <@UBOT>: hello", "hello", true), ("<@UBOT> <@UBOT> x", "x", true),
            ("hello <@UBOT>", "hello @jet", false), ("<@UBOT>", "", true), ("<@UBOT>, stop", "stop", true),
        ])
    func mentions(text: String, expected: String, isFirst: Bool) {
        let read = SlackIncomingText(message: ["text": .string(text)], bot: Self.bot)
        expectEqual(read.text, expected)
        #expect(read.mentionsBot)
        expectEqual(read.beginsWithMention, isFirst)
    }

    @Test("many mentions after many blanks are read in one pass", .timeLimit(.minutes(1)))
    func manyMentions() {
        let blanks = String(repeating: " ", count: 200_000)
        let mentions = Array(repeating: SlackIncomingText.Piece.mention("UBOT", label: nil), count: 20_000)
        // A pass over the blanks for each mention would look at four billion.
        let read = SlackIncomingText(pieces: [.text(blanks + "x")] + mentions, bot: Self.bot)
        expectEqual(read.text, "x" + String(repeating: "@jet", count: 20_000))
        #expect(read.mentionsBot && !read.beginsWithMention)
        // A person's mention is not blank.
        let pieces: [SlackIncomingText.Piece] = [.text(" "), .mention("U2", label: "ann"), mentions[0]]
        expectEqual(SlackIncomingText(pieces: pieces, bot: Self.bot).text, "@ann@jet")
    }

    @Test("rich text becomes Markdown")
    func richText() throws {
        let message = try JSON.parse(
            """
            {"text":"ignored","blocks":[{"type":"rich_text","elements":[
            {"type":"rich_text_section","elements":[{"type":"user","user_id":"UBOT"},{"type":"text","text":" look: "},
              {"type":"text","text":"this ","style":{"bold":true}},{"type":"link","url":"https://e.org","text":"page"},
              {"type":"emoji","name":"smile","unicode":"1f604"},{"type":"emoji","name":"party-parrot"}]},
            {"type":"rich_text_list","style":"ordered","indent":0,"elements":[
              {"type":"rich_text_section","elements":[{"type":"text","text":"one"}]},
              {"type":"rich_text_section","elements":[{"type":"text","text":"two","style":{"code":true}}]}]},
            {"type":"rich_text_list","style":"bullet","indent":1,"elements":[
              {"type":"rich_text_section","elements":[{"type":"text","text":"in"}]}]},
            {"type":"rich_text_quote","elements":[{"type":"text","text":"a\\nb"}]},
            {"type":"rich_text_preformatted","language":"swift","elements":[{"type":"text","text":"let a = 1 < 2 && b"}]}
            ]}]}
            """)
        let read = SlackIncomingText(message: message, bot: Self.bot)
        expectEqual(
            read.text,
            """
            look: **this** [page](https://e.org)😄:party-parrot:
            1. one
            2. `two`
                - in
            > a
            > b
            ```swift
            let a = 1 < 2 && b
            ```
            """)
        #expect(read.beginsWithMention)
    }

    private static let commands = [
        MenuCommand(name: "help", argument: "[command]", summary: ""),
        MenuCommand(name: "status", argument: "", summary: ""),
        MenuCommand(name: "stop", argument: "[all]", summary: ""),
        MenuCommand(name: "model", argument: "[name]", summary: ""),
        MenuCommand(name: "pair", argument: "CODE", summary: ""),
        MenuCommand(name: "specify", argument: "TEXT", summary: ""),
        MenuCommand(name: "new", argument: "", summary: ""),
    ]

    @Test(
        "a word after a mention is a command when its arguments fit",
        arguments: [
            ("status", "/status"), ("Status", "/status"), ("status of the build?", "status of the build?"),
            ("/status", "/status"), ("/anything", "/anything"), ("help", "/help"), ("help me", "help me"),
            ("help status", "/help status"), ("stop", "/stop"), ("stop all", "/stop all"), ("stop it", "stop it"),
            ("model gpt-4.1", "/model gpt-4.1"), ("model a house for me", "model a house for me"), ("pair", "pair"),
            ("pair ABCD-EFG2", "/pair ABCD-EFG2"),
            ("specify a login page\nwith two fields", "/specify a login page\nwith two fields"),
            ("specify", "specify"), ("new ideas please", "new ideas please"), ("hello", "hello"), ("", ""),
        ])
    func commandsByMention(text: String, expected: String) {
        expectEqual(SlackCommandText.command(fromMention: text, of: Self.commands), expected)
    }

    @Test(
        "the text after the slash command is a command, or a question if it begins with none",
        arguments: [
            ("", "/help"), ("status", "/status"), (" /status ", "/status"), ("specify a b", "/specify a b"),
            ("Status now", "/Status now"), ("halp", "/halp"), ("stats", "/stats"),
            ("what is the weather?", "what is the weather?"), ("  why?\nsecond line ", "why?\nsecond line"),
            ("halp me", "halp me"), ("weather", "weather"), ("/usr/bin is a path", "/usr/bin is a path"),
        ])
    func commandsBySlash(text: String, expected: String) {
        expectEqual(SlackCommandText.command(fromSlash: text, of: Self.commands), expected)
    }

    @Test("timestamps are validated and converted")
    func timestamps() {
        expectEqual(SlackTimestamp.milliseconds("1700000001.123456"), 1_700_000_001_123)
        expectEqual(SlackTimestamp.text(milliseconds: 1_700_000_001_007), "1700000001.007000")
        for bad in ["", "1", "a.b", "1.2.3", "1.", ".1", "1700000001.123456&x=1"] {
            #expect(!SlackTimestamp.isValid(bad))
        }
        #expect(SlackTimestamp.isEarlier("999.000001", "1000.000001"))
        #expect(!SlackTimestamp.isEarlier("1000.000002", "1000.000001"))
    }

    @Test("absurd times, waits and counts of Slack are bounded", arguments: ExtremeNumbers.all)
    func absurdNumbers(_ number: Int64) throws {
        #expect((0..<1 << 50).contains(SlackTimestamp.milliseconds("\(number).\(number.magnitude)") ?? 0))
        let headers: HTTPHeaders = [
            "retry-after": "\(number)", "x-slack-request-timestamp": "\(number)", "x-slack-signature": "v0=00",
        ]
        let failure = try #require(SlackFailure(method: "x", status: 429, headers: headers, answer: nil))
        #expect((1_000...3_600_000).contains(try #require(failure.retryAfter)))
        #expect(!SlackSignature.isValid([], headers: headers, secret: Secret("s"), wall: 1_700_000_000_000))
        let list: JSON = [
            "type": "rich_text_list", "style": "ordered", "indent": .integer(number), "offset": .integer(number),
            "elements": [["type": "rich_text_section", "elements": [["type": "text", "text": "x"]]]],
        ]
        expectEqual(SlackRichText.pieces(of: [["type": "rich_text", "elements": [list]]]).count, 2)
        let memory = SlackMemory(
            bytes: JSON.object([
                "seen": .integer(number), "threads": [["channel": "C1", "root": "1.1", "last": .integer(number)]],
            ]).bytes)
        #expect((memory.seen ?? 0).magnitude <= 1 << 53)
    }

    @Test("the threads to read after an absence follow a channel whose id changes")
    func renamedChannel() {
        var seen = SlackSeen()
        seen.noteThread("1.1", in: "C1", at: 1)
        seen.noteThread("1.2", in: "C2", at: 2)
        _ = seen.takeUnsaved()
        seen.move(from: "C1", to: "C9")
        expectEqual(SlackMemory(bytes: seen.takeUnsaved() ?? []).threads.map(\.channel), ["C9", "C2"])
        seen.move(from: "C1", to: "C8")
        expectEqual(seen.takeUnsaved(), nil)
    }

    @Test("of the threads that began in an absence those with the bot are read first, and at most 100 of a channel")
    func missedThreads() {
        func ts(_ number: Int) -> String { "\(1_700_000_000 + number).000000" }
        let messages = (0..<150).map { number -> JSON in
            let text = number == 5 ? "<@UBOT> hello" : "hello"
            let writers: JSON = number == 3 ? ["U1", "UBOT"] : ["U1"]
            let count: Int64 = number == 7 ? 0 : 1
            return [
                "ts": .string(ts(number)), "user": "U1", "text": .string(text), "reply_count": .integer(count),
                "reply_users": writers,
            ]
        }
        var missed = SlackMissedThreads()
        missed.add(messages, in: "C1", isDirect: false, known: [ts(-500), ts(9)], bot: Self.bot)
        let (threads, leftOut) = missed.chosen
        let order = [9, -500, 3, 5] + Array((52..<150).reversed())
        expectEqual(threads.map(\.root), order.map { ts($0) })
        expectEqual(threads.prefix(5).map(\.rank), [.known, .known, .own, .mentioned, .other])
        // Of the 148 with replies that were not known.
        expectEqual(leftOut, 48)
        for channel in 2...8 {
            missed.add(messages, in: "C\(channel)", isDirect: channel == 8, known: [], bot: Self.bot)
        }
        let (all, rest) = missed.chosen
        #expect(all.count == 502 && rest == 48 + 7 * 49 + 300)
        // A direct conversation is with the bot.
        expectEqual(all.filter { $0.rank == .own }.count { $0.channel == "C8" }, 100)
        expectEqual(all.count { $0.rank == .mentioned }, 7)
    }

    @Test("what an older connection began to fetch ends nothing for a newer one")
    func catchUps() {
        var seen = SlackSeen()
        seen.beginCatchUp()
        seen.beginCatchUp()
        #expect(!seen.isUnderWay(1) && seen.isUnderWay(2))
        let old = seen.end(1, at: 5)
        seen.skip(1)
        #expect(!old && seen.isCatchingUp && seen.memory.seen == nil)
        let new = seen.end(2, at: 6)
        #expect(new && !seen.isCatchingUp && seen.memory.seen == 6)
    }

    @Test("emoji and names are converted both ways, regardless of skin tone and style")
    func emoji() {
        expectEqual(SlackEmoji.emoji(named: "+1::skin-tone-3"), "👍")
        expectEqual(SlackEmoji.name(of: "❤️"), "heart")
        expectEqual(SlackEmoji.name(of: "👍🏽"), "+1")
        expectEqual(SlackEmoji.name(of: "🦄"), nil)
        expectEqual(SlackEmoji.emoji(named: "party-parrot"), nil)
    }
}
