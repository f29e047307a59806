internal import HTTP

/// A validated request, ready to be set on a handle. Pure.
struct TransferPlan: Sendable {
    let method: HTTPMethod
    /// Without path and query, which are sent unmodified as `target`.
    let url: String
    let target: String
    let isSecure: Bool
    let host: String
    /// Lines for CURLOPT_HTTPHEADER, each followed by a NUL.
    private(set) var headerLines: [UInt8]
    private(set) var body: HTTPClientRequest.Body
    let mayLeaveLoopback: Bool
    let idleTimeout: Duration?
    let totalTimeout: Duration?
    let isTrickle: Bool
    let signature: AWSSignature?

    /// What a handle that has sent a similar request has already; nil for a request that needs options of its own.
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

    /// Gives up what libcurl has a copy of.
    mutating func wasSetUp() {
        self.headerLines = []
        if case .bytes = self.body { self.body = .none }
    }

    /// Whether an empty body is announced.
    var sendsEmptyBody: Bool {
        if case .none = self.body { [.post, .put, .patch].contains(self.method) } else { false }
    }

    /// Connection-specific headers (RFC 9110 §7.6.1) and framing, which libcurl sets.
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
        self.method = request.method
        self.url = "\(url.scheme)://\(url.authority)/"
        self.target = url.target
        self.isSecure = url.isSecure
        self.host = url.authority
        self.signature = request.signature
        self.headerLines = try Self.headerLines(
            request.headers, userAgent: settings.userAgent, host: url.host, isSigned: request.signature != nil)
        self.body = request.body
        self.mayLeaveLoopback = url.isSecure || settings.allowsPlainHTTP
        self.idleTimeout = request.idleTimeout ?? settings.idleTimeout
        self.totalTimeout = request.totalTimeout ?? settings.totalTimeout
        self.isTrickle = request.isTrickle
    }

    private static func headerLines(
        _ headers: HTTPHeaders, userAgent: String?, host: String, isSigned: Bool
    ) throws(HTTPClientError) -> [UInt8] {
        var lines: [UInt8] = []
        lines.reserveCapacity(1_024)
        let token = ByteSet.token
        let isToken = { (byte: UInt8) in token.contains(byte) }
        for index in headers.indices where !self.ownHeaders.contains(headers.known(at: index)) {
            let start = lines.count
            lines += headers.nameBytes(at: index)
            let isNamed = lines.count > start && lines[start...].allSatisfy(isToken)
            // A semicolon tells libcurl that the header has no value.
            let value = headers.valueBytes(at: index)
            if value.isEmpty {
                lines.append(UInt8(ascii: ";"))
            } else {
                lines.append(UInt8(ascii: ":"))
                lines.append(0x20)
                lines += value
            }
            guard isNamed, !value.contains(where: \.breaksLine) else {
                throw HTTPClientError(
                    .invalidRequest, "\(host): a header has an invalid name or a line break in its value")
            }
            lines.append(0)
        }
        if let userAgent, !headers.contains(.userAgent) { lines += "User-Agent: \(userAgent)\0".utf8 }
        // libcurl would sign suppressed headers as empty ones, which the server does not get.
        if isSigned { return lines }
        // Suppresses libcurl's defaults, so that exactly the caller's headers are sent.
        if !headers.contains(.accept) { lines += "Accept:\0".utf8 }
        if !headers.contains(.contentType) { lines += "Content-Type:\0".utf8 }
        lines += "Expect:\0".utf8
        return lines
    }
}
