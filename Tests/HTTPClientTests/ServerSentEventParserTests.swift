import HTTPClient
import TestSupport
import Testing

@Suite("ServerSentEventParser")
struct ServerSentEventParserTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let stream: [UInt8]
        let events: [ServerSentEvent]

        init(_ name: String, _ stream: String, _ events: [ServerSentEvent]) {
            self.init(name, Array(stream.utf8), events)
        }

        init(_ name: String, _ stream: [UInt8], _ events: [ServerSentEvent]) {
            self.testDescription = name
            self.stream = stream
            self.events = events
        }
    }

    private static func event(
        _ data: String, _ type: String = "message", id: String = "", retry: Int? = nil
    ) -> ServerSentEvent {
        ServerSentEvent(event: type, bytes: Array(data.utf8), id: id, retry: retry)
    }

    static let cases: [Case] = [
        Case("one line of data", "data: hello\n\n", [event("hello")]),
        Case("lines are joined", "data: a\ndata: b\ndata\ndata:c\n\n", [event("a\nb\n\nc")]),
        Case("only one space is stripped", "data:  two\ndata:\tx\n\n", [event(" two\n\tx")]),
        Case(
            "CR, LF and CRLF end lines", "data: a\r\rdata: b\r\n\r\ndata: c\n\ndata: d\r\n\ndata: e\n\r",
            [
                event("a"), event("b"), event("c"), event("d"), event("e"),
            ]),
        Case(
            "a type applies only to its event", "event: add\ndata: 1\n\ndata: 2\n\n", [event("1", "add"), event("2")]),
        Case("an event without data is dropped, with its type", "event: add\n\ndata: 2\n\n", [event("2")]),
        Case("an empty data line is an event", "data\n\ndata:\n\n", [event(""), event("")]),
        Case(
            "comments and unknown fields are ignored", ": ping\nfoo: bar\nDATA: x\ndata : y\n:\n\ndata: a\n\n",
            [event("a")]),
        Case(
            "an id persists", "id: 7\ndata: a\n\ndata: b\n\nid\ndata: c\n\n",
            [
                event("a", id: "7"), event("b", id: "7"), event("c"),
            ]),
        Case("an id with NUL is ignored", "id: 7\nid: a\0b\ndata: a\n\n", [event("a", id: "7")]),
        Case("an id counts without an event", "id: 9\n\ndata: a\n\n", [event("a", id: "9")]),
        Case(
            "a retry contains only digits", "retry: 100\nretry: 1x\nretry:\nretry: -5\ndata: a\n\n",
            [event("a", retry: 100)]),
        Case("an overflowing retry is ignored", "retry: 99999999999999999999\ndata: a\n\n", [event("a")]),
        Case("an incomplete event at the end is dropped", "data: a\n\ndata: b\n", [event("a")]),
        Case(
            "a byte order mark at the start is skipped", [0xEF, 0xBB, 0xBF] + Array("data: a\n\n".utf8), [event("a")]),
        Case(
            "a second byte order mark is not skipped",
            [0xEF, 0xBB, 0xBF, 0xEF, 0xBB, 0xBF] + Array("data: a\n\ndata: b\n\n".utf8), [event("b")]),
        Case(
            "half a byte order mark is not skipped", [0xEF, 0xBB] + Array("data: a\n\ndata: b\n\n".utf8), [event("b")]),
        Case(
            "multi-byte characters", "data: grüße 🦆 漢字\nevent: ü\nid: é\n\n", [event("grüße 🦆 漢字", "ü", id: "é")]),
        Case("only line ends", "\n\r\n\r\r\n\n", []),
        Case("colons in the data are kept", "data: {\"a\":1}: x\n\n", [event("{\"a\":1}: x")]),
    ]

    @Test("the stream is parsed by the standard, whole, byte by byte and in any two pieces", arguments: cases)
    func reads(_ example: Case) throws {
        var whole = ServerSentEventParser()
        try expectEqual(whole.parse(example.stream), example.events)

        var single = ServerSentEventParser()
        var events: [ServerSentEvent] = []
        for byte in example.stream { events += try single.parse([byte]) }
        expectEqual(events, example.events)

        for cut in 0...example.stream.count {
            var parser = ServerSentEventParser()
            let first = try parser.parse(Array(example.stream[..<cut]))
            let second = try parser.parse([]) + parser.parse(Array(example.stream[cut...]))
            expectEqual(first + second, example.events)
        }
    }

    @Test("invalid UTF-8 becomes replacement characters in the text and is kept in the bytes")
    func invalidUTF8() throws {
        var parser = ServerSentEventParser()
        let events = try parser.parse(Array("data: a".utf8) + [0xFF] + Array("b\n\n".utf8))
        expectEqual(events.first?.data, "a\u{FFFD}b")
        expectEqual(events.first?.bytes, [0x61, 0xFF, 0x62])
    }

    @Test(
        "an event over the limit is an error, in one line or many; one at the limit is not",
        arguments: [1, 7, 1000])
    func limit(pieces: Int) throws {
        var parser = ServerSentEventParser(maximumEventBytes: 100)
        try expectEqual(parser.parse(Array("data: \(String(repeating: "x", count: 94))\n\n".utf8)).count, 1)
        let long = Array("data: \(String(repeating: "x", count: 95))\n\n".utf8)
        #expect(throws: ServerSentEventParser.TooLong.self) {
            for start in stride(from: 0, to: long.count, by: pieces) {
                _ = try parser.parse(Array(long[start..<min(long.count, start + pieces)]))
            }
        }
        var lines = ServerSentEventParser(maximumEventBytes: 100)
        #expect(throws: ServerSentEventParser.TooLong.self) {
            for _ in 0..<101 { _ = try lines.parse(Array("data\n".utf8)) }
        }
    }
}
