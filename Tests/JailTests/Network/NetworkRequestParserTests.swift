import HTTP
import TestSupport
import Testing

@testable import Jail

@Suite("Requests to a jail's proxy")
struct NetworkRequestParserTests {
    private typealias Parser = NetworkRequestParser

    /// Parses in pieces of `size` bytes; nil if the head is incomplete.
    private func parse(_ text: String, size: Int = .max, headLimit: Int = 32 * 1024) throws -> Parser.Request? {
        var parser = Parser(headLimit: headLimit)
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(size))
            if case .request(let request, let consumed) = try parser.parse(piece) {
                #expect(consumed <= piece.count)
                return request
            }
            rest = rest.dropFirst(piece.count)
        }
        return nil
    }

    @Test("CONNECT, in pieces of any size", arguments: [1, 2, 3, 7, 1_000])
    func tunnel(size: Int) throws {
        let text = "CONNECT Example.org:8443 HTTP/1.1\r\nHost: other.example\r\nUser-Agent: x\r\n\r\n"
        let request = try #require(try self.parse(text, size: size))
        expectEqual(request.kind, .tunnel)
        expectEqual(request.host.lowercased(), "example.org")
        expectEqual(request.port, 8_443)
    }

    @Test(
        "absolute URLs",
        arguments: [
            ("GET http://example.org/a?b=c HTTP/1.1", "example.org", 80, "/a?b=c"),
            ("GET http://example.org HTTP/1.1", "example.org", 80, "/"),
            ("GET http://example.org?q HTTP/1.1", "example.org", 80, "/?q"),
            ("GET http://example.org:8080/ HTTP/1.1", "example.org", 8_080, "/"),
            ("GET http://example.org:/ HTTP/1.1", "example.org", 80, "/"),
            ("GET HTTP://example.org/A HTTP/1.1", "example.org", 80, "/A"),
            ("OPTIONS http://example.org HTTP/1.1", "example.org", 80, "*"),
            ("PROPFIND http://example.org/x HTTP/1.1", "example.org", 80, "/x"),
            ("GET http://example.org/http://other.example/ HTTP/1.1", "example.org", 80, "/http://other.example/"),
            ("GET http://[::1]:8080/ HTTP/1.1", "[::1]", 8_080, "/"),
            ("GET http://127%2e1/ HTTP/1.1", "127%2e1", 80, "/"),
        ])
    func forward(line: String, host: String, port: Int, target: String) throws {
        let request = try #require(try self.parse("\(line)\r\nHost: \(host):\(port)\r\n\r\n"))
        expectEqual(request.kind, .forward(target: target))
        expectEqual(request.host, host)
        expectEqual(request.port, port)
    }

    @Test(
        "what isn't a request to a proxy is refused",
        arguments: [
            ("GET / HTTP/1.1\r\nHost: example.org", 400), ("OPTIONS * HTTP/1.1\r\nHost: example.org", 400),
            ("GET https://example.org/ HTTP/1.1\r\nHost: example.org", 501),
            ("GET ftp://example.org/ HTTP/1.1\r\nHost: example.org", 400),
            ("GET file:///etc/passwd HTTP/1.1\r\nHost: a", 400), ("GET http:/example.org HTTP/1.1\r\nHost: a", 400),
            ("CONNECT example.org HTTP/1.1\r\nHost: a", 400), ("CONNECT http://example.org HTTP/1.1\r\nHost: a", 400),
            ("CONNECT example.org:443:80 HTTP/1.1\r\nHost: a", 400), ("CONNECT :443 HTTP/1.1\r\nHost: a", 400),
            ("CONNECT example.org: HTTP/1.1\r\nHost: a", 400), ("CONNECT a:443\u{0} HTTP/1.1\r\nHost: a", 400),
            ("CONNECT a\u{0}.example.com:443 HTTP/1.1\r\nHost: a", 400),
            ("CONNECT u:p@example.org:443 HTTP/1.1\r\nHost: a", 400), ("CONNECT ①.org:443 HTTP/1.1\r\nHost: a", 400),
            ("GET http://u:p@example.org/ HTTP/1.1\r\nHost: example.org", 400),
            ("GET http://example.org@evil.example/ HTTP/1.1\r\nHost: example.org", 400),
            ("GET http://example.org\\@evil/ HTTP/1.1\r\nHost: example.org", 400),
            ("GET http://exam ple.org/ HTTP/1.1\r\nHost: example.org", 400),
            ("GET http://127。0。0。1/ HTTP/1.1\r\nHost: example.org", 400),
            ("GET http://example.org/ HTTP/1.1\r\nHost: evil.example", 400),
            ("GET http://example.org/ HTTP/1.1\r\nHost: example.org\r\nHost: example.org", 400),
            ("GET http://example.org/ HTTP/1.1", 400), ("GET http://example.org/ HTTP/2.0\r\nHost: example.org", 505),
            ("GET http://example.org/#f HTTP/1.1\r\nHost: example.org", 400),
            ("CONNECT a:443 HTTP/1.1\r\nHost: a\r\nContent-Length: 3", 400),
            ("CONNECT a:443 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked", 400),
            // Requests that servers delimit in different ways.
            ("POST http://a/ HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3", 400),
            ("POST http://a/ HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4", 400),
            ("POST http://a/ HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked", 400),
            ("POST http://a/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked", 400),
            ("POST http://a/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked", 400),
            ("POST http://a/ HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked", 400),
            ("POST http://a/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked", 400),
            ("POST http://a/ HTTP/1.1\r\nHost: a\r\nContent-Length: +3", 400),
            ("POST http://a/ HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3", 400),
            ("POST http://a/ HTTP/1.1\r\nHost: a\r\n X: folded", 400),
            ("POST http://a/ HTTP/1.1\r\nHost: a\nX: y", 400), ("POST http://a/ HTTP/1.1\r\nHost: a\rX: y", 400),
        ])
    func refused(head: String, status: Int) {
        let error = #expect(throws: Parser.Problem.self) { try self.parse("\(head)\r\n\r\n") }
        expectEqual(error?.status.code, status)
        expectEqual(error?.message.isEmpty, false)
    }

    @Test("an oversized head is refused before its end")
    func oversized() {
        let long = "CONNECT a:443 HTTP/1.1\r\nX: \(String(repeating: "x", count: 5_000))"
        let error = #expect(throws: Parser.Problem.self) { try self.parse(long, size: 100, headLimit: 4_096) }
        expectEqual(error?.status, .headersTooLarge)
        let many = "CONNECT a:443 HTTP/1.1\r\n" + String(repeating: "X: y\r\n", count: 500)
        #expect(throws: Parser.Problem.self) { try self.parse(many) }
    }

    @Test("random bytes and damaged requests never get further than an error or a valid host")
    func random() {
        var generator = SeededGenerator(state: 3_128)
        let seeds = [
            "CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n",
            "POST http://example.org:80/p?q HTTP/1.1\r\nHost: example.org\r\nContent-Length: 3\r\nConnection: x\r\n\r\n",
        ]
        for round in 0..<5_000 {
            var bytes = Array(seeds[round % 2].utf8)
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: index)
                case 2: bytes.insert(Array(":/@.%[]\0\r\n 0x".utf8).randomElement(using: &generator) ?? 0, at: index)
                default: bytes.insert(contentsOf: bytes[..<index], at: index)
                }
            }
            var parser = Parser()
            guard case .request(let request, let consumed) = try? parser.parse(bytes) else { continue }
            #expect(consumed <= bytes.count)
            guard let address = NetworkAddress(request.host, "\(request.port)") else { continue }
            #expect(
                address.name.text.utf8.allSatisfy { ByteSet("abcdefghijklmnopqrstuvwxyz0123456789.-").contains($0) })
            let head = ForwardedHead.request(request, to: address)
            // One head, whose every line ends once.
            if request.kind != .tunnel {
                let lines = head.split(separator: 0x0A, omittingEmptySubsequences: false)
                #expect(lines.dropLast().allSatisfy { $0.last == 0x0D && $0.dropLast().allSatisfy { $0 != 0x0D } })
                expectEqual(lines.filter { $0.elementsEqual([0x0D]) }.count, 1)
            }
        }
    }
}
