import Testing

@testable import HTTP

@Suite("Chunked body parser")
struct ChunkedBodyParserTests {
    struct Outcome: Equatable {
        var body: [UInt8] = []
        var rest: Int?
    }

    static func parse(_ text: String, pieces size: Int) throws(HTTPSyntaxError) -> Outcome {
        var parser = ChunkedBodyParser()
        var outcome = Outcome()
        let bytes = Array(text.utf8)
        var start = 0
        while start < bytes.count {
            let piece = Array(bytes[start..<min(start + size, bytes.count)])
            var position = 0
            reading: while true {
                switch try parser.next(piece.span, from: &position) {
                case .data(let range): outcome.body += piece[range]
                case .needsMore: break reading
                case .end:
                    outcome.rest = bytes.count - start - position
                    return outcome
                }
            }
            start += size
        }
        return outcome
    }

    @Test("a body with trailers is parsed the same in pieces of any size", arguments: [1, 2, 3, 5, 1000])
    func pieces(size: Int) throws {
        let text = "5\r\nhello\r\n00a\r\n, \r\nworld!\r\n0\r\nX-Sum: 1 \r\nY:\r\n\r\nGET"
        let outcome = try Self.parse(text, pieces: size)
        #expect(outcome.body == Array("hello, \r\nworld!".utf8))
        #expect(outcome.rest == 3)
    }

    @Test(
        "anything else is rejected",
        arguments: [
            "\r\n", " 5\r\nhello\r\n", "5 \r\nhello", "5\nhello", "5\r\nhellox\r\n",
            "5\r\nhello\n0\r\n\r\n",
            "5\r\nhello\r0", "0x5\r\nhello", "+5\r\n", "-5\r\n", "g\r\n", "1000000000000000\r\n", "5\rhello", "\t5\r\n",
            ";\r\n",
            "5\r\nhello0\r\n\r\n", "0\r\n a: b\r\n\r\n", "0\r\na : b\r\n\r\n", "0\r\n:\r\n\r\n", "0\r\nabc\r\n\r\n",
            "0\r\na: b\n\r\n",
            "0\r\na: \u{0}\r\n\r\n", "0\r\nContent-Length: 5\r\n\r\n", "0\r\ntransfer-encoding: chunked\r\n\r\n",
            "0\r\nhost: a\r\n\r\n",
            "0\r\n\n", "0\n\n", "5,\r\n", "5\u{0}\r\n", "5\r\r\nhello",
            "5;a=b\nhello", "5;a=b\rhello", "5;a=\"\n\"\r\nhello", "5;\u{0}\r\n", "5 a=b\r\nhello",
        ])
    func rejected(text: String) {
        for size in [1, 1000] {
            #expect { try Self.parse(text, pieces: size) } throws: {
                ($0 as? HTTPSyntaxError)?.code == .malformed
            }
        }
    }

    @Test("chunk extensions are ignored (RFC 9112 §7.1.1)", arguments: [1, 3, 1000])
    func extensions(size: Int) throws {
        let text = "5;a=b\r\nhello\r\n1 ;c;d=\"; e\\\"\"\r\n!\r\n0; last=\"é\"\r\nX: 1\r\n\r\nGET"
        let outcome = try Self.parse(text, pieces: size)
        #expect(outcome.body == Array("hello!".utf8))
        #expect(outcome.rest == 3)
    }

    @Test("extensions may not outweigh the data, but may accompany every chunk of a long body")
    func endlessExtensions() throws {
        let long = String(repeating: "x", count: 20_000), short = ";s=\(String(repeating: "x", count: 90))"
        let small = String(repeating: "1\(short)\r\na\r\n", count: 300)
        for text in ["1;\(long)", "1 \(long.replacing("x", with: " "))", small] {
            #expect { try Self.parse(text, pieces: 1000) } throws: {
                ($0 as? HTTPSyntaxError)?.code == .malformed
            }
        }
        let data = String(repeating: "d", count: 100)
        let body = String(repeating: "64\(short)\r\n\(data)\r\n", count: 1_000) + "0\r\n\r\n"
        #expect(try Self.parse(body, pieces: 5_000).body.count == 100_000)
    }

    @Test("trailers have the limits of a head")
    func limits() {
        for text in [String(repeating: "a: b\r\n", count: 101), "a: " + String(repeating: "b", count: 70_000)] {
            #expect { try Self.parse("0\r\n\(text)", pieces: 100) } throws: {
                ($0 as? HTTPSyntaxError)?.code == .tooLarge
            }
        }
    }
}
