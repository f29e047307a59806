internal import JSON

extension SlackState {
    /// Sends the app an event if it is subscribed; `name` is the subscription's.
    mutating func emit(_ name: String, _ event: JSONObject) {
        guard self.settings.events.contains(name), !self.isRevoked else { return }
        let id = self.identifier("Ev")
        var event = event
        if event["event_ts"] == nil { event["event_ts"] = .string(self.stamp()) }
        let payload: JSON = [
            "token": "loopback", "team_id": .string(self.settings.teamID),
            "api_app_id": .string(self.settings.appID), "event": .object(event), "type": "event_callback",
            "event_id": .string(id), "event_time": JSON(Int(self.now)),
            "authorizations": [
                [
                    "enterprise_id": .null, "team_id": .string(self.settings.teamID),
                    "user_id": .string(Self.botUser), "is_bot": true, "is_enterprise_install": false,
                ]
            ],
            "is_ext_shared_channel": false, "event_context": .string("4-" + id),
        ]
        self.delivery.add(
            SlackDelivery.Item(type: "events_api", payload: payload, eventID: id), now: self.now)
    }

    /// Sends an event about a message if the app is in the channel.
    mutating func emitMessage(_ event: JSONObject, in channel: SlackChannel) {
        guard channel.members.contains(Self.botUser) else { return }
        var event = event
        event["type"] = "message"
        event["channel"] = .string(channel.id)
        event["channel_type"] = .string(channel.kind.rawValue)
        let name =
            switch channel.kind {
            case .open: "message.channels"
            case .closed: "message.groups"
            case .direct: "message.im"
            case .group: "message.mpim"
            }
        self.emit(name, event)
    }

    /// A new message sends up to three events: the message, `app_mention` if it mentions the bot, and the update of its
    /// thread's root.
    mutating func emitNew(_ message: SlackMessage, in channel: SlackChannel) {
        var event = self.json(message, in: channel, isEvent: true)
        event["event_ts"] = .string(message.ts)
        self.emitMessage(event, in: channel)
        if message.botID == nil, channel.kind != .direct, message.subtype != "me_message",
            message.text.contains("<@\(Self.botUser)>"),
            channel.members.contains(Self.botUser) || channel.kind == .open
        {
            var mention = event
            mention["type"] = "app_mention"
            mention["channel"] = .string(channel.id)
            mention["subtype"] = nil
            self.emit("app_mention", mention)
        }
        if message.isReply, self.settings.tellsThreadUpdates, let root = message.threadTS.flatMap({ channel[$0] }) {
            self.emitChanged(root, before: root, in: channel)
        }
    }

    /// `message_changed`, even if the change is invisible.
    mutating func emitChanged(_ message: SlackMessage, before: SlackMessage, in channel: SlackChannel) {
        self.emitMessage(
            [
                "subtype": "message_changed", "hidden": true,
                "message": .object(self.json(message, in: channel)),
                "previous_message": .object(self.json(before, in: channel)), "ts": .string(self.stamp()),
            ], in: channel)
    }

    mutating func emitDeleted(_ message: SlackMessage, in channel: SlackChannel) {
        self.emitMessage(
            [
                "subtype": "message_deleted", "hidden": true, "deleted_ts": .string(message.ts),
                "previous_message": .object(self.json(message, in: channel)), "ts": .string(self.stamp()),
            ], in: channel)
    }

    /// A message as the API and the events represent it.
    func json(
        _ message: SlackMessage, in channel: SlackChannel, isEvent: Bool = false, withMetadata: Bool = false
    ) -> JSONObject {
        var json: JSONObject = [
            "type": "message", "user": .string(message.user), "text": .string(message.text),
            "ts": .string(message.ts), "team": .string(self.users[message.user]?.teamID ?? self.settings.teamID),
        ]
        if let subtype = message.subtype { json["subtype"] = .string(subtype) }
        if let botID = message.botID {
            json["bot_id"] = .string(botID)
            json["app_id"] = .string(botID == Self.botID ? self.settings.appID : "A0OTHERAPP")
            json["bot_profile"] = ["id": .string(botID), "name": .string(self.users[message.user]?.name ?? "bot")]
        }
        if message.botID == nil, message.subtype == nil {
            json["client_msg_id"] = .string("c11e0000-0000-4000-8000-" + message.ts.filter { $0 != "." }.suffix(12))
        }
        if !message.blocks.isEmpty { json["blocks"] = .array(message.blocks) }
        if !message.attachments.isEmpty { json["attachments"] = .array(message.attachments) }
        if let edited = message.editedTS, let user = message.editedBy {
            json["edited"] = ["user": .string(user), "ts": .string(edited)]
        }
        if message.isStreaming { json["streaming_state"] = "in_progress" }
        self.addThread(of: message, in: channel, isEvent: isEvent, to: &json)
        if !message.files.isEmpty { json["files"] = .array(message.files.map { self.fileJSON($0) }) }
        if !isEvent, !message.reactions.isEmpty {
            json["reactions"] = .array(
                message.reactions.map {
                    [
                        "name": .string($0.name), "users": .array($0.users.map { .string($0) }),
                        "count": JSON($0.users.count),
                    ]
                })
        }
        if let metadata = message.metadata {
            json["metadata"] = withMetadata ? metadata : ["event_type": metadata["event_type"] ?? ""]
        }
        return json
    }

    private func addThread(
        of message: SlackMessage, in channel: SlackChannel, isEvent: Bool, to json: inout JSONObject
    ) {
        if message.isReply, let root = message.threadTS {
            json["thread_ts"] = .string(root)
            json["parent_user_id"] = .string(channel[root]?.user ?? "USLACKBOT")
        } else if !isEvent, let replies = channel.replies[message.ts], !replies.isEmpty {
            json["thread_ts"] = .string(message.ts)
            json["reply_count"] = JSON(replies.count)
            json["latest_reply"] = .string(replies[replies.count - 1])
        } else if message.threadTS == message.ts {
            json["thread_ts"] = .string(message.ts)
        }
    }

}
