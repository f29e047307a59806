/// What stands for a message's blocks where they are not shown: in notifications, to screen readers, to other programs.
/// The words of the rendered text, in Slack's own escapes, as many as an edit's `text` may hold.
enum SlackFallback {
    /// `chat.update` takes 4,000, perhaps of bytes.
    static let limit = 3_800

    static func text(of markdown: String) -> String {
        var result = ""
        var count = 0
        var fence: Substring?
        for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
            let words = self.words(of: line, &fence)
            guard let words else { continue }
            if !result.isEmpty || !words.isEmpty {
                guard self.append(result.isEmpty ? words : "\n" + words, to: &result, &count) else {
                    result += "…"
                    break
                }
            }
        }
        return result.allSatisfy(\.isWhitespace) ? "A message" : result
    }

    /// A line without what only Markdown needs; nil for one that has nothing else.
    private static func words(of line: Substring, _ fence: inout Substring?) -> String? {
        let inner = line.drop { $0 == " " || $0 == ">" }
        if let open = fence {
            guard inner.hasPrefix(open), inner.dropFirst(open.count).allSatisfy({ $0 == "`" }) else {
                return String(line)
            }
            fence = nil
            return "```"
        }
        if inner.hasPrefix("```") {
            fence = inner.prefix { $0 == "`" }
            return "```"
        }
        return inner.hasPrefix("| ---") ? nil : SlackMarkup.unescaped(self.withoutBackslashes(line))
    }

    private static func withoutBackslashes(_ line: Substring) -> String {
        guard line.utf8.contains(UInt8(ascii: "\\")) else { return String(line) }
        var result = ""
        var isCode = false
        var index = line.startIndex
        while index < line.endIndex {
            let character = line[index]
            let next = line.index(after: index)
            if character == "\\", !isCode, next < line.endIndex, let ascii = line[next].asciiValue,
                !line[next].isLetter, !line[next].isNumber, ascii > 0x20
            {
                result.append(line[next])
                index = line.index(after: next)
                continue
            }
            if character == "`" { isCode.toggle() }
            result.append(character)
            index = next
        }
        return result
    }

    /// False when not all of `words` fits.
    private static func append(_ words: String, to result: inout String, _ count: inout Int) -> Bool {
        for character in words {
            let escaped = SlackMarkup.escaped(String(character))
            count += escaped.utf8.count
            guard count <= Self.limit else { return false }
            result += escaped
        }
        return true
    }
}
