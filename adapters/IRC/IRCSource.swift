/// The sender of a line: `nick!user@host`, `nick`, or a server's name.
package struct IRCSource: Hashable, Sendable {
    /// The most bytes of a source in a line, and of each name in it; servers allow far fewer.
    package static let limit = 512

    /// The nick or the server's name.
    package var name: String
    package var user: String?
    package var host: String?

    package init(name: String, user: String? = nil, host: String? = nil) {
        self.name = name
        self.user = user
        self.host = host
    }

    package init(_ text: String) {
        self.init(bytes: Array(text.utf8)[...])
    }

    package init(bytes: ArraySlice<UInt8>) {
        var rest = bytes
        var host: ArraySlice<UInt8>?
        var user: ArraySlice<UInt8>?
        let mark = rest.firstIndex(of: UInt8(ascii: "!"))
        // A nick cannot contain `@`, so the host starts at the first one after the `!`.
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

    /// Whether the sender is a server: a name with a dot (which nicks cannot contain), without user and host.
    package var isServer: Bool {
        self.user == nil && self.host == nil && self.name.utf8.contains(UInt8(ascii: "."))
    }

    /// As in a line.
    package var text: String { self.name + (self.user.map { "!" + $0 } ?? "") + (self.host.map { "@" + $0 } ?? "") }

    /// `nick!user@host`, with `*` for unknown parts.
    package var mask: String { "\(self.name)!\(self.user ?? "*")@\(self.host ?? "*")" }

    /// Whether `text` is a valid server name: at least two RFC 1123 labels.
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
