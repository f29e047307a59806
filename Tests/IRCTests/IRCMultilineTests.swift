import Chat
import TestSupport
import Testing

@testable import IRC

@Suite("Answers of several lines")
struct IRCMultilineTests {
    private static let caps =
        "message-tags batch labeled-response echo-message draft/multiline=max-bytes=4096,max-lines=24"

    private func script(_ caps: String = Self.caps, flood: IRCSettings.Flood = .exempt) -> Transcript {
        let script = Transcript(flood: flood)
        script.start(caps: caps)
        return script
    }

    @Test("they are one batch, whose opening has the tags, and its echo gives the id")
    func batch() {
        let script = self.script()
        let route = Transcript.route("#dev", addressee: "ann", replyTo: "M1")
        script.handle(.post(ticket: 1, OutgoingMessage(text: "one\ntwo", route: route, token: "t")))
        expectEqual(
            script.sent(),
            [
                "@+draft/reply=M1;+reply=M1;label=jb-1 BATCH +m1 draft/multiline #dev",
                "@batch=m1 PRIVMSG #dev :ann: one",
                "@batch=m1 PRIVMSG #dev :two", "BATCH -m1",
            ])
        #expect(script.posted().isEmpty)
        script.read(
            "@label=jb-1;msgid=M :bot!~bot@bot.host BATCH +x draft/multiline #dev",
            "@batch=x :bot!~bot@bot.host PRIVMSG #dev :ann: one", "@batch=x :bot!~bot@bot.host PRIVMSG #dev :two",
            "BATCH -x")
        expectEqual(script.posted(), [1: "M"])
        #expect(script.events().isEmpty)
        let room = RoomID(adapter: Transcript.adapter, name: "#dev")
        let past = script.machine.past(
            of: PastQuery(route: Transcript.route("#dev"), before: nil, since: 0, limit: 5)
        ).messages
        expectEqual(past.map(\.text), ["one\ntwo"])
        expectEqual(past.map(\.reference), [MessageReference(room: room, id: "M")])
        // One line needs no batch.
        expectEqual(script.post("three", ticket: 2), ["@label=jb-2 PRIVMSG #dev :three"])
    }

    @Test("a long line is divided between words and joined again by a tag, also by whoever has no batches")
    func long() {
        let script = self.script()
        let words = (0..<200).map { "wörd\($0)" }.joined(separator: " ")
        let sent = script.post("first\n\(words)")
        let lines = sent.dropFirst().dropLast()
        #expect(lines.count > 3 && lines.allSatisfy { $0.hasPrefix("@batch=m1") })
        let continued = lines.map { $0.hasPrefix("@batch=m1;draft/multiline-concat ") }
        expectEqual(continued, [false, false] + Array(repeating: true, count: lines.count - 2))
        let texts = lines.map { $0.split(separator: " :", maxSplits: 1).last.map(String.init) ?? "" }
        expectEqual(texts.dropFirst().joined(), words)
        #expect(texts.dropFirst().dropLast().allSatisfy { $0.last == " " })
    }

    @Test("the server's limits of lines and bytes hold")
    func limits() {
        func batches(_ value: String, _ text: String) -> [Int] {
            let sent = self.script("message-tags batch draft/multiline=\(value)").post(text)
            var sizes: [Int] = []
            for line in sent where !line.hasPrefix("PING") {
                if line.contains("BATCH +") { sizes.append(0) }
                if line.hasPrefix("@batch") { sizes[sizes.count - 1] += 1 }
                if line.hasPrefix("PRIVMSG") { sizes.append(1) }
            }
            return sizes
        }
        let seven = (1...7).map { "\($0)" }.joined(separator: "\n")
        expectEqual(batches("max-bytes=4096,max-lines=3", seven), [3, 3, 1])
        expectEqual(batches("max-lines=24,max-bytes=4096,other=1,more", seven), [7])
        expectEqual(
            batches(
                "max-bytes=512", Array(repeating: String(repeating: "x", count: 200), count: 5).joined(separator: "\n")),
            [2, 2, 1])
        // Without the limit that a server has to state, line by line.
        for value in ["", "max-lines=24", "max-bytes=0", "max-bytes=x,max-lines=9", "max-bytes=4096,max-lines=1"] {
            expectEqual(batches(value, "1\n2"), [1, 1])
        }
    }

    @Test("a batch waits for the bucket as a whole, and nothing is sent within it")
    func flood() {
        let script = self.script(
            "message-tags batch draft/multiline=max-bytes=4096", flood: .init(burst: 4, interval: 1_000))
        script.post("a")
        script.handle(
            .post(ticket: 2, OutgoingMessage(text: "1\n2\n3\n4", route: Transcript.route("#dev"), token: "t")))
        script.read("PING :x")
        expectEqual(script.sent(), [])
        let sent = script.pass(4_000)
        expectEqual(sent.filter { $0.contains("m2") }.count, 6)
        let first = sent.firstIndex { $0.hasPrefix("BATCH +") } ?? 0
        expectEqual(sent[first..<(first + 6)].last, "BATCH -m2")
        // It has cost six lines.
        expectEqual(script.post("b", ticket: 3).filter { $0.hasPrefix("PRIVMSG") }, [])
        #expect(script.pass(4_000).contains("PRIVMSG #dev :b"))
    }

    @Test(
        "a batch that the server refuses is sent line by line, and so is everything after it",
        arguments: ["@label=jb-1 ", ""])
    func refused(label: String) {
        let script = self.script()
        script.post("one\ntwo")
        let sent = script.read("\(label)FAIL BATCH MULTILINE_MAX_BYTES 10 :too long")
        expectEqual(sent, ["@label=jb-2 PRIVMSG #dev :one", "@label=jb-3 PRIVMSG #dev :two"])
        #expect(script.failed().isEmpty)
        script.read(
            "@label=jb-2;msgid=A :bot!~bot@bot.host PRIVMSG #dev :one",
            "@label=jb-3;msgid=B :bot!~bot@bot.host PRIVMSG #dev :two")
        expectEqual(script.posted(), [1: "B"])
        expectEqual(script.post("3\n4", ticket: 2).count, 2)
        #expect(script.machine.traits(of: RoomID(adapter: Transcript.adapter, name: "#dev")).joined == nil)
    }

    @Test("without echoes the acknowledgement of the label or a PONG confirms it")
    func confirmed() {
        var script = self.script("message-tags batch labeled-response draft/multiline=max-bytes=4096")
        script.post("1\n2")
        script.read("@label=jb-1 ACK")
        expectEqual(script.posted(), [1: ""])
        script = self.script("batch draft/multiline=max-bytes=4096")
        expectEqual(script.post("1\n2").last, "PING jb-1")
        script.read("PONG x jb-1")
        expectEqual(script.posted(), [1: ""])
    }

    @Test("what the server no longer takes as a batch is sent line by line")
    func withdrawn() {
        let script = self.script(
            "message-tags batch draft/multiline=max-bytes=4096", flood: .init(burst: 1, interval: 1_000))
        script.post("a")
        script.post("1\n2", ticket: 2)
        script.read(":s CAP bot DEL :draft/multiline")
        expectEqual(script.pass(5_000).filter { $0.contains("PRIVMSG") }, ["PRIVMSG #dev :1", "PRIVMSG #dev :2"])
    }

    @Test("rooms say that lines are joined only where the server has batches")
    func traits() {
        let room = RoomID(adapter: Transcript.adapter, name: "#dev")
        expectEqual(self.script().machine.traits(of: room).joined, .standard)
        expectEqual(self.script("message-tags batch").machine.traits(of: room).joined, nil)
        #expect(!self.script().machine.traits(of: room).isMultiline)
    }
}
