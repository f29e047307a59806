internal import JSON

/// A message of a chat.
struct TelegramMessage: Sendable {
    let id: Int
    let date: Int
    var editDate: Int?
    var edits = 0
    /// Nil for channel posts.
    var sender: Int64?
    /// The chat in whose name it is, if not the sender's.
    var senderChat: Int64?
    /// The topic, or the root of the reply chain.
    var thread: Int?
    var isTopic = false
    var replyTo: Int?
    var quote: String?
    var text = TelegramText.empty
    /// Its content besides or instead of a text, by the Bot API's names: `document`, `photo`, `voice`, ….
    var media: JSONObject = JSONObject()
    /// The content of a service message: `new_chat_members`, `forum_topic_created`, ….
    var service: JSONObject?
    var keyboard: JSON?
    var group: String?
    var reactions: [Int64: [String]] = [:]
    /// Sent without a sound.
    var isQuiet = false
    /// Further fields: `forward_origin`, `via_bot`, `is_automatic_forward`, ….
    var extras: JSONObject = JSONObject()

    var isMedia: Bool { !self.media.isEmpty }
}
