internal import HTTP
internal import Primitives

/// A validated request, ready to be sent. Pure.
struct TransferPlan: Sendable {
    let method: HTTPMethod
    /// Path and query, which are sent unmodified.
    let target: String
    let isSecure: Bool
    /// With the port, if the URL has one.
    let host: String
    /// Whether `host` has the port that its scheme implies.
    private let namesOwnPort: Bool
    private(set) var headers: HTTPHeaders
    private(set) var body: HTTPClientRequest.Body
    let mayLeaveLoopback: Bool
    let idleTimeout: Duration?
    let totalTimeout: Duration?
    let isTrickle: Bool
    let signature: AWSSignature?
    /// Nil if a request without a `User-Agent` is sent without one.
    private let userAgent: String?

    /// The URL without path and query.
    var url: String { "\(self.isSecure ? "https" : "http")://\(self.host)/" }

    /// The options that a handle keeps from a similar request; nil for a request with unusual options.
    var shape: EasyHandle.Shape? {
        guard self.signature == nil, !self.isTrickle else { return nil }
        let body: EasyHandle.Shape.Body =
            switch self.body {
            case .none: self.sendsEmptyBody ? .bytes : .none
            case .bytes: .bytes
            case .stream: .stream
            }
        return EasyHandle.Shape(url: self.url, method: self.method, body: body)
    }

    /// Releases the parts that need not be resent.
    mutating func wasSent() {
        self.headers = HTTPHeaders()
        if case .bytes = self.body { self.body = .none }
    }

    /// Whether an empty body is announced.
    var sendsEmptyBody: Bool {
        if case .none = self.body { [.post, .put, .patch].contains(self.method) } else { false }
    }

    /// Connection-specific headers (RFC 9110 §7.6.1) and framing, which the client sets.
    private static let ownHeaders: HeaderNames = [
        .connection, .contentLength, .expect, .keepAlive, .proxyConnection, .te, .trailer, .transferEncoding, .upgrade,
    ]

    init(_ request: HTTPClientRequest, _ settings: HTTPClientSettings) throws(HTTPClientError) {
        let url = request.url
        guard url.scheme == "http" || url.scheme == "https" else {
            throw HTTPClientError(.invalidRequest, "\(url.host): only http and https URLs can be requested")
        }
        guard url.isSecure || url.isLoopback || settings.allowsPlainHTTP else {
            throw HTTPClientError(
                .plainHTTPRefused,
                "\(url.host): plain http would send everything unencrypted over the network; use https")
        }
        guard !request.method.rawValue.isEmpty, request.method.rawValue.utf8.allSatisfy(ByteSet.token.contains),
            request.method != .connect
        else {
            throw HTTPClientError(.invalidRequest, "\(url.host): the request's method is not a token, or is CONNECT")
        }
        guard url.target.utf8.first == UInt8(ascii: "/"), url.target.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw HTTPClientError(
                .invalidRequest, "\(url.host): the path must start with a slash and be percent-encoded")
        }
        try Self.check(request.headers, host: url.host)
        self.method = request.method
        self.target = url.target
        self.isSecure = url.isSecure
        self.host = url.authority
        self.namesOwnPort = url.port == (url.isSecure ? 443 : 80)
        self.signature = request.signature
        self.headers = request.headers
        self.userAgent = request.headers.contains(.userAgent) ? nil : settings.userAgent
        self.body = request.body
        self.mayLeaveLoopback = url.isSecure || settings.allowsPlainHTTP
        self.idleTimeout = request.idleTimeout ?? settings.idleTimeout
        self.totalTimeout = request.totalTimeout ?? settings.totalTimeout
        self.isTrickle = request.isTrickle
    }

    private static func check(_ headers: HTTPHeaders, host: String) throws(HTTPClientError) {
        for index in headers.indices where !self.ownHeaders.contains(headers.known(at: index)) {
            guard headers.isValid(at: index) else {
                throw HTTPClientError(
                    .invalidRequest, "\(host): a header has an invalid name or a line break in its value")
            }
        }
    }

    /// Lines for CURLOPT_HTTPHEADER, each followed by a NUL.
    var curlLines: [UInt8] {
        var lines: [UInt8] = []
        lines.reserveCapacity(960)
        for index in self.headers.indices where !Self.ownHeaders.contains(self.headers.known(at: index)) {
            lines += self.headers.nameBytes(at: index)
            // A semicolon tells libcurl that the header has no value.
            let value = self.headers.valueBytes(at: index)
            if value.isEmpty {
                lines.append(UInt8(ascii: ";"))
            } else {
                lines.append(UInt8(ascii: ":"))
                lines.append(0x20)
                lines += value
            }
            lines.append(0)
        }
        if let userAgent = self.userAgent { lines += "User-Agent: \(userAgent)\0".utf8 }
        // libcurl would sign suppressed headers as empty ones, which the server does not get.
        if self.signature != nil { return lines }
        // Suppresses libcurl's defaults, so that exactly the caller's headers are sent.
        if !self.headers.contains(.accept) { lines += "Accept:\0".utf8 }
        if !self.headers.contains(.contentType) { lines += "Content-Type:\0".utf8 }
        lines += "Expect:\0".utf8
        return lines
    }

    /// The request's head on a connection of HTTP/1.1.
    var http1Head: [UInt8] {
        var head: [UInt8] = []
        // Usually enough, and small enough for the allocator's per-thread cache.
        head.reserveCapacity(960)
        head += self.method.rawValue.utf8
        head.append(0x20)
        head += self.target.utf8
        head += " HTTP/1.1\r\n".utf8
        if !self.headers.contains(.host) {
            head += "Host: ".utf8
            head += self.host.utf8
            // Without the scheme's own port, as in the URL's origin.
            if self.namesOwnPort { head.removeLast((self.isSecure ? ":443" : ":80").utf8.count) }
            head += "\r\n".utf8
        }
        self.headers.write(to: &head) { !Self.ownHeaders.contains(self.headers.known(at: $0)) }
        if let userAgent = self.userAgent {
            head += "User-Agent: ".utf8
            head += userAgent.utf8
            head += "\r\n".utf8
        }
        switch self.body {
        case .none: if self.sendsEmptyBody { head += "Content-Length: 0\r\n".utf8 }
        case .bytes(let bytes): Self.write(length: bytes.count, to: &head)
        case .stream(let length?, _): Self.write(length: length, to: &head)
        case .stream(nil, _): head += "Transfer-Encoding: chunked\r\n".utf8
        }
        head += "\r\n".utf8
        return head
    }

    private static func write(length: Int, to head: inout [UInt8]) {
        head += "Content-Length: ".utf8
        head.append(length, digits: 1)
        head += "\r\n".utf8
    }
}
