internal import Glibc
internal import HTTP
internal import Primitives

/// How a response's body is delimited; writes the matching head.
struct ResponseFraming: Equatable {
    enum Body: Equatable {
        case none
        case length(Int)
        case chunked
        /// The body ends with the connection (HTTP/1.0).
        case untilClose
    }

    let body: Body
    /// Whether the connection closes after this response.
    let closes: Bool
    /// The value of `Content-Length`, even if no body follows (HEAD, 304).
    private let announcedLength: Int?

    /// - Parameters:
    ///   - length: Of the body; `nil` for a stream.
    ///   - mayStay: Whether client and server want to keep the connection open.
    init(
        _ response: HTTPServerResponse, length: Int?, for head: RequestHead, mayStay: Bool
    ) throws(HTTPServerError) {
        let given = try Self.givenLength(response.headers)
        let isHead = head.method == .head
        var closes =
            !mayStay
            || response.headers.contains(.connection) && response.headers.contains("connection", token: "close")
        if response.status.isBodiless || isHead {
            self.body = .none
            let hasOwn = response.status.code == 204 || response.status.isInformational
            self.announcedLength = hasOwn ? nil : given ?? (response.status.code == 304 ? nil : length)
        } else if let length {
            guard given == nil || given == length else {
                throw HTTPServerError(
                    .invalidResponse, "the response's Content-Length is \(given ?? 0), but its body has \(length) bytes"
                )
            }
            self.body = .length(length)
            self.announcedLength = length
        } else if let given {
            self.body = .length(given)
            self.announcedLength = given
        } else {
            self.body = head.minorVersion == 1 ? .chunked : .untilClose
            self.announcedLength = nil
            if head.minorVersion == 0 { closes = true }
        }
        self.closes = closes
    }

    /// Status line, header fields and the empty line; skips a handler's fields that the server sets itself.
    func head(of response: HTTPServerResponse, for head: RequestHead, date: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(256)
        StatusLines.write(response.status, to: &output)
        let headers = response.headers
        headers.write(to: &output) { index in !Self.serverOwned.contains(headers.known(at: index)) }
        if !headers.contains(.date) {
            output += "Date: ".utf8
            output += date
            output += "\r\n".utf8
        }
        if let length = self.announcedLength {
            output += "Content-Length: ".utf8
            output.append(length, digits: 1)
            output += "\r\n".utf8
        }
        if self.body == .chunked { output += "Transfer-Encoding: chunked\r\n".utf8 }
        if self.closes {
            output += "Connection: close\r\n".utf8
        } else if head.minorVersion == 0 {
            output += "Connection: keep-alive\r\n".utf8
        }
        output += "\r\n".utf8
        return output
    }

    private static let serverOwned: HeaderNames = [.contentLength, .transferEncoding, .connection, .keepAlive]

    private static func givenLength(_ headers: HTTPHeaders) throws(HTTPServerError) -> Int? {
        guard let text = headers[.contentLength] else { return nil }
        guard (1...18).contains(text.utf8.count), text.utf8.allSatisfy(ByteSet.digits.contains) else {
            throw HTTPServerError(.invalidResponse, "the response's Content-Length is not a number")
        }
        return Int(text)
    }
}

/// Status lines such as `HTTP/1.1 200 OK`.
enum StatusLines {
    private static let ok = Array("HTTP/1.1 200 OK\r\n".utf8)
    static let proceed = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    static func write(_ status: HTTPStatus, to output: inout [UInt8]) {
        guard status != .ok else {
            output += self.ok
            return
        }
        output += "HTTP/1.1 ".utf8
        // Always three digits, whatever code a handler sets.
        output.append((100...999).contains(status.code) ? status.code : 500, digits: 1)
        output.append(0x20)
        output += status.reason.utf8
        output += "\r\n".utf8
    }
}

/// The `Date` header's value, formatted at most once per second.
struct ServerDate {
    private var second = 0
    private var text: [UInt8] = []

    var bytes: [UInt8] {
        mutating get {
            let now = time(nil)
            if now != self.second {
                self.second = now
                self.text = HTTPDate.bytes(now)
            }
            return self.text
        }
    }
}
