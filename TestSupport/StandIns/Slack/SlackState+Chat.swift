internal import JSON

/// The checked content of a post or an edit.
struct SlackContent {
    var text: String?
    var blocks: [JSON]?
    var attachments: [JSON]?
    var markdown: String?
    var metadata: JSON?
}

extension SlackState {
    /// The channel, if the bot may see it.
    func channel(_ id: String) throws(SlackRefusal) -> SlackChannel {
        guard let channel = self.channels[id] else { throw SlackRefusal("channel_not_found") }
        let isMember = channel.members.contains(Self.botUser)
        guard isMember || channel.kind == .open else { throw SlackRefusal("channel_not_found") }
        return channel
    }

    // MARK: Posting

    mutating func postMessage(_ call: SlackCall) throws(SlackRefusal) -> JSONObject {
        let id = try self.target(try call.required("channel"))
        let channel = try self.writable(id, needsMembership: !self.settings.scopes.contains("chat:write.public"))
        let content = try self.content(call, textLimit: nil)
        guard
            content.text?.isEmpty == false || content.blocks?.isEmpty == false || content.attachments?.isEmpty == false
                || content.markdown?.isEmpty == false
        else { throw SlackRefusal("no_text") }
        var message = self.message(content)
        if let thread = call.text("thread_ts") {
            message.threadTS = try self.root(thread, in: channel)
            if call.flag("reply_broadcast") { message.subtype = "thread_broadcast" }
        }
        message.isUnfurling = !["false", "0"].contains(call.arguments["unfurl_links"]?.text ?? "true")
        self.notePings(content, ts: message.ts, channel: id, call: call)
        self.store(message, in: id)
        return [
            "channel": .string(id), "ts": .string(message.ts),
            "message": .object(self.json(message, in: channel, withMetadata: true)),
        ]
    }

    /// A channel's id, from an id, a name or a user.
    private mutating func target(_ name: String) throws(SlackRefusal) -> String {
        if self.channels[name] != nil { return name }
        if self.users[name] != nil { return self.directChannel(with: name) }
        let plain = name.hasPrefix("#") ? String(name.dropFirst()) : name
        guard let channel = self.channels.values.first(where: { $0.name == plain && $0.kind != .direct }) else {
            throw SlackRefusal("channel_not_found")
        }
        return channel.id
    }

    func writable(_ id: String, needsMembership: Bool = true) throws(SlackRefusal) -> SlackChannel {
        let channel = try self.channel(id)
        guard !channel.isArchived else { throw SlackRefusal("is_archived") }
        guard !needsMembership || channel.members.contains(Self.botUser) else { throw SlackRefusal("not_in_channel") }
        return channel
    }

    /// The root of a thread; a reply is not a root.
    func root(_ ts: String, in channel: SlackChannel) throws(SlackRefusal) -> String {
        guard let message = channel[ts], !message.isReply else { throw SlackRefusal("thread_not_found") }
        return ts
    }

    /// Creates the bot's message.
    mutating func message(_ content: SlackContent) -> SlackMessage {
        var message = SlackMessage(ts: self.stamp(), user: Self.botUser, botID: Self.botID, text: "")
        self.fill(&message, with: content)
        return message
    }

    /// Replaces the given parts; the rest stays.
    func fill(_ message: inout SlackMessage, with content: SlackContent) {
        if let text = content.text { message.text = text }
        if let blocks = content.blocks {
            message.blocks = blocks
            message.markdown = nil
            if content.text == nil { message.text = "This content can't be displayed." }
        }
        if let attachments = content.attachments { message.attachments = attachments }
        if let markdown = content.markdown {
            message.markdown = markdown
            message.text = markdown
            message.blocks = []
        }
        if let metadata = content.metadata { message.metadata = metadata }
    }

    /// Stores a new message in its channel and sends its events.
    mutating func store(_ message: SlackMessage, in id: String) {
        self.channels[id]?[message.ts] = message
        self.channels[id]?.messages.forget(keeping: self.settings.keptMessages)
        if message.botID == Self.botID, let thread = message.threadTS { self.channels[id]?.statuses[thread] = nil }
        if let channel = self.channels[id] { self.emitNew(message, in: channel) }
    }

    // MARK: Editing and deleting

    mutating func updateMessage(_ call: SlackCall) throws(SlackRefusal) -> JSONObject {
        let (channel, message) = try self.own(call, refusal: "cant_update_message")
        if message.isStreaming { throw SlackRefusal("streaming_state_conflict") }
        let content = try self.content(call, textLimit: 4_000)
        guard content.text != nil || content.blocks != nil || content.attachments != nil || content.markdown != nil
        else { throw SlackRefusal("no_text") }
        var changed = message
        self.fill(&changed, with: content)
        changed.stream = nil
        changed.updates += 1
        changed.editedBy = Self.botUser
        changed.editedTS = self.stamp()
        self.channels[channel.id]?[message.ts] = changed
        self.notePings(content, ts: message.ts, channel: channel.id, call: call)
        self.emitChanged(changed, before: message, in: channel)
        return [
            "channel": .string(channel.id), "ts": .string(message.ts), "text": .string(changed.text),
            "message": .object(self.json(changed, in: channel, withMetadata: true)),
        ]
    }

    mutating func deleteMessage(_ call: SlackCall) throws(SlackRefusal) -> JSONObject {
        let (channel, message) = try self.own(call, refusal: "cant_delete_message")
        self.remove(message, in: channel)
        return ["channel": .string(channel.id), "ts": .string(message.ts)]
    }

    /// Removes a message; a root with replies leaves a tombstone.
    mutating func remove(_ message: SlackMessage, in channel: SlackChannel) {
        if channel.replies[message.ts]?.isEmpty == false {
            var tombstone = SlackMessage(
                ts: message.ts, user: "USLACKBOT", subtype: "tombstone", text: "This message was deleted.")
            tombstone.threadTS = message.threadTS
            self.channels[channel.id]?[message.ts] = tombstone
        } else {
            self.channels[channel.id]?[message.ts] = nil
        }
        self.emitDeleted(message, in: channel)
    }

    /// One of the bot's messages.
    func own(_ call: SlackCall, refusal: String) throws(SlackRefusal) -> (SlackChannel, SlackMessage) {
        let channel = try self.channel(try call.required("channel"))
        guard !channel.isArchived else { throw SlackRefusal("is_inactive") }
        guard let message = channel[try call.required("ts")] else { throw SlackRefusal("message_not_found") }
        guard message.botID == Self.botID, message.subtype != "tombstone" else { throw SlackRefusal(refusal) }
        return (channel, message)
    }

    // MARK: Others

    mutating func keepEphemeral(_ message: SlackMessage, in channel: String) {
        self.ephemerals.append((channel, message))
        if self.ephemerals.count > 1_000 { self.ephemerals.removeFirst(500) }
    }

    mutating func notePings(_ content: SlackContent, ts: String, channel: String, call: SlackCall) {
        var found = SlackPings.find(in: content.text ?? "") + SlackPings.find(in: content.markdown ?? "")
        found += SlackPings.find(in: .array(content.blocks ?? []))
        found += SlackPings.find(in: .array(content.attachments ?? []))
        if call.flag("link_names") || call.text("parse") == "full" {
            found += SlackPings.findNames(in: content.text ?? "", users: self.users.values.map(\.name))
        }
        self.note(pings: found, ts: ts, channel: channel)
    }

    mutating func note(pings: [String], ts: String, channel: String) {
        guard self.pings.count < 10_000 else { return }
        self.pings += pings.map { Ping(mention: $0, channel: channel, ts: ts) }
    }
}

extension JSON {
    /// A scalar as a form encodes it.
    fileprivate var text: String {
        switch self {
        case .string(let value): value
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        default: ""
        }
    }
}
