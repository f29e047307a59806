internal import Chat
internal import JSON
internal import Primitives

/// Ids of people and places. Only text in the form of an id becomes one.
extension SlackReader {
    func room(_ channel: String) -> RoomID { RoomID(adapter: self.adapter, name: channel) }

    /// A thread is named by its root; a direct message outside threads is one conversation.
    func thread(_ channel: String, root: String?) -> ThreadKey {
        ThreadKey(adapter: self.adapter, value: root.map { "\(channel)/\($0)" } ?? channel)
    }

    /// Identifies a person by workspace and user: names are free text that others can copy.
    func sender(_ user: String, team: String, name: String?) -> Sender {
        let id = "slack:\(team)/\(user)"
        return Sender(
            id: id, identities: [Identity(id)], displayName: name.flatMap { $0.isEmpty ? nil : $0 } ?? user,
            isSelf: user == self.bot.user)
    }

    /// Whether the bot or another program wrote the message; a bot's id comes with or without a subtype.
    func isForeign(_ message: JSON?) -> Bool {
        guard let message else { return false }
        return message["bot_id"]?.stringValue != nil || message["subtype"]?.stringValue == "bot_message"
            || message["user"]?.stringValue == self.bot.user || message["user"]?.stringValue == "USLACKBOT"
    }

    /// A message is one event, even if several subscriptions deliver it.
    static func messageID(_ channel: String, _ ts: String) -> String { "message:\(channel)/\(ts)" }

    /// An id of Slack; nil for anything else, which may be long.
    static func id(_ json: JSON?) -> String? { json?.stringValue.flatMap { Self.isID($0) ? $0 : nil } }

    /// When something happened, as part of an event's id. Slack's have 17 bytes.
    static func stamp(_ json: JSON?) -> String { (json?.stringValue ?? "").beginning(bytes: 64) }

    static func timestamp(_ json: JSON?) -> String? {
        json?.stringValue.flatMap { SlackTimestamp.isValid($0) ? $0 : nil }
    }

    /// Slack's ids have capital letters, digits and underscores.
    static func isID(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || $0 == 0x5F }
    }

    /// The workspace in which the app is installed; an organisation may have several.
    func team(of payload: JSON) -> String {
        payload["authorizations"]?[0]?["team_id"]?.stringValue ?? payload["team_id"]?.stringValue ?? self.bot.team
    }

    /// The author's workspace, which may be another one in shared channels.
    static func team(ofUser message: JSON) -> String? {
        let team = message["user_team"] ?? message["source_team"] ?? message["team"]
        return team?.stringValue.flatMap { Self.isID($0) ? $0 : nil }
    }

    static func profileName(_ profile: JSON?) -> String? {
        for key in ["display_name", "real_name", "name"] {
            if let name = profile?[key]?.stringValue, !name.isEmpty { return name }
        }
        return nil
    }

    static func attachments(_ files: JSON?) -> [Attachment] {
        (files?.arrayValue ?? []).compactMap { file in
            guard let id = file["id"]?.stringValue, Self.isID(id), file["mode"]?.stringValue != "tombstone" else {
                return nil
            }
            return Attachment(
                id: id, name: file["name"]?.stringValue ?? file["title"]?.stringValue ?? id,
                mediaType: file["mimetype"]?.stringValue, size: file["size"]?.intValue,
                // A clip is recorded in Slack.
                isVoice: file["subtype"]?.stringValue == "slack_audio"
                    || file["mimetype"]?.stringValue?.hasPrefix("audio/") == true)
        }
    }
}
