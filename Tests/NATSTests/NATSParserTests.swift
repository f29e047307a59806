import TestSupport
import Testing

@testable import NATS

@Suite("Lines of a NATS server")
struct NATSParserTests {
    private static let stream =
        "INFO {\"max_payload\":1048576,\"tls_required\":true,\"nonce\":\"abc\",\"x\":[1]} \r\n+OK\r\nPING\r\npong\r\n"
        + "MSG a.b 7 5\r\nhe\r\no\r\nMSG a.b\t7 _INBOX.1 0\r\n\r\nHMSG c 8 16 18\r\nNATS/1.0 503\r\n\r\n  \r\n"
        + "HMSG c 8 r 12 14\r\nNATS/1.0\r\n\r\nhi\r\n-ERR 'Authorization Violation'\r\n"
    private static let lines: [NATSParser.Line] = [
        .info(NATSInfo(payloadLimit: 1_048_576, requiresTLS: true, nonce: "abc")), .ok, .ping, .pong,
        .message(7, NATSMessage(subject: "a.b", payload: Array("he\r\no".utf8))),
        .message(7, NATSMessage(subject: "a.b", payload: [])),
        .message(8, NATSMessage(subject: "c", payload: Array("  ".utf8))),
        .message(8, NATSMessage(subject: "c", payload: Array("hi".utf8))),
        .error("Authorization Violation"),
    ]

    private static func parse(_ pieces: [[UInt8]]) throws -> [NATSParser.Line] {
        var parser = NATSParser()
        var lines: [NATSParser.Line] = []
        for piece in pieces {
            parser.append(piece)
            while let line = try parser.next() { lines.append(line) }
        }
        return lines
    }

    @Test("they are the same in pieces of any size", arguments: 1...60)
    func pieces(_ size: Int) throws {
        let bytes = Array(Self.stream.utf8)
        let pieces = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
        try expectEqual(Self.parse(pieces), Self.lines)
    }

    @Test(
        "what is no NATS is refused",
        arguments: [
            "HTTP/1.1 400 Bad Request\r\n", "\r\n", "INFO\r\n", "INFO {}\r\n", "INFO []\r\n", "MSG\r\n", "MSG a 1\r\n",
            "MSG a x 1\r\n", "MSG a 1 -1\r\n", "MSG a 1 99999999999\r\n", "MSG a 1 b c 1\r\n", "HMSG a 1 3 2\r\n",
            "HMSG a 1 -1 2\r\n", "MSG a 1 1\r\nab\r\n", "MSG a 1 1\r\nabc", "\u{0}\u{1}\n", "é\r\n",
        ])
    func nonsense(_ text: String) {
        #expect(throws: NATSError.self) { try Self.parse([Array(text.utf8)]) }
    }

    @Test("lines of combining marks are refused, or shortened, before they are compared", .timeLimit(.minutes(1)))
    func marks() throws {
        let marks = (0..<250_000).map { ["\u{345}", "\u{301}", "\u{316}", "\u{334}"][$0 % 4] }.joined()
        #expect(throws: NATSError.self) { try Self.parse([Array("A\(marks)\r\n".utf8)]) }
        let line = try #require(Self.parse([Array("-ERR 'a\(marks)'\r\n".utf8)]).first)
        if case .error(let text) = line { #expect(text.utf8.count < 210) } else { Issue.record("\(line)") }
    }

    @Test("a line that never ends is refused")
    func endless() {
        let piece = [UInt8](repeating: 0x41, count: 100_000)
        #expect(throws: NATSError.self) { try Self.parse([[UInt8]](repeating: piece, count: 11)) }
    }

    @Test("random bytes never stop the process")
    func randomBytes() {
        var generator = SeededGenerator(state: 7)
        let valid = Array(Self.stream.utf8)
        for _ in 0..<3_000 {
            var bytes = valid
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(
                    in: .min ... .max, using: &generator)
            }
            _ = try? Self.parse([bytes])
        }
    }

    @Test("an address has a scheme, a host, and no secret")
    func addresses() throws {
        try expectEqual(NATSAddress("nats://127.0.0.1:4333").port, 4_333)
        #expect(try NATSAddress("tls://nats.example.org/").hasTLS)
        #expect(try NATSAddress("nats://[::1]").host == "::1" && NATSAddress("nats://a").port == 4_222)
        for text in ["", "a", "a:4222", "http://a", "nats://", "nats://u:secret@a", "nats://a:b", "nats://a/b"] {
            let error = #expect(throws: NATSError.self) { try NATSAddress(text) }
            expectEqual(error?.message.contains("secret"), false)
        }
    }
}
