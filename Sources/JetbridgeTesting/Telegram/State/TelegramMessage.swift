internal import JSON

/// A message as it stands in a chat.
struct TelegramMessage: Sendable {
    let id: Int
    let date: Int
    var editDate: Int?
    var edits = 0
    /// Nobody for the posts of a channel.
    var sender: Int64?
    /// In whose name it is, when not in the sender's.
    var senderChat: Int64?
    /// The topic, or the root of the chain of replies.
    var thread: Int?
    var isTopic = false
    var replyTo: Int?
    var quote: String?
    var text = TelegramText.empty
    /// What it carries beside or instead of a text, by the Bot API's names: `document`, `photo`, `voice`, ….
    var media: JSONObject = JSONObject()
    /// What happened, of a message that nobody wrote: `new_chat_members`, `forum_topic_created`, ….
    var service: JSONObject?
    var keyboard: JSON?
    var group: String?
    var reactions: [Int64: [String]] = [:]
    /// Sent without a sound.
    var isQuiet = false
    /// Further members: `forward_origin`, `via_bot`, `is_automatic_forward`, ….
    var extras: JSONObject = JSONObject()

    var isMedia: Bool { !self.media.isEmpty }
}
