/// How a response's body ends according to its head (RFC 9112 §6.3). Ambiguous heads are errors.
package struct ResponseBodyFraming: Sendable, Hashable {
    package enum Body: Sendable, Hashable {
        case none
        case length(Int)
        case chunked
        /// Until the server closes the connection.
        case untilEnd
    }

    /// As declared; also in responses without a body, such as one to HEAD.
    package let contentLength: Int?
    package let isChunked: Bool

    /// - Parameter isHTTP10: Whether the response's version is 1.0, which has no Transfer-Encoding.
    package init(_ headers: HTTPHeaders, isHTTP10: Bool) throws(HTTPSyntaxError) {
        self.isChunked = try Self.isChunked(headers, isHTTP10: isHTTP10)
        self.contentLength = try Self.contentLength(headers)
    }

    /// The body of a response to `method`.
    package func body(_ status: HTTPStatus, to method: HTTPMethod) -> Body {
        if method == .head || status.isBodiless { return .none }
        if self.isChunked { return .chunked }
        guard let length = self.contentLength else { return .untilEnd }
        return length == 0 ? .none : .length(length)
    }

    private static func isChunked(_ headers: HTTPHeaders, isHTTP10: Bool) throws(HTTPSyntaxError) -> Bool {
        guard headers.contains(.transferEncoding) else { return false }
        guard !headers.contains(.contentLength) else { throw .malformed("both Transfer-Encoding and Content-Length") }
        guard !isHTTP10 else { throw .malformed("Transfer-Encoding in an HTTP/1.0 response") }
        guard headers.isOnly(.transferEncoding, "chunked") else {
            throw .malformed("a Transfer-Encoding other than chunked")
        }
        return true
    }

    private static func contentLength(_ headers: HTTPHeaders) throws(HTTPSyntaxError) -> Int? {
        guard headers.contains(.contentLength) else { return nil }
        var length: Int?
        for index in headers.indices where headers.known(at: index) == .contentLength {
            // Repeated equal lengths are valid (RFC 9110 §8.6).
            guard let value = Self.number(headers.valueBytes(at: index)), length == nil || length == value else {
                throw .malformed("Content-Length is not one number")
            }
            length = value
        }
        return length
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard (1...18).contains(digits.count) else { return nil }
        var number = 0
        for byte in digits {
            guard ByteSet.digits.contains(byte) else { return nil }
            number = number * 10 + Int(byte - 0x30)
        }
        return number
    }
}
