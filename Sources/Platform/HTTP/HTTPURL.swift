/// An absolute `http`, `https`, `ws` or `wss` URL. Path and query stay percent-encoded as given.
package struct HTTPURL: Sendable, Hashable, CustomStringConvertible {
    /// Lowercase.
    package let scheme: String
    /// Lowercase; an IPv6 address has no brackets.
    package let host: String
    package let port: Int?
    /// The host as written in URLs and `Host` headers, with the port if the URL has one.
    package let authority: String
    package let isSecure: Bool
    /// Whether the host is this machine: `localhost`, `127.0.0.0/8` or `::1`, judged by its text, without DNS.
    package let isLoopback: Bool
    /// Starts with `/`.
    package var path: String
    /// Excludes the `?`.
    package var query: String?

    /// Parses an absolute URL. Drops a fragment, which is never sent to a server; rejects a user name or password,
    /// because URLs are logged.
    package init(_ text: String) throws(HTTPURLError) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw HTTPURLError(.character, "a URL may contain only visible ASCII; percent-encode other characters")
        }
        guard let colon = text.utf8.firstIndex(of: 0x3A), text[colon...].hasPrefix("://") else {
            throw HTTPURLError(.scheme, "the URL needs a scheme, as in https://example.org/")
        }
        let scheme = text[..<colon].lowercased()
        guard ["http", "https", "ws", "wss"].contains(scheme) else {
            throw HTTPURLError(.scheme, "the URL's scheme is not http, https, ws or wss")
        }
        var rest = text[text.utf8.index(colon, offsetBy: 3)...]
        if let fragment = rest.utf8.firstIndex(of: 0x23) { rest = rest[..<fragment] }
        let end = rest.utf8.firstIndex { $0 == 0x2F || $0 == 0x3F } ?? rest.endIndex
        let authority = try Authority(rest[..<end])
        self.scheme = scheme
        self.host = authority.host
        self.port = authority.port
        let name = self.host.utf8.contains(0x3A) ? "[\(self.host)]" : self.host
        self.authority = authority.port.map { "\(name):\($0)" } ?? name
        self.isSecure = scheme == "https" || scheme == "wss"
        self.isLoopback = Authority.isLoopback(self.host)
        rest = rest[end...]
        if let mark = rest.utf8.firstIndex(of: 0x3F) {
            self.query = String(rest[rest.utf8.index(after: mark)...])
            rest = rest[..<mark]
        }
        self.path = rest.isEmpty ? "/" : String(rest)
    }

    package var effectivePort: Int { self.port ?? (self.isSecure ? 443 : 80) }

    /// `scheme://host[:port]` without a default port, as browsers send it in `Origin`.
    package var origin: String {
        let isDefault = self.port == (self.isSecure ? 443 : 80)
        let host = self.host.utf8.contains(0x3A) ? "[\(self.host)]" : self.host
        return "\(self.scheme)://\(host)" + (isDefault ? "" : self.port.map { ":\($0)" } ?? "")
    }

    /// Path and query, as in a request line.
    package var target: String { self.query.map { "\(self.path)?\($0)" } ?? self.path }

    package var description: String { "\(self.scheme)://\(self.authority)\(self.target)" }

    /// The URL with segments appended to its path, each percent-encoded; a trailing slash isn't doubled.
    package func appending(_ segments: String...) -> HTTPURL {
        var url = self
        for segment in segments {
            if !url.path.hasSuffix("/") { url.path += "/" }
            url.path += PercentEncoding.encode(segment, keeping: .pathSegment)
        }
        return url
    }

    /// Appends `path` unchanged, without doubling a slash.
    package func adding(path: String) -> HTTPURL {
        var url = self
        if !url.path.hasSuffix("/") { url.path += "/" }
        url.path += path
        return url
    }

    /// Replaces the query.
    package func with(query: HTTPQuery) -> HTTPURL {
        var url = self
        url.query = query.items.isEmpty ? nil : query.encoded
        return url
    }

    /// Resolves a reference such as a `Location` header against this URL (RFC 3986 §5.2).
    package func resolving(_ reference: String) throws(HTTPURLError) -> HTTPURL {
        var reference = reference[...]
        if let fragment = reference.utf8.firstIndex(of: 0x23) { reference = reference[..<fragment] }
        let colon = reference.utf8.firstIndex { !ByteSet.schemeCharacters.contains($0) }
        if let colon, colon != reference.startIndex, reference.utf8[colon] == 0x3A {
            return try HTTPURL(String(reference))
        }
        if reference.hasPrefix("//") { return try HTTPURL("\(self.scheme):\(reference)") }
        let mark = reference.utf8.firstIndex(of: 0x3F)
        let path = mark.map { reference[..<$0] } ?? reference
        let query = mark.map { String(reference[reference.utf8.index(after: $0)...]) }
        let merged: String
        if path.isEmpty {
            merged = self.path
        } else if path.hasPrefix("/") {
            merged = String(path)
        } else {
            merged = String(self.path[...(self.path.lastIndex(of: "/") ?? self.path.startIndex)]) + path
        }
        let target = Self.removingDotSegments(merged)
        let kept = query ?? (path.isEmpty ? self.query : nil)
        return try HTTPURL("\(self.scheme)://\(self.authority)\(target)" + (kept.map { "?\($0)" } ?? ""))
    }

    /// RFC 3986 §5.2.4, for a path that starts with `/`.
    private static func removingDotSegments(_ path: String) -> String {
        var kept: [Substring] = []
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for (offset, segment) in segments.enumerated() {
            let isLast = offset == segments.count - 1
            switch segment {
            case ".": if isLast { kept.append("") }
            case "..":
                _ = kept.popLast()
                if isLast { kept.append("") }
            default: kept.append(segment)
            }
        }
        return "/" + kept.joined(separator: "/")
    }
}

extension ByteSet {
    fileprivate static let schemeCharacters = ByteSet("+-.").union(.letters).union(.digits)
}

/// Why a string is not a usable URL.
package struct HTTPURLError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        case scheme
        case host
        case port
        case userInformation
        case character
    }

    package let code: Code
    /// What is wrong and what would be right; never contains the URL itself, which may hold a secret.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { self.message }
}
