internal import Chat
internal import JSON
internal import Kit
internal import Primitives

/// What was said beside a question: earlier messages, and those that a message shares.
extension SlackReader {
    // In bytes.
    private static let textLimit = 64 << 10
    private static let nameLimit = 320

    /// Of one message.
    private static let (shareLimit, fileLimit) = (10, 20)

    /// Whether a person or a program said it: not what Slack notes (`channel_join`, `channel_topic`, …), and nothing that
    /// was deleted.
    static func isSaid(_ message: JSON) -> Bool {
        let subtype = message["subtype"]?.stringValue
        return subtype == nil
            || ["file_share", "thread_broadcast", "me_message", "bot_message"].contains(subtype)
    }

    /// A message as Slack returns it later, followed by what it shares, with its author: others' words are not the
    /// sender's. Empty if nobody said it.
    func said(
        _ message: JSON, as relation: SaidMessage.Relation = .said, in channel: String, names: [String: String] = [:]
    ) -> [SaidMessage] {
        guard Self.isSaid(message), let ts = Self.timestamp(message["ts"]), let author = self.author(of: message, names)
        else { return [] }
        let reference = MessageReference(room: self.room(channel), id: ts)
        let sentAt = SlackTimestamp.milliseconds(ts)
        let own = SaidMessage(
            relation, reference: reference, author: author, name: author.displayName, sentAt: sentAt,
            text: self.text(of: message, names: names).beginning(bytes: Self.textLimit),
            attachments: Array(Self.attachments(message["files"]).prefix(Self.fileLimit)))
        let shared = self.shares(in: message, names: names).map { share in
            SaidMessage(
                .said, reference: share.reference, author: share.author,
                name: "\(share.name), shared by \(author.displayName)",
                sentAt: sentAt, text: share.text, attachments: share.attachments)
        }
        return own.text.isEmpty && own.attachments.isEmpty ? shared : [own] + shared
    }

    /// The messages that a message shares, or that Slack shows below a link to them.
    func shares(in message: JSON, names: [String: String] = [:]) -> [SaidMessage] {
        var found: [SaidMessage] = []
        for share in message["attachments"]?.arrayValue ?? [] where Self.isShare(share) {
            guard found.count < Self.shareLimit else { break }
            let files = Array(Self.attachments(share["files"]).prefix(Self.fileLimit))
            let text = self.text(ofShare: share, names: names).text.beginning(bytes: Self.textLimit)
            guard !text.isEmpty || !files.isEmpty else { continue }
            let ts = Self.timestamp(share["ts"])
            let author = Self.id(share["author_id"]).map { id in
                self.sender(id, team: self.bot.team, name: names[id] ?? Self.name(share["author_name"]))
            }
            var reference: MessageReference?
            if let channel = Self.id(share["channel_id"]), let ts {
                reference = MessageReference(room: self.room(channel), id: ts)
            }
            let place = Self.name(share["channel_name"]) ?? Self.id(share["channel_id"]).flatMap { names[$0] }
            found.append(
                SaidMessage(
                    .forwarded, reference: reference, author: author,
                    name: [
                        author?.displayName ?? Self.name(share["author_name"]) ?? "somebody", place.map { "#\($0)" },
                    ].compactMap(\.self).joined(separator: ", "), sentAt: ts.flatMap(SlackTimestamp.milliseconds),
                    text: text, attachments: files))
        }
        return found
    }

    /// The ids that the message of an event mentions and whose names are not in `names`.
    func unnamed(inEvents payload: JSON, names: [String: String]) -> [String] {
        guard let event = payload["event"] else { return [] }
        return self.unnamed(in: event["message"] ?? event, names: names)
    }

    /// The ids that a message mentions, or from which it shares something, and whose names are not in `names`.
    func unnamed(in message: JSON, names: [String: String] = [:]) -> [String] {
        var ids = SlackIncomingText(message: message, bot: self.bot) { names[$0] }.unnamed
        for share in (message["attachments"]?.arrayValue ?? []).prefix(Self.shareLimit) where Self.isShare(share) {
            ids += [share["author_id"], share["channel_name"] == nil ? share["channel_id"] : nil].compactMap(Self.id)
                .filter { names[$0] == nil }
            ids += self.text(ofShare: share, names: names).unnamed
        }
        return ids
    }

    // MARK: Parts

    private static func isShare(_ attachment: JSON) -> Bool {
        attachment["is_share"]?.boolValue == true || attachment["is_msg_unfurl"]?.boolValue == true
    }

    private static func name(_ json: JSON?) -> String? {
        let name = json?.stringValue?.beginning(bytes: Self.nameLimit).onOneLine ?? ""
        return name.isEmpty ? nil : name.cut(to: 80)
    }

    /// Slack vouches for the ids, and for `bot_id`; programs choose the names under which they write.
    private func author(of message: JSON, _ names: [String: String]) -> Sender? {
        let bot = Self.id(message["bot_id"])
        guard let id = Self.id(message["user"]) ?? bot else { return nil }
        let isOwn = self.bot.isOwn(message)
        let known = names[id] ?? Self.name(Self.profileName(message["user_profile"]).map { .string($0) })
        let title = Self.name(message["username"]) ?? Self.name(message["bot_profile"]?["name"])
        let isBot = isOwn || self.isForeign(message)
        let sender = self.sender(
            isOwn ? self.bot.user : id, team: Self.team(ofUser: message) ?? self.bot.team,
            name: isOwn ? self.bot.name : isBot ? title ?? known : known)
        return Sender(
            id: sender.id, identities: sender.identities, displayName: sender.displayName, isBot: isBot, isSelf: isOwn)
    }

    /// The Markdown of the bot's own messages, the exact text of people's. Other programs write most in blocks and in
    /// attachments.
    private func text(of message: JSON, names: [String: String]) -> String {
        let blocks = (message["blocks"]?.arrayValue ?? []).prefix(50)
        let markdown = blocks.filter { $0["type"]?.stringValue == "markdown" }.compactMap { $0["text"]?.stringValue }
        if !markdown.isEmpty { return StreamSafeText.of(Self.joined(markdown)) }
        var parts = [
            SlackIncomingText(message: message, bot: self.bot, isQuestion: false) { names[$0] }.text
        ]
        if self.isForeign(message) {
            if parts[0].isEmpty { parts += blocks.flatMap(Self.texts(ofBlock:)).map { self.plain($0, names) } }
            for attachment in (message["attachments"]?.arrayValue ?? []).prefix(20) where !Self.isShare(attachment) {
                let texts = ["pretext", "title", "text"].compactMap { attachment[$0]?.stringValue }
                let some = texts.isEmpty ? [attachment["fallback"]?.stringValue ?? ""] : texts
                parts += some.map { self.plain($0, names) }
            }
        }
        return Self.joined(parts)
    }

    private static func texts(ofBlock block: JSON) -> [String] {
        let fields = (block["fields"]?.arrayValue ?? []) + (block["elements"]?.arrayValue ?? [])
        return [block["text"]?["text"]?.stringValue].compactMap(\.self)
            + fields.prefix(20).compactMap { $0["text"]?.stringValue }
    }

    private static func joined(_ parts: [String]) -> String {
        parts.filter { !$0.isEmpty }.joined(separator: "\n").beginning(bytes: Self.textLimit)
    }

    private func plain(_ markup: String, _ names: [String: String]) -> String {
        let pieces = SlackMarkup.pieces(of: markup.beginning(bytes: Self.textLimit))
        return SlackIncomingText(pieces: pieces, bot: self.bot, isQuestion: false) { names[$0] }.text
    }

    /// The blocks of the shared message are exact, `text` is the substitute.
    private func text(ofShare share: JSON, names: [String: String]) -> SlackIncomingText {
        let blocks = share["message_blocks"]?[0]?["message"]?["blocks"] ?? .null
        let text = share["text"] ?? share["fallback"] ?? ""
        return SlackIncomingText(message: ["text": text, "blocks": blocks], bot: self.bot, isQuestion: false) {
            names[$0]
        }
    }
}
