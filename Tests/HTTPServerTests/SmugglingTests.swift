import HTTP
import TestSupport
import Testing

@testable import HTTPServer

/// Requests that servers are known to interpret differently. Each must have a single meaning or be rejected.
@Suite("Request smuggling")
struct SmugglingTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let lines: String
        /// The framing if accepted, else the status.
        let expected: Expected
        var testDescription: String { self.name }

        init(_ name: String, _ lines: String, _ expected: Expected = .refused(400)) {
            self.name = name
            self.lines = lines
            self.expected = expected
        }
    }

    enum Expected: Sendable, Equatable {
        case accepted(BodyFraming)
        case refused(Int)
    }

    static let post = "POST / HTTP/1.1\r\nHost: a\r\n"

    static let contentLength = [
        Case("length", "\(post)Content-Length: 5\r\n\r\n", .accepted(.length(5))),
        Case("length zero", "\(post)Content-Length: 0\r\n\r\n", .accepted(.none)),
        Case("length with leading zeros", "\(post)Content-Length: 0005\r\n\r\n", .accepted(.length(5))),
        Case("length with blanks around", "\(post)Content-Length: \t5 \t\r\n\r\n", .accepted(.length(5))),
        Case(
            "length of 18 digits", "\(post)Content-Length: 999999999999999999\r\n\r\n",
            .accepted(.length(999_999_999_999_999_999))),
        Case("length of 19 digits", "\(post)Content-Length: 1000000000000000000\r\n\r\n"),
        Case("length over 64 bits", "\(post)Content-Length: 18446744073709551621\r\n\r\n"),
        Case("two lengths", "\(post)Content-Length: 5\r\nContent-Length: 6\r\n\r\n"),
        Case("the same length twice", "\(post)Content-Length: 5\r\nContent-Length: 5\r\n\r\n"),
        Case("two lengths, other case", "\(post)Content-Length: 5\r\ncontent-length: 6\r\n\r\n"),
        Case("a list of lengths", "\(post)Content-Length: 5, 5\r\n\r\n"),
        Case("a list of different lengths", "\(post)Content-Length: 5,6\r\n\r\n"),
        Case("length with plus sign", "\(post)Content-Length: +5\r\n\r\n"),
        Case("length with minus sign", "\(post)Content-Length: -5\r\n\r\n"),
        Case("length of minus zero", "\(post)Content-Length: -0\r\n\r\n"),
        Case("hexadecimal length", "\(post)Content-Length: 0x5\r\n\r\n"),
        Case("octal length", "\(post)Content-Length: 0o5\r\n\r\n"),
        Case("length with a dot", "\(post)Content-Length: 5.0\r\n\r\n"),
        Case("length with exponent", "\(post)Content-Length: 5e0\r\n\r\n"),
        Case("length with underscore", "\(post)Content-Length: 1_0\r\n\r\n"),
        Case("length with space inside", "\(post)Content-Length: 1 0\r\n\r\n"),
        Case("empty length", "\(post)Content-Length:\r\n\r\n"),
        Case("blank length", "\(post)Content-Length: \t \r\n\r\n"),
        Case("quoted length", "\(post)Content-Length: \"5\"\r\n\r\n"),
        Case("length as a word", "\(post)Content-Length: five\r\n\r\n"),
        Case("length with non-ASCII digits", "\(post)Content-Length: \u{FF15}\r\n\r\n"),
        Case("length with NUL", "\(post)Content-Length: 5\u{0}\r\n\r\n"),
        Case("length with vertical tab", "\(post)Content-Length: \u{B}5\r\n\r\n"),
    ]

    static let transferEncoding = [
        Case("chunked", "\(post)Transfer-Encoding: chunked\r\n\r\n", .accepted(.chunked)),
        Case("chunked in capitals", "\(post)Transfer-Encoding: CHUNKED\r\n\r\n", .accepted(.chunked)),
        Case("chunked and length", "\(post)Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"),
        Case("length and chunked", "\(post)Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
        Case("length zero and chunked", "\(post)Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n"),
        Case("chunked twice", "\(post)Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
        Case("chunked and identity", "\(post)Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n"),
        Case("identity and chunked", "\(post)Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n"),
        Case("chunked, chunked", "\(post)Transfer-Encoding: chunked, chunked\r\n\r\n"),
        Case("gzip, chunked", "\(post)Transfer-Encoding: gzip, chunked\r\n\r\n"),
        Case("chunked, gzip", "\(post)Transfer-Encoding: chunked, gzip\r\n\r\n"),
        Case("identity", "\(post)Transfer-Encoding: identity\r\n\r\n"),
        Case("empty coding", "\(post)Transfer-Encoding:\r\n\r\n"),
        Case("coding with a leading comma", "\(post)Transfer-Encoding: ,chunked\r\n\r\n"),
        Case("coding with a trailing comma", "\(post)Transfer-Encoding: chunked,\r\n\r\n"),
        Case("coding with parameter", "\(post)Transfer-Encoding: chunked;q=1\r\n\r\n"),
        Case("quoted coding", "\(post)Transfer-Encoding: \"chunked\"\r\n\r\n"),
        Case("xchunked", "\(post)Transfer-Encoding: xchunked\r\n\r\n"),
        Case("chunkedx", "\(post)Transfer-Encoding: chunkedx\r\n\r\n"),
        Case("cow", "\(post)Transfer-Encoding: cow\r\nContent-Length: 5\r\n\r\n"),
        Case("coding after vertical tab", "\(post)Transfer-Encoding: \u{B}chunked\r\n\r\n"),
        Case("coding after form feed", "\(post)Transfer-Encoding: \u{C}chunked\r\n\r\n"),
        Case("coding with NUL", "\(post)Transfer-Encoding: chunked\u{0}\r\n\r\n"),
        Case("coding with a soft hyphen", "\(post)Transfer-Encoding: chun\u{AD}ked\r\n\r\n"),
        Case("coding on a folded line", "\(post)Transfer-Encoding:\r\n chunked\r\n\r\n"),
        Case("coding with a fold inside", "\(post)Transfer-Encoding: chunked\r\n , identity\r\n\r\n"),
        Case("space before the colon", "\(post)Transfer-Encoding : chunked\r\n\r\n"),
        Case("tab before the colon", "\(post)Transfer-Encoding\t: chunked\r\n\r\n"),
        Case("space before the name", "\(post) Transfer-Encoding: chunked\r\n\r\n"),
        Case("coding in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
        Case("coding after a bare LF", "\(post)X: y\nTransfer-Encoding: chunked\r\n\r\n"),
        Case("coding after a bare CR", "\(post)X: y\rTransfer-Encoding: chunked\r\n\r\n"),
        Case(
            "coding with an underscore is another header",
            "\(post)Transfer_Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
            .accepted(.length(5))),
    ]

    static let lines = [
        Case("LF only", "GET / HTTP/1.1\nHost: a\n\n"),
        Case("LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n"),
        Case("LF after a header", "GET / HTTP/1.1\r\nHost: a\n\r\n"),
        Case("LF as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n"),
        Case("CR only", "GET / HTTP/1.1\rHost: a\r\r"),
        Case("CR CR LF", "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n"),
        Case("CR in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n"),
        Case("NUL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{0}b\r\n\r\n"),
        Case("DEL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{7F}b\r\n\r\n"),
        Case("escape in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{1B}b\r\n\r\n"),
        Case("NUL in a name", "GET / HTTP/1.1\r\nHost: a\r\nX\u{0}: b\r\n\r\n"),
        Case("space in a name", "GET / HTTP/1.1\r\nHost: a\r\nX Y: b\r\n\r\n"),
        Case("non-ASCII letter in a name", "GET / HTTP/1.1\r\nHost: a\r\nXé: b\r\n\r\n"),
        Case("no name", "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n"),
        Case("no colon", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length 5\r\n\r\n"),
        Case("fold after the request line", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
        Case("fold in the middle", "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n\tb\r\n\r\n"),
        Case("non-ASCII letters in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: é\r\n\r\n", .accepted(.none)),
    ]

    static let requestLines = [
        Case("HTTP/0.9", "GET /\r\n\r\n"),
        Case("no version", "GET / \r\nHost: a\r\n\r\n"),
        Case("two spaces before the target", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("two spaces before the version", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("tab as separator", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("space after the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"),
        Case("space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("lowercase version", "GET / http/1.1\r\nHost: a\r\n\r\n"),
        Case("version of two digits", "GET / HTTP/1.10\r\nHost: a\r\n\r\n"),
        Case("version without a dot", "GET / HTTP/11\r\nHost: a\r\n\r\n"),
        Case("version with a comma", "GET / HTTP/1,1\r\nHost: a\r\n\r\n"),
        Case("version 1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", .refused(505)),
        Case("version 2.0", "PRI * HTTP/2.0\r\n\r\n", .refused(505)),
        Case("explicit version 0.9", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", .refused(505)),
        Case("empty method", " / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("method with a colon", "GET: / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("fragment", "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("non-ASCII target", "GET /é HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("NUL in the target", "GET /\u{0} HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("target without a slash", "GET a HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("asterisk for GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("other scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("authority for GET", "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("path for CONNECT", "CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("two leading empty lines", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .accepted(.none)),
        Case("nine leading empty lines", String(repeating: "\r\n", count: 9) + "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("leading CR without LF", "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("leading bare LF", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ]

    static let hosts = [
        Case("no Host", "GET / HTTP/1.1\r\n\r\n"),
        Case("no Host in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", .accepted(.none)),
        Case("two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        Case("the same Host twice", "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n"),
        Case("two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
        Case("empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
        Case("list of Hosts", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
        Case("Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
        Case("Host with a user", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"),
        Case("Host with a bad port", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"),
        Case("Host with two ports", "GET / HTTP/1.1\r\nHost: a:80:81\r\n\r\n"),
        Case("IPv6 Host", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", .accepted(.none)),
        Case("unterminated IPv6 Host", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"),
        Case("absolute form, same host", "GET http://A:80/x HTTP/1.1\r\nHost: a\r\n\r\n", .accepted(.none)),
        Case("absolute form, other host", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("absolute form, no Host", "GET http://a/ HTTP/1.1\r\n\r\n"),
        Case("absolute form with a user", "GET http://a@b/ HTTP/1.1\r\nHost: b\r\n\r\n"),
        Case("absolute form, empty host", "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("unknown expectation", "\(post)Expect: 200-ok\r\nContent-Length: 5\r\n\r\n", .refused(417)),
    ]

    @Test(
        "is impossible: a request has one meaning or is rejected",
        arguments: Self.contentLength + Self.transferEncoding + Self.lines + Self.requestLines + Self.hosts,
        [1, 4096])
    func oneMeaning(example: Case, pieceSize: Int) {
        let outcome: Expected
        do throws(HTTPServerError) {
            let (head, rest) = try RequestParserTests.parse(example.lines, pieces: pieceSize)
            expectEqual(rest, 0)
            outcome = head.map { .accepted($0.framing) } ?? .refused(0)
        } catch {
            outcome = .refused(error.status.code)
        }
        expectEqual(outcome, example.expected)
    }
}
