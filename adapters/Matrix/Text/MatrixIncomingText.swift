internal import HTTP
internal import Kit
internal import Primitives

/// Extracts what a person said from a message body. Pure.
struct MatrixIncomingText: Sendable {
    /// The bot's user id.
    let user: String
    var displayName: String?

    /// How people call the bot, the longest first: the local part is a prefix of the full id.
    var names: [String] {
        let local = self.user.dropFirst().prefix { $0 != ":" }
        return [self.user, String(self.user.dropFirst())] + [self.displayName, String(local)].compactMap { $0 }
    }

    /// The text without the bot's name at its start, unless that is kept, and whether it names the bot there or contains its
    /// full user id.
    func read(_ body: String, isReply: Bool, keepsName: Bool = false) -> (text: String, isAddressed: Bool) {
        let text = isReply ? Self.withoutQuote(body) : body
        let rest = self.withoutName(text)
        return ((keepsName ? text[...] : rest ?? text[...]).trimmed, rest != nil || self.isNamed(in: text))
    }

    /// Whether the text contains the bot's full user id and not a longer one.
    private func isNamed(in text: String) -> Bool {
        var rest = text[...]
        while let place = rest.range(of: self.user) {
            let before = place.lowerBound == text.startIndex ? nil : text[..<place.lowerBound].last
            let after = text[place.upperBound...]
            rest = after
            if let before, before.isLetter || before.isNumber { continue }
            // A dot or colon either ends a sentence or continues another server's name.
            let next = after.first.map { $0 == "." || $0 == ":" } == true ? after.dropFirst().first : after.first
            if let next, next.isLetter || next.isNumber || next == "-" || next == "_" { continue }
            return true
        }
        return false
    }

    /// Whether a formatted body links to the bot, as clients write mentions.
    func isLinked(in html: String) -> Bool {
        Self.links(in: html, longest: self.user.utf8.count) { $0 == self.user }
    }

    /// The longest id of a user, in bytes.
    private static let userLimit = 255

    /// Whether a formatted body links to a user who is none of `known`.
    func linksUser(in html: String, except known: [String]) -> Bool {
        Self.links(in: html, longest: Self.userLimit) { $0.hasPrefix("@") && !known.contains($0) }
    }

    /// Whether a formatted body links to an id of at most `longest` bytes for which `isMeant`.
    private static func links(in html: String, longest: Int, isMeant: (String) -> Bool) -> Bool {
        let marker = Array("https://matrix.to/#/".utf8)[...]
        // Percent-encoded, a byte takes three.
        let longest = 3 * longest
        let bytes = Array(html.utf8)
        var start = 0
        while let colon = bytes[start...].firstIndex(of: UInt8(ascii: ":")) {
            start = colon + 1
            let scheme = colon - "https".utf8.count
            guard scheme >= 0, bytes[scheme...].starts(with: marker) else { continue }
            let id = bytes[(scheme + marker.count)...].prefix(longest + 1).prefix { !Self.addressEnds.contains($0) }
            guard id.count <= longest else { continue }
            let text = String(decoding: id, as: UTF8.self)
            if isMeant(text) || PercentEncoding.decode(text[...]).map(isMeant) == true { return true }
        }
        return false
    }

    private static let addressEnds = Array("\"'?<> ".utf8)

    /// Removes the quotation that older clients put before a reply: `> <@user:server> text`, `>` lines, a blank line.
    static func withoutQuote(_ body: String) -> String {
        guard body.hasPrefix("> <@") || body.hasPrefix("> * <@") else { return body }
        var lines = body.split(separator: "\n", omittingEmptySubsequences: false)[...]
        while lines.first?.hasPrefix(">") == true { lines.removeFirst() }
        if lines.first?.isEmpty == true { lines.removeFirst() }
        return lines.joined(separator: "\n")
    }

    /// Removes the quotation before a reply in a formatted body, whose links are not the writer's.
    static func withoutQuote(html: String) -> String {
        guard html.hasPrefix("<mx-reply>"), let end = html[...].range(of: "</mx-reply>") else { return html }
        return String(html[end.upperBound...])
    }

    /// The text after `name: `, `name, `, `name ` or `@name`; nil when it does not start with one of them.
    private func withoutName(_ text: String) -> Substring? {
        var rest = text[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        let names = self.names
        let bare = rest.first == "@" ? rest.dropFirst() : rest
        for name in names where !name.isEmpty {
            for start in [rest, bare] {
                guard let tail = Self.suffix(of: start, after: name) else { continue }
                guard let next = tail.first else { return tail }
                if next == ":" || next == "," {
                    let text = tail.dropFirst()
                    if text.isEmpty || text.first?.isWhitespace == true { return text }
                }
                if next.isWhitespace { return tail }
            }
        }
        return nil
    }

    private static func suffix(of text: Substring, after name: String) -> Substring? {
        var index = text.startIndex
        for character in name {
            guard index < text.endIndex, text[index] == character || text[index].lowercased() == character.lowercased()
            else { return nil }
            index = text.index(after: index)
        }
        return text[index...]
    }
}

extension Substring {
    /// The first occurrence of `other`.
    fileprivate func range(of other: String) -> Range<Index>? {
        let wanted = Array(other.utf8)
        let bytes = self.utf8
        guard bytes.count >= wanted.count, let first = wanted.first else { return nil }
        var index = bytes.startIndex
        while let start = bytes[index...].firstIndex(of: first) {
            if bytes[start...].starts(with: wanted) {
                return start..<bytes.index(start, offsetBy: wanted.count)
            }
            index = bytes.index(after: start)
        }
        return nil
    }
}
