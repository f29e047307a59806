internal import Chat
internal import Crypto
internal import JSON

/// A button's data: a signature followed by the command.
///
/// The data comes back from the user's client and may be forged. The signature binds the command to the chat in which
/// it was offered; the core decides who may give it.
enum TelegramButton {
    /// The platform's limit, in bytes.
    static let limit = 64
    /// 96 bits: 16 letters.
    private static let signatureBytes = 12
    private static let signatureLetters = 16
    private static let buttonsInRow = 3

    /// The data for `command` in `chat`; nil when the command is too long.
    static func data(_ command: String, chat: Int64, key: [UInt8]) -> String? {
        let data = Self.signature(command, chat: chat, key: key) + command
        return data.utf8.count <= Self.limit ? data : nil
    }

    /// The command, if it was offered in one of `chats`; otherwise nil.
    static func command(in data: String, chats: [Int64], key: [UInt8]) -> String? {
        let bytes = Array(data.utf8)
        guard bytes.count > Self.signatureLetters, bytes.count <= Self.limit else { return nil }
        let command = String(decoding: bytes[Self.signatureLetters...], as: UTF8.self)
        let signature = Array(bytes[..<Self.signatureLetters])
        let isOurs = chats.contains {
            constantTimeEqual(Array(Self.signature(command, chat: $0, key: key).utf8), signature)
        }
        return isOurs ? command : nil
    }

    /// The keyboard below a message; nil if no button fits.
    static func keyboard(_ buttons: [MessageButton], chat: Int64, key: [UInt8]) -> JSON? {
        let cells = buttons.compactMap { button -> JSON? in
            guard let data = Self.data(button.command, chat: chat, key: key) else { return nil }
            var cell: JSONObject = ["text": .string(button.label), "callback_data": .string(data)]
            if button.style != .plain { cell["style"] = .string(button.style.rawValue) }
            return .object(cell)
        }
        guard !cells.isEmpty else { return nil }
        let rows = stride(from: 0, to: cells.count, by: Self.buttonsInRow).map {
            JSON.array(Array(cells[$0..<min($0 + Self.buttonsInRow, cells.count)]))
        }
        return ["inline_keyboard": .array(rows)]
    }

    private static func signature(_ command: String, chat: Int64, key: [UInt8]) -> String {
        base64URL(Array(hmacSHA256(Array("\(chat)\n\(command)".utf8), key: key).prefix(Self.signatureBytes)))
    }
}
