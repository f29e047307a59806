internal import HTTP

/// The head of a server's answer.
struct AnswerHead: Sendable, Equatable {
    /// An answer that can't be passed on safely.
    struct Problem: Error, Equatable {
        let message: String

        init(_ message: String) { self.message = message }
    }

    enum Body: Sendable, Equatable {
        case none
        case length(Int)
        case chunked
        /// Until the server closes the connection.
        case untilEnd
    }

    let status: HTTPStatus
    let reason: [UInt8]
    let headers: HTTPHeaders
    /// As declared; also in answers without a body, such as one to HEAD.
    let contentLength: Int?
    let isChunked: Bool

    /// - Parameter bytes: From the status line to the empty line.
    init(_ bytes: ArraySlice<UInt8>) throws(Problem) {
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast(2).makeIterator()
        guard let first = lines.next(), case let line = first.dropLast(), first.last == 0x0D, line.count >= 12,
            line.starts(with: Array("HTTP/1.".utf8)), case let rest = line.dropFirst(7), let minor = rest.first,
            minor == 0x30 || minor == 0x31, rest.dropFirst().first == 0x20,
            case let digits = rest.dropFirst(2).prefix(3), digits.allSatisfy(ByteSet.digits.contains),
            case let code = digits.reduce(0, { $0 * 10 + Int($1 - 0x30) }), (100...599).contains(code),
            case let tail = rest.dropFirst(5), tail.isEmpty || tail.first == 0x20, tail.allSatisfy(Self.isText)
        else { throw Problem("its first line is not a status line of HTTP/1.1") }
        var headers = HTTPHeaders()
        while let line = lines.next() {
            guard line.last == 0x0D, let colon = line.firstIndex(of: 0x3A),
                case let value = line[(colon + 1)...].dropLast(), value.allSatisfy(Self.isText),
                headers.append(name: Array(line[..<colon]), value: Self.trimmed(value))
            else { throw Problem("a header line is malformed") }
        }
        self.status = HTTPStatus(code)
        self.reason = Array(tail.dropFirst())
        self.headers = headers
        (self.contentLength, self.isChunked) = try Self.framing(headers)
        guard !self.isChunked || minor == 0x31 else { throw Problem("Transfer-Encoding in an answer of HTTP/1.0") }
    }

    /// How the body ends (RFC 9112 §6.3).
    func body(to method: HTTPMethod) -> Body {
        if method == .head || self.status.isBodiless { return .none }
        if self.isChunked { return .chunked }
        guard let length = self.contentLength else { return .untilEnd }
        return length == 0 ? .none : .length(length)
    }

    private static func framing(_ headers: HTTPHeaders) throws(Problem) -> (length: Int?, isChunked: Bool) {
        // Repeated equal lengths are valid (RFC 9110 §8.6).
        let lengths = Set(headers.values(of: "content-length"))
        let codings = headers.values(of: "transfer-encoding")
        guard lengths.isEmpty || codings.isEmpty else { throw Problem("both Transfer-Encoding and Content-Length") }
        if let coding = codings.first {
            guard codings.count == 1, coding.equalsIgnoringCase("chunked") else {
                throw Problem("a Transfer-Encoding other than chunked")
            }
            return (nil, true)
        }
        guard let length = lengths.first else { return (nil, false) }
        guard lengths.count == 1, (1...18).contains(length.utf8.count),
            length.utf8.allSatisfy(ByteSet.digits.contains), let value = Int(length)
        else { throw Problem("Content-Length is not one number") }
        return (value, false)
    }

    private static func isText(_ byte: UInt8) -> Bool { byte >= 0x20 ? byte != 0x7F : byte == 0x09 }

    private static func trimmed(_ value: ArraySlice<UInt8>) -> [UInt8] {
        var value = value
        while let first = value.first, first.isBlank { value.removeFirst() }
        while let last = value.last, last.isBlank { value.removeLast() }
        return Array(value)
    }
}
