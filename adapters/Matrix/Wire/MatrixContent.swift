package import Chat
package import JSON

/// Builds event contents as the specification defines them. Pure.
package enum MatrixContent {
    /// The maximum bytes of a content. An event may have 65,536, and the server adds its own fields.
    package static let sizeLimit = 60_000
    /// The same before encryption, which makes it a third longer.
    package static let encryptedSizeLimit = 46_000
    /// A custom key by which a message of unknown outcome can be found, even from another device or after the server
    /// forgot its transaction.
    static let tokenKey = "dev.jetbridge.token"

    /// How a message relates to others.
    package enum Relation: Sendable, Equatable {
        case none
        case reply(to: String)
        /// `latest` is for clients without threads.
        case thread(root: String, latest: String)
    }

    /// A message. Without mentions it is a notice, which notifies nobody and which other bots ignore.
    package static func message(
        _ text: String, mentioning mentions: [Mention] = [], token: String, relation: Relation
    ) -> JSON {
        var content = self.words(text, MatrixMentions(mentions))
        content[self.tokenKey] = .string(token)
        content["m.relates_to"] = self.json(relation)
        return .object(content)
    }

    /// An edit of `target`. The fallback for clients without edits is plain text, shortened where the event would be
    /// too large. It notifies those whom the message mentions without naming them: a name was in the first version.
    package static func edit(
        of target: String, _ text: String, mentioning mentions: [Mention] = [], token: String,
        sizeLimit: Int = MatrixContent.sizeLimit
    ) -> JSON {
        let new = self.words(text, MatrixMentions(mentions))
        let added = MatrixMentions(mentions.filter { $0.name == nil })
        let plain = new["body"]?.stringValue ?? ""
        func whole(_ fallback: String) -> JSON {
            [
                "msgtype": .string(added.kind), "body": .string("* " + fallback), "m.mentions": added.json,
                "m.new_content": .object(new), self.tokenKey: .string(token),
                "m.relates_to": ["rel_type": "m.replace", "event_id": .string(target)],
            ]
        }
        let content = whole(plain)
        guard content.bytes.count > sizeLimit else { return content }
        return whole(self.beginning(of: plain, 500))
    }

    private static func words(_ text: String, _ mentions: MatrixMentions) -> JSONObject {
        let markup = MatrixMarkup(text)
        var content: JSONObject = [
            "msgtype": .string(mentions.kind), "body": .string(mentions.names + markup.plain),
            "m.mentions": mentions.json,
        ]
        let pills = mentions.pills
        if let html = pills.isEmpty ? markup.html : pills + (markup.html ?? mentions.html(markup.plain)) {
            content["format"] = "org.matrix.custom.html"
            content["formatted_body"] = .string(html)
        }
        return content
    }

    private static func json(_ relation: Relation) -> JSON? {
        switch relation {
        case .none: nil
        case .reply(let id): ["m.in_reply_to": ["event_id": .string(id)]]
        case .thread(let root, let latest):
            [
                "rel_type": "m.thread", "event_id": .string(root), "is_falling_back": true,
                "m.in_reply_to": ["event_id": .string(latest)],
            ]
        }
    }

    package static func reaction(_ emoji: String, to target: String) -> JSON {
        [
            "m.relates_to": [
                "rel_type": "m.annotation", "event_id": .string(target), "key": .string(emoji),
            ]
        ]
    }

    /// A message with an uploaded file; `key` reads it if it is encrypted.
    package static func file(
        _ file: OutgoingFile, at address: String, key: MatrixEncryptedFile? = nil, relation: Relation
    ) -> JSON {
        var content: JSONObject = [
            "msgtype": .string(self.kind(of: file.mediaType)),
            "body": .string(file.caption.isEmpty ? file.name : file.caption), "filename": .string(file.name),
            "m.mentions": MatrixMentions(file.route.mentions).json,
            "info": ["mimetype": .string(file.mediaType), "size": JSON(file.bytes.count)],
        ]
        if file.isVoice {
            // https://github.com/matrix-org/matrix-spec-proposals/pull/3245, by its unstable names, which clients use.
            content["org.matrix.msc3245.voice"] = [:]
            content["org.matrix.msc1767.audio"] = [:]
        }
        if let key { content["file"] = key.json(at: address) } else { content["url"] = .string(address) }
        content[self.tokenKey] = .string(file.token)
        content["m.relates_to"] = self.json(relation)
        return .object(content)
    }

    private static func kind(of mediaType: String) -> String {
        let type = mediaType.lowercased()
        // Only formats that every client shows; an SVG image can contain scripts.
        if ["image/png", "image/jpeg", "image/gif", "image/webp"].contains(type) { return "m.image" }
        if type.hasPrefix("audio/") { return "m.audio" }
        if type.hasPrefix("video/") { return "m.video" }
        return "m.file"
    }

    // MARK: Reducing

    /// The content without HTML and with a short edit fallback, for a server that found it too large.
    package static func reduced(_ content: JSON) -> JSON? {
        guard case .object(var object) = content, content.bytes.count > 2_000 else { return nil }
        if case .object(var new)? = object["m.new_content"] {
            let body = new["body"]?.stringValue ?? ""
            let fallback: JSON = .string("* " + self.beginning(of: body, 200))
            guard new["formatted_body"] != nil || object["body"] != fallback else { return nil }
            new["format"] = nil
            new["formatted_body"] = nil
            object["m.new_content"] = .object(new)
            object["body"] = fallback
            return .object(object)
        }
        guard object["formatted_body"] != nil else { return nil }
        object["format"] = nil
        object["formatted_body"] = nil
        return .object(object)
    }

    /// The content without its thread or reply relation, for a server that rejects the relation.
    static func unrelated(_ content: JSON) -> JSON? {
        guard case .object(var object) = content, let relation = object["m.relates_to"],
            relation["rel_type"] == nil || relation["rel_type"] == "m.thread"
        else { return nil }
        object["m.relates_to"] = nil
        return .object(object)
    }

    private static func beginning(of text: String, _ bytes: Int) -> String {
        guard text.utf8.count > bytes else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: bytes)
        while end > text.startIndex, end.samePosition(in: text) == nil { end = text.utf8.index(before: end) }
        return text[..<end] + "…"
    }
}
