internal import Chat
internal import JSON
internal import Kit

/// Whom a message mentions: those with a user id.
struct MatrixMentions {
    private let mentions: [Mention]

    init(_ mentions: [Mention]) {
        self.mentions = mentions.filter { $0.person.first == "@" && $0.person.contains(":") }
    }

    /// Default push rules never notify of a notice, not even of one with a mention.
    var kind: String { self.mentions.isEmpty ? "m.notice" : "m.text" }

    var json: JSON {
        self.mentions.isEmpty ? [:] : ["user_ids": .array(self.mentions.map { .string($0.person) })]
    }

    /// The names at the beginning of the plain text.
    var names: String {
        let names = self.mentions.compactMap(\.name).map(Self.plain)
        return names.isEmpty ? "" : names.joined(separator: ", ") + ": "
    }

    /// The same as HTML, with the links that clients show as pills.
    var pills: String {
        let pills = self.mentions.compactMap { mention in
            mention.name.map { name in
                "<a href=\"https://matrix.to/#/\(Self.address(mention.person))\">\(self.html(Self.plain(name)))</a>"
            }
        }
        return pills.isEmpty ? "" : "<p>\(pills.joined(separator: ", ")):</p>"
    }

    /// Plain text as HTML.
    func html(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 { byte == 0x0A ? bytes += Array("<br>".utf8) : bytes.append(escaped: byte) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A name is not a mention of its own.
    private static func plain(_ name: String) -> String { name.replacing("@", with: "@\u{200B}") }

    private static func address(_ user: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        let bytes = user.utf8.flatMap { byte -> [UInt8] in
            let isPlain = byte.isWordByte && byte < 0x80 || Array("@:.-".utf8).contains(byte)
            return isPlain ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
