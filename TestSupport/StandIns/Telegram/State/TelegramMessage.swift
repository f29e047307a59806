internal import JSON

/// A message of a chat.
struct TelegramMessage: Sendable {
    let id: Int
    let date: Int
    var editDate: Int?
    var edits = 0
    var sender: Int64?
    /// The topic, or the root of the reply chain.
    var thread: Int?
    var isTopic = false
    var replyTo: Int?
    /// The quoted part of that message, by the Bot API's form.
    var quote: JSON?
    /// Whose message it forwards, by the Bot API's form.
    var origin: JSON?
    var text = TelegramText.empty
    /// Its content besides or instead of a text, by the Bot API's names: `document`, `photo`, `voice`, ….
    var media: JSONObject = JSONObject()
    /// The content of a service message: `new_chat_members`, `forum_topic_created`, ….
    var service: JSONObject?
    var keyboard: JSON?
    var group: String?
    var reactions: [Int64: [String]] = [:]

    var isMedia: Bool { !self.media.isEmpty }
}
