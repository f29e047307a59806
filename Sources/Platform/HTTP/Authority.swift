/// The host and port of a URL or `Host` header.
package struct Authority: Sendable, Hashable {
    /// Lowercase; an IPv6 address has no brackets.
    package let host: String
    package let port: Int?

    /// Parses `host`, `host:port`, `[v6]` or `[v6]:port`. Rejects an empty host, a user name, and characters that are
    /// invalid in host names.
    package init(_ text: Substring) throws(HTTPURLError) {
        guard !text.utf8.contains(0x40) else {
            throw HTTPURLError(.userInformation, "a URL must not contain a user name or password; use a header")
        }
        var rest = text
        if rest.utf8.first == 0x5B {
            guard let end = rest.utf8.firstIndex(of: 0x5D) else {
                throw HTTPURLError(.host, "the URL's IPv6 address has no closing ]")
            }
            let address = rest[rest.utf8.index(after: rest.startIndex)..<end]
            guard address.utf8.count >= 2, address.utf8.allSatisfy(ByteSet.ipv6Address.contains) else {
                throw HTTPURLError(.host, "the URL's IPv6 address contains an invalid character")
            }
            self.host = address.lowercased()
            rest = rest[rest.utf8.index(after: end)...]
            guard rest.isEmpty || rest.utf8.first == 0x3A else {
                throw HTTPURLError(.host, "only a port may follow the URL's IPv6 address")
            }
        } else {
            let end = rest.utf8.firstIndex(of: 0x3A) ?? rest.endIndex
            let name = rest[..<end]
            guard !name.isEmpty, name.utf8.allSatisfy(ByteSet.hostName.contains) else {
                throw HTTPURLError(
                    .host, "the URL's host is empty or contains a character that is invalid in host names")
            }
            self.host = name.lowercased()
            rest = rest[end...]
        }
        let digits = rest.dropFirst()
        if digits.isEmpty {
            self.port = nil
        } else {
            guard digits.utf8.allSatisfy(ByteSet.digits.contains), let port = Int(digits), port <= 65_535 else {
                throw HTTPURLError(.port, "the URL's port is not a number up to 65535")
            }
            self.port = port
        }
    }

    /// Whether the host is this machine, judged by its text alone, without DNS.
    package static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
