/// The host and port of a URL or of a `Host` header.
package struct Authority: Sendable, Hashable {
    /// In small letters, an IPv6 address without its brackets.
    package let host: String
    package let port: Int?

    /// Reads `host`, `host:port`, `[v6]` or `[v6]:port`; an empty host, a user name, and characters that host names
    /// don't have are refused.
    package init(_ text: Substring) throws(HTTPURLError) {
        guard !text.utf8.contains(0x40) else {
            throw HTTPURLError(.userInformation, "a URL must not hold a user name or password; use a header")
        }
        var rest = text
        if rest.utf8.first == 0x5B {
            guard let end = rest.utf8.firstIndex(of: 0x5D) else {
                throw HTTPURLError(.host, "an IPv6 address in a URL ends with ]")
            }
            let address = rest[rest.utf8.index(after: rest.startIndex)..<end]
            guard address.utf8.count >= 2, address.utf8.allSatisfy(Self.addressBytes.contains) else {
                throw HTTPURLError(.host, "the URL's IPv6 address has a wrong character")
            }
            self.host = address.lowercased()
            rest = rest[rest.utf8.index(after: end)...]
            guard rest.isEmpty || rest.utf8.first == 0x3A else {
                throw HTTPURLError(.host, "only a port may follow the URL's IPv6 address")
            }
        } else {
            let end = rest.utf8.firstIndex(of: 0x3A) ?? rest.endIndex
            let name = rest[..<end]
            guard !name.isEmpty, name.utf8.allSatisfy(Self.nameBytes.contains) else {
                throw HTTPURLError(.host, "the URL's host is empty or has a character that host names don't have")
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

    /// Whether the host can only be this machine, by its text, without DNS.
    package static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    private static let nameBytes = ByteSet("-._~%").union(.letters).union(.digits)
    private static let addressBytes = ByteSet(":.abcdefABCDEF").union(.digits)
}
