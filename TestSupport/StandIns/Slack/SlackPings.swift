internal import JSON

/// Finds whom a post would notify: the tokens that Slack treats as mentions.
enum SlackPings {
    /// In mrkdwn or Markdown: the tokens are live in both, even in code fences.
    static func find(in text: String) -> [String] {
        guard text.utf8.contains(UInt8(ascii: "<")) else { return [] }
        return text.split(separator: "<", omittingEmptySubsequences: false).dropFirst().compactMap { piece in
            guard let end = piece.firstIndex(of: ">") else { return nil }
            let token = piece[..<end]
            let name = token.prefix { $0 != "|" }
            let isLive =
                ["!channel", "!here", "!everyone", "!group"].contains(name) || name.hasPrefix("!subteam^")
                || (name.hasPrefix("@U") || name.hasPrefix("@W")) && name.dropFirst(2).allSatisfy(\.isIdentifier)
                    && name.utf8.count > 2
            return isLive ? "<\(token)>" : nil
        }
    }

    /// Names that `link_names` or `parse: full` turns into mentions.
    static func findNames(in text: String, users: [String]) -> [String] {
        (["channel", "here", "everyone"] + users).filter { name in
            text.split { !$0.isIdentifier && $0 != "@" }.contains { $0 == "@" + name }
        }.map { "@" + $0 }
    }

    /// In blocks or attachments: mrkdwn and Markdown texts, and rich-text elements. Plain text cannot notify.
    static func find(in value: JSON) -> [String] {
        switch value {
        case .array(let list): return list.flatMap { self.find(in: $0) }
        case .object(let object):
            switch object["type"]?.stringValue {
            case "plain_text", "text", "raw_text": return []
            case "mrkdwn", "markdown": return self.find(in: object["text"]?.stringValue ?? "")
            case "user": return ["<@\(object["user_id"]?.stringValue ?? "")>"]
            case "usergroup": return ["<!subteam^\(object["usergroup_id"]?.stringValue ?? "")>"]
            case "broadcast": return ["<!\(object["range"]?.stringValue ?? "")>"]
            default:
                return object.flatMap { member -> [String] in
                    // An attachment's own texts are mrkdwn.
                    if case .string(let text) = member.value {
                        return ["text", "pretext", "fallback"].contains(member.key) ? self.find(in: text) : []
                    }
                    return self.find(in: member.value)
                }
            }
        default: return []
        }
    }
}

extension Character {
    fileprivate var isIdentifier: Bool { self.isASCII && (self.isLetter || self.isNumber || "_-.".contains(self)) }
}
