import IRC
import TestSupport
import Testing

@Suite("Writing lines")
struct IRCOutgoingLineTests {
    @Test(
        "A written line parses to the same parameters",
        arguments: [
            (IRCOutgoingLine("GET", "one", "two"), "GET one two"),
            (IRCOutgoingLine("GET", "one", "two three"), "GET one :two three"),
            (IRCOutgoingLine("GET", "one", ""), "GET one :"),
            (IRCOutgoingLine("GET", "one", ":two"), "GET one ::two"),
            (IRCOutgoingLine("PRIVMSG", "#a", text: "hi"), "PRIVMSG #a :hi"),
            (IRCOutgoingLine("PRIVMSG", "#a", text: "  hi  "), "PRIVMSG #a :  hi  "),
            (IRCOutgoingLine("AWAY"), "AWAY"),
            (IRCOutgoingLine("TAGMSG", "#a", tags: [("+typing", "active")]), "@+typing=active TAGMSG #a"),
            (
                IRCOutgoingLine("X", tags: [("a", "b;c d\\e\r\n"), ("k", nil), ("e", "")]),
                #"@a=b\:c\sd\\e\r\n;k;e X"#
            ),
        ])
    func writes(_ line: IRCOutgoingLine, _ expected: String) throws {
        expectEqual(line.bytes, Array((expected + "\r\n").utf8))
        let read = try #require(IRCLine(line.text))
        expectEqual(read.parameters, line.parameters.map { String(decoding: $0, as: UTF8.self) })
    }

    @Test("A line cannot contain a second command")
    func injection() {
        let line = IRCOutgoingLine("PRIVMSG", "#a b\r\nc", text: "x\r\nQUIT\u{0} :\ny")
        expectEqual(line.bytes, Array("PRIVMSG #abc :xQUIT :y\r\n".utf8))
        let tagged = IRCOutgoingLine("X", tags: [("a b\nc", "d")])
        expectEqual(tagged.bytes, Array("@abc=d X\r\n".utf8))
    }
}

@Suite("Splitting the stream into lines")
struct IRCLineBufferTests {
    private func lines(_ chunks: [String], limit: Int = 100) -> [String] {
        var buffer = IRCLineBuffer(limit: limit)
        var lines: [String] = []
        for chunk in chunks {
            buffer.append(Array(chunk.utf8))
            while let line = buffer.next() { lines.append(IRCText.decode(line)) }
        }
        return lines
    }

    @Test("CR LF, LF or several CR before LF end a line; empty lines are skipped")
    func breaks() {
        expectEqual(self.lines(["a\r\nb\nc\r\r\n\r\n\n d\n"]), ["a", "b", "c", " d"])
    }

    @Test("Lines are reassembled from chunks of any size")
    func pieces() {
        let text = "PING :one\r\nPING :two\r\n"
        for size in 1...text.utf8.count {
            let bytes = Array(text.utf8)
            let chunks = stride(from: 0, to: bytes.count, by: size).map {
                String(decoding: bytes[$0..<min($0 + size, bytes.count)], as: UTF8.self)
            }
            expectEqual(self.lines(chunks), ["PING :one", "PING :two"])
        }
    }

    @Test("A line over the limit is cut and the rest dropped, in one chunk or many")
    func overlong() {
        let long = String(repeating: "x", count: 100_000)
        let expected = [String(repeating: "x", count: 10), "next"]
        expectEqual(self.lines([long + "\r\nnext\r\n"], limit: 10), expected)
        expectEqual(self.lines([long, long, "\r\n", "ne", "xt\r\n"], limit: 10), expected)
        expectEqual(self.lines(["aé\u{20AC}b\n"], limit: 5), ["aé"])
    }

    @Test("Invalid UTF-8 is decoded as Windows-1252, and NUL is dropped")
    func encodings() {
        expectEqual(IRCText.decode([0x63, 0x61, 0x66, 0xE9, 0x20, 0x80, 0x93, 0x00]), "café €“")
        expectEqual(IRCText.decode(Array("café 😀".utf8)), "café 😀")
        expectEqual(IRCText.decode([0xC3]), "Ã")
        expectEqual(IRCText.decode([0x81]), "\u{81}")
    }
}

@Suite("Casemapping")
struct IRCCasemappingTests {
    @Test(
        "Names are folded by the server's casemapping",
        arguments: [
            (IRCCasemapping.ascii, "Ann[]\\~É", "ann[]\\~É"), (.rfc1459, "Ann[]\\~É", "ann{}|^É"),
            (.strictRFC1459, "Ann[]\\~É", "ann{}|~É"), (.unicode, "AnnÉ[", "anné["), (.rfc1459, "#ROOM", "#room"),
        ])
    func folds(_ mapping: IRCCasemapping, _ name: String, _ folded: String) {
        expectEqual(mapping.fold(name), folded)
        expectEqual(mapping.fold(folded), folded)
        #expect(mapping.areEqual(name, folded))
    }

    @Test(
        "The token selects the casemapping",
        arguments: [
            ("ascii", IRCCasemapping.ascii), ("rfc1459", .rfc1459), ("rfc1459-strict", .strictRFC1459),
            ("strict-rfc1459", .strictRFC1459), ("PRECIS", .unicode), ("rfc7613", .unicode), ("other", .ascii),
        ])
    func tokens(_ token: String, _ mapping: IRCCasemapping) {
        expectEqual(IRCCasemapping(token: token), mapping)
    }
}
