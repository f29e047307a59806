package import JSON
internal import Primitives

/// Who wrote a message that was forwarded, or that is answered in another chat. Set by Telegram, not by the sender.
package struct TelegramOrigin: Sendable, Equatable {
    /// Nil if they hide their account, or if it was written in a chat's name.
    package let user: TelegramUser?
    /// The channel, or the group of an anonymous administrator.
    package let chat: TelegramChat?
    /// As people see it: with a channel also the author, if signed.
    package let name: String
    /// Milliseconds since 1970.
    package let date: Int64?

    private static let nameLimit = 400

    package init?(_ json: JSON?) {
        guard let json, let type = json["type"]?.stringValue else { return nil }
        self.user = type == "user" ? TelegramUser(json["sender_user"]) : nil
        self.chat =
            switch type {
            case "chat": TelegramChat(json["sender_chat"])
            case "channel": TelegramChat(json["chat"])
            default: nil
            }
        let hidden = json["sender_user_name"]?.stringValue ?? ""
        let signature = json["author_signature"]?.stringValue.map { " (\($0))" } ?? ""
        let name = self.user?.name ?? self.chat.map { $0.title + signature } ?? hidden
        self.name = name.beginning(bytes: Self.nameLimit)
        self.date = TelegramMessage.milliseconds(json["date"])
    }
}
