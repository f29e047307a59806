internal import HTTP
internal import HTTPServer

/// The heads of plain HTTP as the proxy forwards them: without hop-by-hop fields.
enum ForwardedHead {
    /// RFC 9110 §7.6.1, and what older clients and servers send. Host and framing are written anew.
    private static let hopByHop = [
        "connection", "proxy-connection", "keep-alive", "te", "transfer-encoding", "upgrade", "http2-settings",
        "proxy-authorization", "proxy-authenticate", "proxy-authentication-info", "content-length",
    ]

    /// A request's head for the server. No `Via` field: it would reveal what runs here.
    static func request(_ request: NetworkRequestParser.Request, to address: NetworkAddress) -> [UInt8] {
        guard case .forward(let target) = request.kind else { return [] }
        let head = request.head
        var bytes = Array("\(head.method) \(target) HTTP/1.\(head.minorVersion)\r\n".utf8)
        bytes += Array("Host: \(address.port == 80 ? "\(address.name)" : "\(address)")\r\n".utf8)
        self.write(head.headers, besides: ["host", "expect"], to: &bytes)
        switch head.framing {
        case .none where head.headers.contains("content-length"): bytes += Array("Content-Length: 0\r\n".utf8)
        case .none: break
        case .length(let length): bytes += Array("Content-Length: \(length)\r\n".utf8)
        case .chunked: bytes += Array("Transfer-Encoding: chunked\r\n".utf8)
        }
        if head.expectsContinue { bytes += Array("Expect: 100-continue\r\n".utf8) }
        // One connection to the server for each request: the next one may go elsewhere.
        bytes += Array("Connection: close\r\n\r\n".utf8)
        return bytes
    }

    /// An answer's head for the client.
    static func answer(_ answer: AnswerHead, keepsAlive: Bool) -> [UInt8] {
        var bytes = Array("HTTP/1.1 \(answer.status.code) ".utf8) + answer.reason + [0x0D, 0x0A]
        self.write(answer.headers, besides: [], to: &bytes)
        if let length = answer.framing.contentLength { bytes += Array("Content-Length: \(length)\r\n".utf8) }
        if answer.framing.isChunked { bytes += Array("Transfer-Encoding: chunked\r\n".utf8) }
        if !keepsAlive, !answer.status.isInformational { bytes += Array("Connection: close\r\n".utf8) }
        return bytes + [0x0D, 0x0A]
    }

    private static func write(_ headers: HTTPHeaders, besides: [String], to bytes: inout [UInt8]) {
        // Both the fields and the names may be hundreds.
        let dropped = Set((self.hopByHop + besides + headers.list(of: "connection")).map { $0.lowercased() })
        headers.write(to: &bytes) { index in
            !dropped.contains(String(decoding: headers.nameBytes(at: index), as: UTF8.self).lowercased())
        }
    }
}

/// The head of a server's answer.
struct AnswerHead: Sendable, Equatable {
    /// An answer that cannot be forwarded safely.
    struct Problem: Error, Equatable {
        let message: String

        init(_ message: String) { self.message = message }
    }

    /// Each is compared with those that are not passed on, which the head names, too.
    private static let fieldLimit = 256

    let status: HTTPStatus
    let reason: [UInt8]
    let headers: HTTPHeaders
    let framing: ResponseBodyFraming

    /// - Parameter bytes: From the status line to the empty line.
    init(_ bytes: ArraySlice<UInt8>) throws(Problem) {
        let bytes = Array(bytes)
        let line = bytes.prefix { $0 != 0x0D }
        guard line.count >= 12, line.starts(with: Array("HTTP/1.".utf8)), case let rest = line.dropFirst(7),
            let minor = rest.first,
            minor == 0x30 || minor == 0x31, rest.dropFirst().first == 0x20,
            case let digits = rest.dropFirst(2).prefix(3), digits.allSatisfy(ByteSet.digits.contains),
            case let code = digits.reduce(0, { $0 * 10 + Int($1 - 0x30) }), (100...599).contains(code),
            case let tail = rest.dropFirst(5), tail.isEmpty || tail.first == 0x20, tail.allSatisfy(Self.isText)
        else { throw Problem("its first line is not a status line of HTTP/1.1") }
        self.status = HTTPStatus(code)
        self.reason = Array(tail.dropFirst())
        var (position, fields) = (line.count + 2, FieldLineParser())
        do throws(HTTPSyntaxError) {
            let isWhole = try fields.parse(
                bytes.span, at: &position, end: bytes.count, shift: 0, maximumCount: Self.fieldLimit)
            guard isWhole, bytes[line.count + 1] == 0x0A else { throw HTTPSyntaxError(.malformed, "it has no end") }
            self.headers = HTTPHeaders(storage: bytes, fields: fields.trimmedFields(in: bytes))
            self.framing = try ResponseBodyFraming(self.headers, isHTTP10: minor == 0x30)
        } catch {
            throw Problem(error.message)
        }
    }

    func body(to method: HTTPMethod) -> ResponseBodyFraming.Body { self.framing.body(self.status, to: method) }

    private static func isText(_ byte: UInt8) -> Bool { byte >= 0x20 ? byte != 0x7F : byte == 0x09 }
}

/// Collects the head of a server's answer from pieces of any size.
struct AnswerHeadReader: Sendable {
    private static let limit = 64 * 1024

    private var bytes: [UInt8] = []

    /// Returns the head once it is complete, and the bytes after it.
    mutating func parse(
        _ piece: [UInt8]
    ) throws(AnswerHead.Problem) -> (head: AnswerHead, rest: [UInt8])? {
        let checked = max(0, self.bytes.count - 3)
        self.bytes += piece
        guard let end = self.bytes[checked...].firstRange(of: [0x0D, 0x0A, 0x0D, 0x0A])?.upperBound else {
            guard self.bytes.count <= Self.limit else { throw AnswerHead.Problem("its head is too long") }
            return nil
        }
        guard end <= Self.limit else { throw AnswerHead.Problem("its head is too long") }
        let head = try AnswerHead(self.bytes[..<end])
        let rest = Array(self.bytes[end...])
        self.bytes = []
        return (head, rest)
    }
}
