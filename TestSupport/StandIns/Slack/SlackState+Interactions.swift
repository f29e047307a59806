internal import JSON

/// A person pressed a button, entered a command or submitted a form, and the app's answer.
struct SlackInteraction {
    var channel: String
    var user: String
    /// The message that the button belongs to.
    var message: String?
    var thread: String?
    /// The submitted view.
    var view: String?
    var end: Double
    var uses = 0
    var triggerEnd: Double
    var isTriggerUsed = false
    var outcome = LoopbackSlack.Outcome()
}

extension SlackState {
    // MARK: People

    /// A person presses a button of a message; nil when it has no such button.
    mutating func press(_ label: String, of ts: String, in id: String, as user: String) -> String? {
        guard let channel = self.channels[id], let message = channel[ts],
            let button = LoopbackSlack.Shown(message).buttons.first(where: { $0.label == label || $0.actionID == label }
            )
        else { return nil }
        let key = self.interaction(in: id, as: user, message: ts, thread: message.threadTS)
        var container: JSONObject = [
            "type": "message", "message_ts": .string(ts), "channel_id": .string(id), "is_ephemeral": false,
        ]
        if let thread = message.threadTS { container["thread_ts"] = .string(thread) }
        let payload: JSON = [
            "type": "block_actions", "user": self.userReference(user), "api_app_id": .string(self.settings.appID),
            "token": "loopback", "container": .object(container), "trigger_id": .string(key),
            "team": ["id": .string(self.settings.teamID), "domain": "loopback"], "enterprise": .null,
            "is_enterprise_install": false,
            "channel": ["id": .string(id), "name": .string(channel.kind == .direct ? "directmessage" : channel.name)],
            "message": .object(self.json(message, in: channel, withMetadata: true)), "state": ["values": [:]],
            "response_url": .string("\(self.baseURL)/actions/\(key)"),
            "actions": [
                [
                    "type": "button", "action_id": .string(button.actionID), "block_id": .string(button.blockID),
                    "value": .string(button.value),
                    "text": ["type": "plain_text", "text": .string(button.label), "emoji": true],
                    "action_ts": .string(self.stamp()),
                ]
            ],
        ]
        self.tell("interactive", payload, interaction: key)
        return key
    }

    /// A person enters a slash command; nil when the app has no such command. Threads do not support them.
    mutating func slash(_ command: String, _ text: String, in id: String, as user: String) -> String? {
        guard self.settings.commands.contains(command), self.settings.scopes.contains("commands"),
            let channel = self.channels[id]
        else { return nil }
        let key = self.interaction(in: id, as: user, message: nil, thread: nil)
        self.tell(
            "slash_commands",
            [
                "token": "loopback", "team_id": .string(self.settings.teamID), "team_domain": "loopback",
                "channel_id": .string(id),
                "channel_name": .string(channel.kind == .direct ? "directmessage" : channel.name),
                "user_id": .string(user), "user_name": .string(self.users[user]?.name ?? ""),
                "command": .string(command), "text": .string(text), "api_app_id": .string(self.settings.appID),
                "is_enterprise_install": "false", "response_url": .string("\(self.baseURL)/commands/\(key)"),
                "trigger_id": .string(key),
            ], interaction: key)
        return key
    }

    /// A person submits the form of an open view; nil when it is closed, or Slack's client does not let them.
    mutating func submit(_ viewID: String, _ values: JSON) -> String? {
        guard let view = self.views[viewID], let user = view["user"]?.stringValue,
            SlackViewCheck.isSubmittable(values, in: view["view"] ?? .null)
        else { return nil }
        let key = self.interaction(in: "", as: user, message: nil, thread: nil)
        self.interactions[key]?.view = viewID
        guard var sent = view["view"]?.objectValue else { return nil }
        sent["state"] = ["values": values]
        self.tell(
            "interactive",
            [
                "type": "view_submission", "team": ["id": .string(self.settings.teamID), "domain": "loopback"],
                "user": self.userReference(user), "api_app_id": .string(self.settings.appID), "token": "loopback",
                "trigger_id": .string(key), "view": .object(sent), "response_urls": [],
            ], interaction: key)
        return key
    }

    private mutating func interaction(
        in channel: String, as user: String, message: String?, thread: String?
    ) -> String {
        let key = self.identifier("trigger-")
        self.interactions[key] = SlackInteraction(
            channel: channel, user: user, message: message, thread: thread,
            end: self.now + self.settings.responseURLSeconds, triggerEnd: self.now + self.settings.triggerSeconds)
        if self.interactions.count > 5_000 {
            for key in self.interactions.keys.sorted().prefix(2_500) { self.interactions[key] = nil }
        }
        return key
    }

    private mutating func tell(_ type: String, _ payload: JSON, interaction: String) {
        self.delivery.add(
            SlackDelivery.Item(
                type: type, payload: payload, eventID: nil, acceptsPayload: true, interaction: interaction),
            now: self.now)
    }

    /// With the name of the login, which is not what people are shown.
    private func userReference(_ user: String) -> JSON {
        let name = self.users[user].map { "\($0.name).login" } ?? user
        return [
            "id": .string(user), "username": .string(name), "name": .string(name),
            "team_id": .string(self.users[user]?.teamID ?? self.settings.teamID),
        ]
    }

    // MARK: The app's answers

    /// The app acknowledged it, possibly with a payload.
    mutating func acknowledged(_ item: SlackDelivery.Item, payload: JSON?) {
        guard let key = item.interaction else { return }
        self.interactions[key]?.outcome.isAcknowledged = true
        // An acknowledged form closes, unless the acknowledgement says what is wrong with it.
        if let view = self.interactions[key]?.view, payload?["response_action"] != "errors" { self.views[view] = nil }
        guard let payload, payload.objectValue?.isEmpty == false else { return }
        self.interactions[key]?.outcome.answers.append(payload)
        if item.type == "slash_commands" { _ = self.respond(payload, to: key) }
    }

    /// A POST to a response URL; returns status and text of the answer.
    mutating func response(_ path: String, _ bytes: [UInt8]) -> (Int, String) {
        let key = String(path.split(separator: "/").last ?? "")
        guard var interaction = self.interactions[key] else { return (404, "no_url") }
        guard interaction.end > self.now else { return (404, "expired_url") }
        guard interaction.uses < self.settings.responseURLUses else { return (404, "used_url") }
        guard let payload = try? JSON.parse(bytes), payload.objectValue != nil else { return (500, "invalid_payload") }
        interaction.uses += 1
        interaction.outcome.answers.append(payload)
        self.interactions[key] = interaction
        return self.respond(payload, to: key)
    }

    private mutating func respond(_ payload: JSON, to key: String) -> (Int, String) {
        guard let interaction = self.interactions[key], !interaction.channel.isEmpty else { return (200, "ok") }
        if payload["delete_original"] == true {
            if let ts = interaction.message { self.delete(ts, in: interaction.channel) }
            return (200, "ok")
        }
        var content = SlackContent()
        content.text = payload["text"]?.stringValue
        do throws(SlackRefusal) {
            if let blocks = payload["blocks"] { content.blocks = try SlackBlockCheck.checked(blocks) }
        } catch {
            return (400, error.error)
        }
        guard content.text != nil || content.blocks != nil else { return (400, "no_text") }
        if payload["replace_original"] == true, let ts = interaction.message,
            let channel = self.channels[interaction.channel], var message = channel[ts]
        {
            let before = message
            self.fill(&message, with: content)
            message.updates += 1
            self.channels[interaction.channel]?[ts] = message
            self.emitChanged(message, before: before, in: channel)
            return (200, "ok")
        }
        var message = self.message(content)
        message.threadTS = payload["thread_ts"]?.stringValue ?? interaction.thread
        let pings = SlackPings.find(in: content.text ?? "") + SlackPings.find(in: .array(content.blocks ?? []))
        self.note(pings: pings, ts: message.ts, channel: interaction.channel)
        if payload["response_type"] == "in_channel" {
            self.store(message, in: interaction.channel)
        } else {
            message.onlyFor = interaction.user
            self.keepEphemeral(message, in: interaction.channel)
        }
        return (200, "ok")
    }

    // MARK: Views

    mutating func openView(_ call: SlackCall) throws(SlackRefusal) -> JSONObject {
        let trigger = try call.required("trigger_id")
        guard let interaction = self.interactions[trigger] else { throw SlackRefusal("invalid_trigger_id") }
        guard interaction.triggerEnd > self.now else { throw SlackRefusal("expired_trigger_id") }
        guard !interaction.isTriggerUsed else { throw SlackRefusal("exchanged_trigger_id") }
        guard let view = try call.nested("view", refusal: "invalid_arguments"), var object = view.objectValue else {
            throw SlackRefusal("invalid_arguments", messages: ["failed to match all allowed schemas"])
        }
        try SlackViewCheck.check(view)
        self.interactions[trigger]?.isTriggerUsed = true
        let id = self.identifier("V")
        object["id"] = .string(id)
        object["team_id"] = .string(self.settings.teamID)
        self.views[id] = ["user": .string(interaction.user), "view": .object(object)]
        return ["view": .object(object)]
    }
}
