/// Where a line comes from: `nick!user@host`, `nick`, or a server's name.
package struct IRCSource: Hashable, Sendable {
    /// The nick or the server's name.
    package var name: String
    /// What stands after `!`.
    package var user: String?
    /// What stands after `@`.
    package var host: String?

    package init(name: String, user: String? = nil, host: String? = nil) {
        self.name = name
        self.user = user
        self.host = host
    }

    /// Splits the text form; never fails.
    package init(_ text: String) {
        self.init(bytes: Array(text.utf8)[...])
    }

    package init(bytes: ArraySlice<UInt8>) {
        var rest = bytes
        var host: ArraySlice<UInt8>?
        var user: ArraySlice<UInt8>?
        let mark = rest.firstIndex(of: UInt8(ascii: "!"))
        // A `@` before the `!` would belong to the nick, which cannot hold one: the host starts at the first after it.
        if let at = rest[(mark ?? rest.startIndex)...].firstIndex(of: UInt8(ascii: "@")) {
            host = rest[(at + 1)...]
            rest = rest[..<at]
        }
        if let mark {
            user = rest[(mark + 1)...]
            rest = rest[..<mark]
        }
        self.init(name: IRCText.decode(rest), user: user.map(IRCText.decode), host: host.map(IRCText.decode))
    }

    /// Whether a server speaks: a name with a dot, without user and host. (A nick cannot hold a dot.)
    package var isServer: Bool {
        self.user == nil && self.host == nil && self.name.utf8.contains(UInt8(ascii: "."))
    }

    /// `user@host`, where both are known.
    package var userhost: String? {
        guard let user = self.user, let host = self.host else { return nil }
        return "\(user)@\(host)"
    }

    /// `nick!user@host`, with `*` for what is unknown.
    package var mask: String { "\(self.name)!\(self.user ?? "*")@\(self.host ?? "*")" }

    /// Whether `text` can be a host name (RFC 1123 labels, at least two of them), as server names are.
    package static func isHostname(_ text: some StringProtocol) -> Bool {
        let labels = Array(text.utf8).split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard labels.count > 1, text.utf8.count <= 253 else { return false }
        return labels.allSatisfy { label in
            guard (1...63).contains(label.count), label.first != UInt8(ascii: "-"), label.last != UInt8(ascii: "-")
            else { return false }
            return label.allSatisfy { byte in
                byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                    || (0x61...0x7A).contains(byte)
            }
        }
    }
}
