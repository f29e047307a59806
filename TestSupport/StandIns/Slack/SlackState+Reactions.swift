internal import JSON

extension SlackState {
    mutating func addReaction(_ call: SlackCall) throws(SlackRefusal) -> JSONObject {
        let (channel, message, name) = try self.reaction(call)
        let given = message.reactions.first { $0.name == name }?.users ?? []
        guard !given.contains(Self.botUser) else { throw SlackRefusal("already_reacted") }
        guard message.reactions.filter({ $0.users.contains(Self.botUser) }).count < 23 else {
            throw SlackRefusal("too_many_emoji")
        }
        guard !given.isEmpty || message.reactions.count < 50 else { throw SlackRefusal("too_many_reactions") }
        self.react(name, to: message.ts, in: channel.id, as: Self.botUser)
        return [:]
    }

    mutating func removeReaction(_ call: SlackCall) throws(SlackRefusal) -> JSONObject {
        let (channel, message, name) = try self.reaction(call)
        guard message.reactions.first(where: { $0.name == name })?.users.contains(Self.botUser) == true else {
            throw SlackRefusal("no_reaction")
        }
        self.unreact(name, from: message.ts, in: channel.id, as: Self.botUser)
        return [:]
    }

    private func reaction(
        _ call: SlackCall
    ) throws(SlackRefusal) -> (channel: SlackChannel, message: SlackMessage, name: String) {
        guard let id = call.text("channel"), let ts = call.text("timestamp") else {
            throw SlackRefusal("no_item_specified")
        }
        guard let name = call.text("name"), name.utf8.allSatisfy(Self.isEmojiByte) else {
            throw SlackRefusal("invalid_name")
        }
        let channel = try self.writable(id)
        guard let message = channel[ts] else { throw SlackRefusal("message_not_found") }
        return (channel, message, name)
    }

    /// Names come without colons; a skin tone has two inside.
    private static func isEmojiByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
            UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "'"):
            true
        default: false
        }
    }

    // MARK: Anyone

    mutating func react(_ name: String, to ts: String, in id: String, as user: String) {
        guard var message = self.channels[id]?[ts] else { return }
        if let index = message.reactions.firstIndex(where: { $0.name == name }) {
            guard !message.reactions[index].users.contains(user) else { return }
            message.reactions[index].users.append(user)
        } else {
            message.reactions.append(SlackMessage.Reaction(name: name, users: [user]))
        }
        self.channels[id]?[ts] = message
        self.emitReaction("reaction_added", name, message, in: id, as: user)
    }

    mutating func unreact(_ name: String, from ts: String, in id: String, as user: String) {
        guard var message = self.channels[id]?[ts],
            let index = message.reactions.firstIndex(where: { $0.name == name }),
            message.reactions[index].users.contains(user)
        else { return }
        message.reactions[index].users.removeAll { $0 == user }
        if message.reactions[index].users.isEmpty { message.reactions.remove(at: index) }
        self.channels[id]?[ts] = message
        self.emitReaction("reaction_removed", name, message, in: id, as: user)
    }

    private mutating func emitReaction(
        _ event: String, _ name: String, _ message: SlackMessage, in id: String, as user: String
    ) {
        guard self.channels[id]?.members.contains(Self.botUser) == true,
            self.settings.scopes.contains("reactions:read")
        else { return }
        self.emit(
            event,
            [
                "type": .string(event), "user": .string(user), "reaction": .string(name),
                "item": ["type": "message", "channel": .string(id), "ts": .string(message.ts)],
                "item_user": .string(message.user),
            ])
    }
}
