package import Chat
package import JSON
internal import Primitives

/// An account; unused fields are left out.
package struct TelegramUser: Sendable, Equatable {
    package let id: Int64
    package let isBot: Bool
    package let name: String
    package let username: String?
    /// Of their app, such as `de`.
    package let locale: String?

    package init?(_ json: JSON?) {
        guard let json, let id = json["id"]?.intValue else { return nil }
        self.id = Int64(id)
        self.isBot = json["is_bot"]?.boolValue ?? false
        let names = [json["first_name"]?.stringValue, json["last_name"]?.stringValue].compactMap(\.self)
        self.name = names.joined(separator: " ")
        self.username = json["username"]?.stringValue
        self.locale = json["language_code"]?.stringValue
    }
}

/// A private chat (`id` > 0), basic group, supergroup or channel.
package struct TelegramChat: Sendable, Equatable {
    package let id: Int64
    package let type: String
    package let title: String

    package init?(_ json: JSON?) {
        guard let json, let id = json["id"]?.intValue else { return nil }
        self.id = Int64(id)
        self.type = json["type"]?.stringValue ?? ""
        self.title = json["title"]?.stringValue ?? json["first_name"]?.stringValue ?? ""
    }

    package var isPrivate: Bool { self.id > 0 }
}

/// A formatted part of a text; offset and length are UTF-16 code units.
package struct TelegramEntity: Sendable, Equatable {
    package var type: String
    package var offset: Int
    package var length: Int
    package var url: String?
    package var language: String?
    /// For a `text_mention`.
    package var user: Int64?
    /// For a `date_time`, in seconds since 1970.
    package var time: Int64?
}

extension TelegramEntity {
    package init?(_ json: JSON) {
        guard let type = json["type"]?.stringValue, let offset = json["offset"]?.intValue, offset >= 0,
            let length = json["length"]?.intValue, length >= 0, offset < 1 << 20, length < 1 << 20
        else { return nil }
        self.init(
            type: type, offset: offset, length: length, url: json["url"]?.stringValue,
            language: json["language"]?.stringValue, user: json["user"]?["id"]?.intValue.map(Int64.init))
    }

    package var end: Int { self.offset + self.length }

    package var json: JSON {
        var object: JSONObject = ["type": .string(self.type)]
        object["offset"] = JSON(self.offset)
        object["length"] = JSON(self.length)
        if let url = self.url { object["url"] = .string(url) }
        if let language = self.language { object["language"] = .string(language) }
        if let user = self.user { object["user"] = ["id": .integer(user)] }
        if let time = self.time {
            object["unix_time"] = .integer(time)
            object["date_time_format"] = "dt"
        }
        return .object(object)
    }
}

package struct TelegramMessage: Sendable, Equatable {
    /// The answered message; Telegram includes only one level.
    package struct Reply: Sendable, Equatable {
        package let id: Int64
        package let from: TelegramUser?
        package let senderChat: TelegramChat?
        /// Milliseconds since 1970.
        package let date: Int64?
        /// Text, caption, or what it shows instead.
        package let text: String
        package let attachments: [Attachment]
        /// Every message in a topic is formally a reply to the message that created the topic.
        package let isTopicRoot: Bool

        package var author: Int64? { self.from?.id }
    }

    /// The answered message, where that is in another chat or topic.
    package struct External: Sendable, Equatable {
        package let origin: TelegramOrigin?
        /// What it shows besides a text, which Telegram leaves out.
        package let thing: String
        package let attachments: [Attachment]
    }

    package let id: Int64
    /// Milliseconds since 1970.
    package let date: Int64
    package let editDate: Int64?
    package let chat: TelegramChat
    package let from: TelegramUser?
    /// The channel, or the group itself for an anonymous administrator.
    package let senderChat: TelegramChat?
    package let threadID: Int64?
    package let isTopic: Bool
    /// Text or caption.
    package let text: String
    package let entities: [TelegramEntity]
    package let reply: Reply?
    package let external: External?
    /// The part of the answered message that is quoted.
    package let quote: String?
    /// What it shows instead of a text, as a text: an emoji, a place, a poll ….
    package let thing: String
    /// A post from the linked channel, forwarded here by Telegram.
    package let isAutomaticForward: Bool
    /// Another person wrote the text.
    package let isForward: Bool
    package let origin: TelegramOrigin?
    /// Another bot produced the text.
    package let isViaBot: Bool
    package let mediaGroup: String?
    package let attachments: [Attachment]
    /// A voice message or a round video.
    package let voice: Attachment?
    package let migratedTo: Int64?
    package let migratedFrom: Int64?

    /// Telegram sends 100 at most.
    private static let entityLimit = 1_000

    package init?(_ json: JSON?) {
        guard let json, let id = json["message_id"]?.intValue, let chat = TelegramChat(json["chat"]) else { return nil }
        self.id = Int64(id)
        self.chat = chat
        self.date = Self.milliseconds(json["date"]) ?? 0
        self.editDate = Self.milliseconds(json["edit_date"])
        self.from = TelegramUser(json["from"])
        self.senderChat = TelegramChat(json["sender_chat"])
        self.threadID = json["message_thread_id"]?.intValue.map(Int64.init)
        self.isTopic = json["is_topic_message"]?.boolValue ?? false
        let isCaption = json["text"]?.stringValue == nil
        self.text = json[isCaption ? "caption" : "text"]?.stringValue ?? TelegramContent.rich(json["rich_message"])
        let entities = json[isCaption ? "caption_entities" : "entities"]?.arrayValue ?? []
        self.entities = entities.prefix(Self.entityLimit).compactMap(TelegramEntity.init)
        self.reply = Self.reply(json["reply_to_message"], thread: self.isTopic ? self.threadID : nil)
        self.external = json["external_reply"].map { reply in
            External(
                origin: TelegramOrigin(reply["origin"]), thing: TelegramContent.thing(reply),
                attachments: Self.attachments(reply))
        }
        self.quote = json["quote"]?["text"]?.stringValue
        self.thing = TelegramContent.thing(json)
        self.isAutomaticForward = json["is_automatic_forward"]?.boolValue ?? false
        self.isForward = json["forward_origin"] != nil || json["forward_date"] != nil
        self.origin = TelegramOrigin(json["forward_origin"])
        self.isViaBot = json["via_bot"] != nil
        self.mediaGroup = json["media_group_id"]?.stringValue
        self.attachments = Self.attachments(json)
        self.voice = Self.voice(json)
        self.migratedTo = json["migrate_to_chat_id"]?.intValue.map(Int64.init)
        self.migratedFrom = json["migrate_from_chat_id"]?.intValue.map(Int64.init)
    }

    /// Converts a time in seconds; nil beyond the year 9999.
    static func milliseconds(_ json: JSON?) -> Int64? {
        json?.intValue.flatMap { $0 >= 0 && CivilTime.range.contains(Int64($0)) ? Int64($0) * 1_000 : nil }
    }

    private static func reply(_ json: JSON?, thread: Int64?) -> Reply? {
        guard let json, let id = json["message_id"]?.intValue else { return nil }
        return Reply(
            id: Int64(id), from: TelegramUser(json["from"]), senderChat: TelegramChat(json["sender_chat"]),
            date: Self.milliseconds(json["date"]), text: Self.words(json), attachments: Self.attachments(json),
            isTopicRoot: json["forum_topic_created"] != nil || thread == Int64(id))
    }

    private static func words(_ json: JSON) -> String {
        if let text = json["text"]?.stringValue ?? json["caption"]?.stringValue { return text }
        let rich = TelegramContent.rich(json["rich_message"])
        return rich.isEmpty ? TelegramContent.thing(json) : rich
    }

    package var isVoice: Bool { self.voice != nil }

    private static func voice(_ json: JSON) -> Attachment? {
        for (key, name) in [("voice", "voice.ogg"), ("video_note", "video.mp4")] {
            if let file = json[key] { return Self.attachment(file, name: name, isVoice: true) }
        }
        return nil
    }

    /// The downloadable files. An animation also fills `document`; the last of a photo's sizes is the largest.
    private static func attachments(_ json: JSON) -> [Attachment] {
        for (key, kind) in [
            ("document", "file"), ("audio", "audio.mp3"), ("video", "video.mp4"), ("animation", "animation.mp4"),
        ] {
            if let file = json[key].flatMap({ Self.attachment($0, name: kind) }) { return [file] }
        }
        let photo = json["photo"]?.arrayValue?.last.flatMap {
            Self.attachment($0, name: "photo-\(json["message_id"]?.intValue ?? 0).jpg", type: "image/jpeg")
        }
        return photo.map { [$0] } ?? []
    }

    private static func attachment(
        _ json: JSON, name: String, type: String? = nil, isVoice: Bool = false
    ) -> Attachment? {
        guard let id = json["file_id"]?.stringValue, !id.isEmpty else { return nil }
        return Attachment(
            id: id, name: json["file_name"]?.stringValue ?? name, mediaType: json["mime_type"]?.stringValue ?? type,
            size: json["file_size"]?.intValue.flatMap { $0 >= 0 ? $0 : nil },
            isVoice: isVoice)
    }
}
