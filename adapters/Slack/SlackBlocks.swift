internal import Chat
internal import JSON
internal import Kit

/// A message as Slack's blocks.
enum SlackBlocks {
    /// Marks the bot's own buttons.
    static let actionPrefix = "jetbridge"
    /// The maximum number of buttons in an actions block.
    private static let buttonLimit = 25
    /// The event type of the bot's metadata.
    static let metadataType = "jetbridge_message"

    /// The maximum number of blocks in a message, less those for the names and the buttons.
    private static let blockLimit = 48

    /// The text, with the people above it whom it mentions, and the buttons below it.
    static func blocks(_ text: String, buttons: [MessageButton], mentioning mentions: [Mention] = []) -> JSON {
        let decision = buttons.isEmpty ? self.decision(in: text) : nil
        var blocks = self.texts(decision?.rest ?? text) + (decision.map { [$0.block] } ?? [])
        let names = self.names(mentions)
        if !names.isEmpty {
            blocks.insert(["type": "section", "text": ["type": "mrkdwn", "text": .string(names)]], at: 0)
        }
        if !buttons.isEmpty {
            if let end = self.end(in: text) { blocks.append(end) }
            blocks.append(self.actions(buttons))
        }
        return .array(blocks)
    }

    /// Until when something waits for a decision, by each reader's clock: only here, because a markdown block has no times.
    private static func end(in text: String) -> JSON? {
        guard let last = StatedTime.all(in: text.utf8, limit: 20).last else { return nil }
        let bytes = Array(text.utf8)
        guard bytes[..<last.range.lowerBound].suffix(6).elementsEqual("until ".utf8) else { return nil }
        let fallback = String(decoding: bytes[last.range], as: UTF8.self)
        let date = "<!date^\(last.time / 1_000)^Until {date_short_pretty} {time}|Until \(fallback)>"
        return ["type": "context", "elements": [["type": "mrkdwn", "text": .string(date)]]]
    }

    /// A text whose last paragraph says who decided an ask and when: the rest, and that paragraph as a block of its own with
    /// the time by each reader's clock.
    private static func decision(in text: String) -> (rest: String, block: JSON)? {
        let bytes = Array(text.utf8)
        guard let end = bytes.indices.dropFirst().last(where: { bytes[$0] == 0x0A && bytes[$0 - 1] == 0x0A }),
            Self.outcomes.contains(where: { bytes[(end + 1)...].starts(with: $0.utf8) })
        else { return nil }
        let words = Array(SlackFallback.text(of: String(decoding: bytes[(end + 1)...], as: UTF8.self)).utf8)
        guard let stated = StatedTime.all(in: words, limit: 1).first, words.count <= Self.sectionLimit,
            words[..<stated.range.lowerBound].suffix(2).elementsEqual(", ".utf8)
        else { return nil }
        // `2026-11-27 14:02:17 UTC`
        let clock = words[stated.range].dropFirst(11).prefix(5)
        let date = "<!date^\(stated.time / 1_000)^{time}|\(String(decoding: clock, as: UTF8.self)) UTC>"
        let line =
            String(decoding: words[..<stated.range.lowerBound], as: UTF8.self) + date
            + String(decoding: words[stated.range.upperBound...], as: UTF8.self)
        return (
            String(decoding: bytes[..<(end - 1)], as: UTF8.self),
            ["type": "section", "text": ["type": "mrkdwn", "text": .string(line)]]
        )
    }

    private static let outcomes = ["Approved by ", "Denied by ", "Answered by ", "Closed by "]
    /// A section takes 3,000 characters.
    private static let sectionLimit = 2_800

    /// The people whom a message names, in Slack's own form.
    static func names(_ mentions: [Mention]) -> String {
        mentions.filter { $0.name != nil }.compactMap { mention in
            let user = mention.person.split(separator: "/").last ?? ""
            let isID = user.utf8.allSatisfy { (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) }
            return isID && !user.isEmpty ? "<@\(user)>" : nil
        }.joined(separator: " ")
    }

    /// A markdown block, in which code with tokens is a block of rich text: only that shows them as they are and
    /// mentions no one.
    private static func texts(_ text: String) -> [JSON] {
        let whole: [JSON] = [["type": "markdown", "text": .string(text)]]
        guard SlackToken.isBroken(in: text) else { return whole }
        var blocks: [JSON] = []
        var markdown: [Substring] = []
        for part in SlackParts.parts(of: text) {
            guard let literal = SlackLiteral.block(of: String(part)) else {
                markdown.append(part)
                continue
            }
            if let block = self.markdown(markdown) { blocks.append(block) }
            markdown = []
            blocks.append(literal)
        }
        if let block = self.markdown(markdown) { blocks.append(block) }
        return blocks.count <= Self.blockLimit ? blocks : whole
    }

    private static func markdown(_ parts: [Substring]) -> JSON? {
        var text = parts.joined(separator: "\n")[...].drop { $0 == "\n" }
        while text.last == "\n" { text.removeLast() }
        return text.isEmpty ? nil : ["type": "markdown", "text": .string(String(text))]
    }

    /// Whether the text has code that only a block can show as it is.
    static func needsBlocks(_ text: String) -> Bool {
        SlackToken.isBroken(in: text) && self.texts(text).contains { $0["type"] == "rich_text" }
    }

    static func actions(_ buttons: [MessageButton]) -> JSON {
        let elements = buttons.prefix(Self.buttonLimit).enumerated().map { index, button -> JSON in
            var element: JSONObject = [
                "type": "button", "action_id": .string(Self.actionID(index, button)),
                "value": .string(button.command), "text": self.plain(button.label, limit: 75),
            ]
            switch button.style {
            case .plain: break
            case .primary: element["style"] = "primary"
            case .danger:
                element["style"] = "danger"
                // A form asks often enough.
                if button.prompt == nil { element["confirm"] = self.confirmation(of: button) }
            }
            return .object(element)
        }
        return ["type": "actions", "block_id": .string(Self.actionPrefix), "elements": .array(elements)]
    }

    /// With the prompt of a form, where the button has one.
    private static func actionID(_ index: Int, _ button: MessageButton) -> String {
        "\(Self.actionPrefix):\(index)\(button.prompt.map { ":" + $0.cut(to: 40) } ?? "")"
    }

    /// The prompt in a button's action id.
    static func prompt(inActionID id: String) -> String? {
        let parts = id.split(separator: ":", maxSplits: 2)
        return parts.count == 3 && parts[0] == Self.actionPrefix ? String(parts[2]) : nil
    }

    /// Buttons that end or destroy something ask for confirmation.
    private static func confirmation(of button: MessageButton) -> JSON {
        [
            "title": self.plain("Are you sure?", limit: 100),
            "text": self.plain("\(button.label): this is the same as typing “\(button.command)”.", limit: 300),
            "confirm": self.plain(button.label, limit: 30), "deny": self.plain("Not now", limit: 30),
            "style": "danger",
        ]
    }

    static func plain(_ text: String, limit: Int) -> JSON {
        ["type": "plain_text", "text": .string(text.cut(to: limit)), "emoji": true]
    }

    /// Lets the adapter find the message again.
    static func metadata(token: String) -> JSON {
        ["event_type": .string(Self.metadataType), "event_payload": ["token": .string(token)]]
    }

    static func token(of message: JSON) -> String? {
        guard message["metadata"]?["event_type"]?.stringValue == Self.metadataType else { return nil }
        return message["metadata"]?["event_payload"]?["token"]?.stringValue
    }
}

/// Cuts text that ``SlackFormattingWriter`` wrote into its outermost blocks; blank lines stay with the block before.
enum SlackParts {
    static func parts(of text: String) -> [Substring] {
        var parts: [Substring] = []
        var start = text.startIndex
        var lineStart = start
        var fence: Substring?
        var isAfterBlank = false
        while lineStart < text.endIndex {
            let lineEnd = text.utf8[lineStart...].firstIndex(of: 0x0A) ?? text.endIndex
            let next = lineEnd < text.endIndex ? text.utf8.index(after: lineEnd) : lineEnd
            let line = text[lineStart..<lineEnd]
            if let open = fence {
                if line == open {
                    fence = nil
                    isAfterBlank = true
                }
            } else if line.hasPrefix("```") || isAfterBlank && !line.isEmpty && line.first != " " {
                if start < lineStart { parts.append(text[start..<text.utf8.index(before: lineStart)]) }
                start = lineStart
                isAfterBlank = false
                if line.hasPrefix("```") { fence = line.prefix { $0 == "`" } }
            } else {
                isAfterBlank = line.isEmpty
            }
            lineStart = next
        }
        parts.append(text[start...])
        return parts
    }
}
