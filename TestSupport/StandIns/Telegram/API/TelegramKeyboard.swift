internal import JSON

/// Checks `reply_markup`.
enum TelegramKeyboard {
    private static let mostButtons = 100
    private static let mostInRow = 8
    private static let styles = ["danger", "success", "primary"]

    /// The inline keyboard of a call; nil without one.
    static func read(_ call: TelegramParameters, isInline: Bool = false) throws(TelegramRefusal) -> JSON? {
        guard let markup = try call.structure("reply_markup", as: "reply keyboard markup") else { return nil }
        guard case .object(let object) = markup else { throw .bad("object expected as reply markup") }
        guard let rows = object["inline_keyboard"] else {
            if isInline, !object.isEmpty { throw .bad("inline keyboard expected") }
            return nil
        }
        guard let rows = rows.arrayValue else {
            throw .bad("field \"inline_keyboard\" of the InlineKeyboardMarkup must be an Array")
        }
        var result: [JSON] = []
        var count = 0
        for row in rows {
            guard let buttons = row.arrayValue else {
                throw .bad("can't parse inline keyboard: Expected an Array of Arrays of InlineKeyboardButton")
            }
            count += buttons.count
            guard buttons.count <= Self.mostInRow, count <= Self.mostButtons else {
                throw .bad("REPLY_MARKUP_TOO_LONG")
            }
            for button in buttons { try Self.check(button) }
            if !buttons.isEmpty { result.append(row) }
        }
        return result.isEmpty ? nil : ["inline_keyboard": .array(result)]
    }

    private static func check(_ button: JSON) throws(TelegramRefusal) {
        guard case .object(let object) = button else {
            throw .bad("can't parse inline keyboard button: Object expected as InlineKeyboardButton")
        }
        guard let text = object["text"]?.stringValue else {
            throw .bad("can't parse inline keyboard button: Can't find field \"text\"")
        }
        guard !text.isEmpty else { throw .bad("BUTTON_TEXT_INVALID") }
        if let style = object["style"]?.stringValue, !Self.styles.contains(style) {
            throw .bad("can't parse inline keyboard button: Invalid button style specified")
        }
        if let data = object["callback_data"]?.stringValue {
            guard (1...64).contains(data.utf8.count) else { throw .bad("BUTTON_DATA_INVALID") }
        } else if let url = object["url"]?.stringValue {
            guard TelegramLink.checked(url) != nil else { throw .bad("BUTTON_URL_INVALID") }
        } else if object["copy_text"] == nil, object["disabled"] == nil {
            throw .bad(
                "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
        }
    }
}
