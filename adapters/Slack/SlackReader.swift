internal import Chat
internal import JSON

/// Reads Slack's payloads. Pure; unknown content and content not meant for the bot yields no item.
struct SlackReader: Sendable {
    enum Item: Sendable, Equatable {
        case message(InboundMessage, id: String)
        case other(InboundEvent.Kind, id: String)
        /// A person opened an assistant thread.
        case assistantOpened(channel: String, thread: String)
        /// A person shared a file. Mostly a message with it comes, too.
        case fileShared(SlackSharedFile)
        /// The bot became a member of a channel.
        case joined(channel: String)
        /// A person ended these streams, given by `ts`.
        case streamsStopped(channel: String, timestamps: [String])
        /// The app no longer works; says what to do.
        case revoked(String)

        static func == (left: Self, right: Self) -> Bool { "\(left)" == "\(right)" }
    }

    let adapter: AdapterID
    let bot: SlackIdentity
    let commands: [MenuCommand]

    // MARK: Events API

    /// Reads the payload of an `event_callback`.
    func items(ofEvents payload: JSON, names: [String: String] = [:]) -> [Item] {
        let event = payload["event"] ?? .null
        let id = payload["event_id"]?.stringValue ?? ""
        let team = self.team(of: payload)
        switch event["type"]?.stringValue {
        case "message", "app_mention": return self.items(ofMessage: event, team: team, names: names)
        case "reaction_added": return self.items(ofReaction: event, team: team)
        case "channel_id_changed":
            guard let old = Self.id(event["old_channel_id"]), let new = Self.id(event["new_channel_id"])
            else {
                return []
            }
            return [.other(.roomRenamed(from: self.room(old), to: self.room(new)), id: "renamed:\(old)/\(new)")]
        case "member_joined_channel":
            guard event["user"]?.stringValue == self.bot.user, let channel = Self.id(event["channel"]) else {
                return []
            }
            return [.joined(channel: channel)]
        case "channel_unarchive", "group_unarchive": return self.items(ofReturn: event, id: id)
        case "file_shared": return self.sharedFile(event, team: team).map { [.fileShared($0)] } ?? []
        case "agent_session_stopped": return self.items(ofStop: event, team: team, id: id)
        case "assistant_thread_started":
            let thread = event["assistant_thread"]
            guard let channel = Self.id(thread?["channel_id"]), let ts = Self.timestamp(thread?["thread_ts"])
            else { return [] }
            return [.assistantOpened(channel: channel, thread: ts)]
        case "tokens_revoked":
            let bots = event["tokens"]?["bot"]?.arrayValue ?? []
            guard bots.contains(where: { $0.stringValue == self.bot.user }) else { return [] }
            return [.revoked("the bot token was revoked; reinstall the app and set the new token")]
        case "app_uninstalled":
            // The app may be installed in several workspaces.
            guard team == self.bot.team else { return [] }
            return [.revoked("the app was uninstalled from the workspace; install it again and set the new token")]
        default: return []
        }
    }

    private func items(ofMessage event: JSON, team: String, names: [String: String]) -> [Item] {
        guard let channel = Self.id(event["channel"]) else { return [] }
        switch event["subtype"]?.stringValue {
        case "message_changed": return self.items(ofChange: event, channel: channel, team: team, names: names)
        case "message_deleted":
            guard let ts = Self.timestamp(event["deleted_ts"]), !self.isForeign(event["previous_message"]) else {
                return []
            }
            return [self.deletion(of: ts, in: channel)]
        case "channel_unarchive", "group_unarchive":
            return self.items(ofReturn: event, id: Self.timestamp(event["ts"]) ?? "")
        default:
            let message = self.message(event, in: channel, team: team, names: names)
            return message.map { [.message($0, id: Self.messageID(channel, $0.route.replyTo ?? ""))] } ?? []
        }
    }

    /// A person's new message; nil for the bot's own, other programs' and housekeeping.
    func message(
        _ event: JSON, in channel: String, team: String, isDirect: Bool? = nil, names: [String: String] = [:],
        isBacklog: Bool = false
    ) -> InboundMessage? {
        let subtype = event["subtype"]?.stringValue
        guard subtype == nil || ["file_share", "thread_broadcast", "me_message"].contains(subtype),
            !self.isForeign(event), let user = Self.id(event["user"]), let ts = Self.timestamp(event["ts"]),
            event["hidden"]?.boolValue != true
        else { return nil }
        let type = event["channel_type"]?.stringValue
        // `app_mention` has no type, and never comes from a direct message.
        let isDirect = isDirect ?? (type == "im" || type == "app_home")
        let text = SlackIncomingText(message: event, bot: self.bot) { names[$0] }
        let files = Self.attachments(event["files"])
        let shares = self.shares(in: event, names: names)
        // In a channel, what is shared without a word is for its people.
        guard !text.text.isEmpty || !files.isEmpty || text.mentionsBot || (isDirect && !shares.isEmpty) else {
            return nil
        }
        let parent = Self.timestamp(event["thread_ts"])
        let isThreaded = parent != nil && parent != ts
        let sender = self.sender(
            user, team: Self.team(ofUser: event) ?? team, name: names[user] ?? Self.profileName(event["user_profile"]))
        return InboundMessage(
            thread: self.thread(channel, root: isDirect ? parent : parent ?? ts),
            route: Route(
                room: self.room(channel), anchor: isDirect ? parent : parent ?? ts, replyTo: ts,
                recipient: String(sender.id.dropFirst(6))),
            sender: sender, text: self.command(text), sentAt: SlackTimestamp.milliseconds(ts) ?? 0, isDirect: isDirect,
            isAddressed: text.mentionsBot || (isThreaded && event["parent_user_id"]?.stringValue == self.bot.user),
            isMention: text.mentionsBot, mentionsOthers: text.others.contains { $0 != user }, isThreaded: isThreaded,
            isBacklog: isBacklog, attachments: files, enclosed: shares)
    }

    private func command(_ text: SlackIncomingText) -> String {
        text.beginsWithMention
            ? SlackCommandText.command(fromMention: text.text, of: self.commands) : text.text
    }

    /// Slack also sends a change for a reply in the thread, an unfurled link and the bot's own edits; only a person's
    /// new text counts.
    private func items(ofChange event: JSON, channel: String, team: String, names: [String: String]) -> [Item] {
        guard let message = event["message"], let ts = Self.timestamp(message["ts"]) else { return [] }
        let previous = event["previous_message"]
        if message["subtype"]?.stringValue == "tombstone" {
            return self.isForeign(previous) ? [] : [self.deletion(of: ts, in: channel)]
        }
        guard !self.isForeign(message), let user = Self.id(message["user"]),
            let editor = message["edited"]?["user"]?.stringValue, editor == user,
            message["text"]?.stringValue != previous?["text"]?.stringValue
        else { return [] }
        let stamp = Self.stamp(message["edited"]?["ts"] ?? event["ts"])
        let sender = self.sender(user, team: Self.team(ofUser: message) ?? team, name: nil)
        let edit = MessageEdit(
            reference: MessageReference(room: self.room(channel), id: ts), sender: sender,
            text: self.command(SlackIncomingText(message: message, bot: self.bot) { names[$0] }))
        return [.other(.messageEdited(edit), id: "edited:\(channel)/\(ts)/\(stamp)")]
    }

    /// A channel was unarchived.
    private func items(ofReturn event: JSON, id: String) -> [Item] {
        guard let channel = Self.id(event["channel"]) else { return [] }
        return [.other(.roomReturned(self.room(channel)), id: "returned:\(channel)/\(id)")]
    }

    private func deletion(of ts: String, in channel: String) -> Item {
        .other(
            .messageDeleted(MessageReference(room: self.room(channel), id: ts)), id: "deleted:\(channel)/\(ts)")
    }

    private func items(ofReaction event: JSON, team: String) -> [Item] {
        guard event["item"]?["type"]?.stringValue == "message", event["item_user"]?.stringValue == self.bot.user,
            let user = Self.id(event["user"]), user != self.bot.user,
            let channel = Self.id(event["item"]?["channel"]), let ts = Self.timestamp(event["item"]?["ts"]),
            let name = event["reaction"]?.stringValue, let emoji = SlackEmoji.emoji(named: name)
        else { return [] }
        let stamp = Self.stamp(event["event_ts"])
        let choice = Choice(
            target: MessageReference(room: self.room(channel), id: ts),
            sender: self.sender(user, team: team, name: nil),
            kind: .reaction(emoji), sentAt: SlackTimestamp.milliseconds(stamp) ?? 0)
        return [.other(.choice(choice), id: "reaction:\(channel)/\(ts)/\(user)/\(name)/\(stamp)")]
    }

    /// Slack's stop button equals a typed `/stop` in its thread.
    private func items(ofStop event: JSON, team: String, id: String) -> [Item] {
        guard let channel = Self.id(event["channel"]), let root = Self.timestamp(event["thread_ts"]),
            let user = Self.id(event["user"])
        else { return [] }
        let stamp = Self.stamp(event["event_ts"])
        let sender = self.sender(user, team: team, name: nil)
        let message = InboundMessage(
            thread: self.thread(channel, root: root),
            route: Route(room: self.room(channel), anchor: root, recipient: String(sender.id.dropFirst(6))),
            sender: sender, text: "/stop", sentAt: SlackTimestamp.milliseconds(stamp) ?? 0,
            isDirect: false, isAddressed: true, isThreaded: true)
        let streams = (event["streaming_message_ts"]?.arrayValue ?? []).compactMap { Self.timestamp($0) }
        return [
            .streamsStopped(channel: channel, timestamps: streams),
            .message(message, id: "stopped:\(channel)/\(root)/\(id.isEmpty ? stamp : id)"),
        ]
    }

    // MARK: Commands and buttons

    func slash(_ payload: JSON, names: [String: String] = [:]) -> SlackSlash? {
        guard let channel = Self.id(payload["channel_id"]), let user = Self.id(payload["user_id"]),
            let id = payload["trigger_id"]?.stringValue, !id.isEmpty
        else { return nil }
        let team = payload["team_id"]?.stringValue ?? self.bot.team
        let name = names[user] ?? payload["user_name"]?.stringValue
        let text = SlackMarkup.unescaped(payload["text"]?.stringValue ?? "")
        return SlackSlash(
            id: id, channel: channel, recipient: "\(team)/\(user)", sender: self.sender(user, team: team, name: name),
            name: payload["command"]?.stringValue ?? "/jetbridge",
            text: SlackCommandText.command(fromSlash: text, of: self.commands),
            isDirect: payload["channel_name"]?.stringValue == "directmessage")
    }

    /// Presses of the bot's own buttons.
    func items(ofInteraction payload: JSON, names: [String: String] = [:]) -> [Item] {
        guard payload["type"]?.stringValue == "block_actions", let user = Self.id(payload["user"]?["id"]),
            let channel = Self.id(payload["container"]?["channel_id"] ?? payload["channel"]?["id"]),
            let ts = Self.timestamp(payload["container"]?["message_ts"] ?? payload["message"]?["ts"])
        else { return [] }
        let team = payload["user"]?["team_id"]?.stringValue ?? payload["team"]?["id"]?.stringValue ?? self.bot.team
        let sender = self.sender(user, team: team, name: names[user] ?? payload["user"]?["username"]?.stringValue)
        // A press is one action; a block has at most 25 buttons.
        return (payload["actions"]?.arrayValue ?? []).prefix(25).compactMap { action in
            guard action["action_id"]?.stringValue?.hasPrefix(SlackBlocks.actionPrefix) == true,
                let command = action["value"]?.stringValue, !command.isEmpty
            else { return nil }
            let stamp = Self.stamp(action["action_ts"])
            let choice = Choice(
                target: MessageReference(room: self.room(channel), id: ts), sender: sender, kind: .button(command),
                sentAt: SlackTimestamp.milliseconds(stamp) ?? 0)
            return .other(.choice(choice), id: "pressed:\(channel)/\(ts)/\(user)/\(stamp)")
        }
    }
}
