internal import HTTP

/// Validates a complete head: version, target, `Host`, and body framing (RFC 9112 §3, §6).
struct HeadChecker {
    /// The positions of a request line's parts in the head.
    struct RequestLine {
        let method: Range<Int>
        let target: Range<Int>
        /// Where `HTTP/1.x` starts.
        let version: Int
    }

    private let storage: [UInt8]
    private let fields: [HTTPHeaders.Field]

    private var host: Range<Int>?
    private var contentLength: Range<Int>?
    private var transferEncoding: Range<Int>?
    private var expectsContinue = false
    private var hasUpgrade = false
    private var connection = Connection()

    /// The options in the `Connection` headers.
    private struct Connection {
        var close = false
        var keepAlive = false
        var upgrade = false
    }

    init(storage: [UInt8], fields: [HTTPHeaders.Field]) {
        self.storage = storage
        self.fields = fields
    }

    consuming func head(of line: RequestLine) throws(HTTPServerError) -> RequestHead {
        let minorVersion = try self.minorVersion(at: line.version)
        for field in self.fields { try self.note(field) }
        let framing = try self.framing(minorVersion: minorVersion)
        let authority = try self.host.map { (range) throws(HTTPServerError) in try self.authority(range) }
        guard minorVersion == 0 || authority != nil else { throw .malformed("an HTTP/1.1 request needs a Host header") }
        let method = String(decoding: self.storage[line.method], as: UTF8.self)
        let pathOffset = try self.pathOffset(of: line.target, method: method, host: authority)
        return RequestHead(
            method: HTTPMethod(rawValue: method), target: String(decoding: self.storage[line.target], as: UTF8.self),
            minorVersion: minorVersion, headers: HTTPHeaders(storage: self.storage, fields: self.fields),
            framing: framing, expectsContinue: self.expectsContinue && minorVersion == 1 && framing != .none,
            keepsAlive: !self.connection.close && (minorVersion == 1 || self.connection.keepAlive)
                && method != HTTPMethod.connect.rawValue,
            wantsUpgrade: self.connection.upgrade && self.hasUpgrade && minorVersion == 1, pathOffset: pathOffset)
    }

    private func minorVersion(at offset: Int) throws(HTTPServerError) -> Int {
        let (major, minor) = (self.storage[offset + 5], self.storage[offset + 7])
        guard major == 0x31, minor == 0x30 || minor == 0x31 else {
            throw HTTPServerError(.versionNotSupported, "only HTTP/1.1 and HTTP/1.0 are supported")
        }
        return Int(minor - 0x30)
    }

    private mutating func note(_ field: HTTPHeaders.Field) throws(HTTPServerError) {
        switch field.name.count {
        case 4 where self.equals(field.name, "host"):
            guard self.host == nil else { throw .malformed("more than one Host header") }
            self.host = field.value
        case 6 where self.equals(field.name, "expect"):
            guard self.equals(field.value, "100-continue") else {
                throw HTTPServerError(.expectationFailed, "the only supported expectation is 100-continue")
            }
            self.expectsContinue = true
        case 7 where self.equals(field.name, "upgrade"):
            self.hasUpgrade = true
        case 10 where self.equals(field.name, "connection"):
            self.noteConnection(field.value)
        case 14 where self.equals(field.name, "content-length"):
            guard self.contentLength == nil else { throw .malformed("more than one Content-Length header") }
            self.contentLength = field.value
        case 17 where self.equals(field.name, "transfer-encoding"):
            guard self.transferEncoding == nil else { throw .malformed("more than one Transfer-Encoding header") }
            self.transferEncoding = field.value
        default:
            break
        }
    }

    private mutating func noteConnection(_ value: Range<Int>) {
        var start = value.lowerBound
        while start < value.upperBound {
            var end = start
            while end < value.upperBound, self.storage[end] != 0x2C { end += 1 }
            let option = self.trimmed(start..<end)
            if self.equals(option, "close") { self.connection.close = true }
            if self.equals(option, "keep-alive") { self.connection.keepAlive = true }
            if self.equals(option, "upgrade") { self.connection.upgrade = true }
            start = end + 1
        }
    }

    /// One length or one `chunked`, never both.
    private func framing(minorVersion: Int) throws(HTTPServerError) -> BodyFraming {
        if let coding = self.transferEncoding {
            guard minorVersion == 1 else { throw .malformed("Transfer-Encoding in an HTTP/1.0 request") }
            guard self.contentLength == nil else { throw .malformed("both Transfer-Encoding and Content-Length") }
            guard self.equals(coding, "chunked") else { throw .malformed("a Transfer-Encoding other than chunked") }
            return .chunked
        }
        guard let length = self.contentLength else { return .none }
        guard (1...18).contains(length.count), self.storage[length].allSatisfy(ByteSet.digits.contains) else {
            throw .malformed("Content-Length is not a number of at most 18 digits")
        }
        let value = self.storage[length].reduce(0) { $0 * 10 + Int($1 - 0x30) }
        return value == 0 ? .none : .length(value)
    }

    private func authority(_ range: Range<Int>) throws(HTTPServerError) -> Range<Int> {
        guard HostSyntax.isValid(self.storage[range]) else {
            throw .malformed("the Host header is not a host and port")
        }
        return range
    }

    /// Validates the target's form and returns the number of bytes before its path.
    private func pathOffset(of target: Range<Int>, method: String, host: Range<Int>?) throws(HTTPServerError) -> Int {
        if method == HTTPMethod.connect.rawValue {
            guard HostSyntax.isValid(self.storage[target]) else { throw .malformed("CONNECT needs host:port") }
            return 0
        }
        let first = self.storage[target.lowerBound]
        if first == 0x2F { return 0 }
        if first == 0x2A, target.count == 1, method == HTTPMethod.options.rawValue { return 0 }
        let scheme = self.schemeLength(target)
        guard scheme > 0 else { throw .malformed("the request target is neither a path nor an http URL") }
        let start = target.lowerBound + scheme
        var end = start
        while end < target.upperBound, self.storage[end] != 0x2F, self.storage[end] != 0x3F { end += 1 }
        guard HostSyntax.isValid(self.storage[start..<end]) else { throw .malformed("the target's host is not valid") }
        // Both name the destination; a mismatch can smuggle a request past a front server.
        if let host, !HostSyntax.isSame(self.storage[host], self.storage[start..<end]) {
            throw .malformed("the Host header and the request target name different hosts")
        }
        return end - target.lowerBound
    }

    private func schemeLength(_ target: Range<Int>) -> Int {
        if target.count > 7, self.equals(target.lowerBound..<target.lowerBound + 7, "http://") { return 7 }
        if target.count > 8, self.equals(target.lowerBound..<target.lowerBound + 8, "https://") { return 8 }
        return 0
    }

    private func trimmed(_ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, self.storage[start].isBlank { start += 1 }
        while end > start, self.storage[end - 1].isBlank { end -= 1 }
        return start..<end
    }

    /// - Parameter text: In lowercase.
    private func equals(_ range: Range<Int>, _ text: String) -> Bool {
        guard range.count == text.utf8.count else { return false }
        var position = range.lowerBound
        for byte in text.utf8 {
            guard self.storage[position].lowercasedASCII == byte else { return false }
            position += 1
        }
        return true
    }
}

/// `host[:port]` in `Host` headers and request targets.
enum HostSyntax {
    static func isValid(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        if rest.first == 0x5B {
            guard let end = rest.firstIndex(of: 0x5D), end - rest.startIndex > 2,
                rest[(rest.startIndex + 1)..<end].allSatisfy(ByteSet.ipv6Address.contains)
            else { return false }
            rest = rest[(end + 1)...]
        } else {
            let name = rest.prefix { ByteSet.hostName.contains($0) }
            guard !name.isEmpty else { return false }
            rest = rest[name.endIndex...]
        }
        guard let colon = rest.popFirst() else { return true }
        return colon == 0x3A && rest.count <= 5 && rest.allSatisfy(ByteSet.digits.contains)
    }

    /// Whether both name the same host; ports 80 and 443 count as default ports.
    static func isSame(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
        let (left, right) = (self.withoutDefaultPort(left), self.withoutDefaultPort(right))
        return left.count == right.count && zip(left, right).allSatisfy { $0.lowercasedASCII == $1.lowercasedASCII }
    }

    private static func withoutDefaultPort(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        for port in [":80", ":443", ":"] where bytes.suffix(port.utf8.count).elementsEqual(port.utf8) {
            return bytes.dropLast(port.utf8.count)
        }
        return bytes
    }
}
