internal import Chat
internal import JSON

/// A message as Slack's blocks.
enum SlackBlocks {
    /// Marks the bot's own buttons.
    static let actionPrefix = "jetbridge"
    /// An actions block takes 25.
    private static let buttonLimit = 25
    /// Names the bot's metadata.
    static let metadataType = "jetbridge_message"

    /// The markdown block, and the buttons below it.
    static func blocks(_ text: String, buttons: [MessageButton]) -> JSON {
        var blocks: [JSON] = [["type": "markdown", "text": .string(text)]]
        if !buttons.isEmpty { blocks.append(self.actions(buttons)) }
        return .array(blocks)
    }

    static func actions(_ buttons: [MessageButton]) -> JSON {
        let elements = buttons.prefix(Self.buttonLimit).enumerated().map { index, button -> JSON in
            var element: JSONObject = [
                "type": "button", "action_id": .string("\(Self.actionPrefix):\(index)"),
                "value": .string(button.command), "text": self.plain(button.label, limit: 75),
            ]
            switch button.style {
            case .plain: break
            case .primary: element["style"] = "primary"
            case .danger:
                element["style"] = "danger"
                element["confirm"] = self.confirmation(of: button)
            }
            return .object(element)
        }
        return ["type": "actions", "block_id": .string(Self.actionPrefix), "elements": .array(elements)]
    }

    /// What ends or destroys something is asked for once more.
    private static func confirmation(of button: MessageButton) -> JSON {
        [
            "title": self.plain("Are you sure?", limit: 100),
            "text": self.plain("\(button.label): this is the same as typing “\(button.command)”.", limit: 300),
            "confirm": self.plain(button.label, limit: 30), "deny": self.plain("Not now", limit: 30),
            "style": "danger",
        ]
    }

    private static func plain(_ text: String, limit: Int) -> JSON {
        ["type": "plain_text", "text": .string(self.cut(text, limit: limit)), "emoji": true]
    }

    /// By which the message is found again.
    static func metadata(token: String) -> JSON {
        ["event_type": .string(Self.metadataType), "event_payload": ["token": .string(token)]]
    }

    /// The token in a message's metadata.
    static func token(of message: JSON) -> String? {
        guard message["metadata"]?["event_type"]?.stringValue == Self.metadataType else { return nil }
        return message["metadata"]?["event_payload"]?["token"]?.stringValue
    }

    /// The first `limit` UTF-16 units at most, whole characters.
    static func cut(_ text: String, limit: Int) -> String {
        guard text.utf16.count > limit else { return text }
        var result = ""
        var count = 1
        for character in text {
            count += character.utf16.count
            if count > limit { break }
            result.append(character)
        }
        return result + "…"
    }
}
