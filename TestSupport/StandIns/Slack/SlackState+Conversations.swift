internal import JSON

/// The API's channels and people.
extension SlackState {
    mutating func openConversation(_ call: SlackCall) throws(SlackRefusal) -> JSONObject {
        if let id = call.text("channel") {
            return ["channel": .object(self.json(try self.channel(id), call)), "no_op": true, "already_open": true]
        }
        let users = try call.required("users").split(separator: ",").map(String.init)
        for user in users where self.users[user] == nil { throw SlackRefusal("user_not_found") }
        guard users.count < 9 else { throw SlackRefusal("too_many_users") }
        guard users != [Self.botUser] else { throw SlackRefusal("cannot_dm_bot") }
        let id = users.count == 1 ? self.directChannel(with: users[0]) : self.groupChannel(with: users)
        guard call.flag("return_im"), let channel = self.channels[id] else { return ["channel": ["id": .string(id)]] }
        return ["channel": .object(self.json(channel, call))]
    }

    private mutating func groupChannel(with users: [String]) -> String {
        let members = Set(users + [Self.botUser])
        if let channel = self.channels.values.first(where: { $0.kind == .group && Set($0.members) == members }) {
            return channel.id
        }
        let id = self.identifier("G")
        self.channels[id] = SlackChannel(
            id: id, name: "mpdm-" + users.joined(separator: "--"), kind: .group, members: members.sorted())
        return id
    }

    func conversationInfo(_ call: SlackCall) throws(SlackRefusal) -> JSONObject {
        let channel = try self.channel(try call.required("channel"))
        try self.require([Self.scope(of: channel.kind) + ":read"])
        return ["channel": .object(self.json(channel, call))]
    }

    func userGroups() -> JSONObject {
        [
            "usergroups": .array(
                self.groups.sorted { $0.key < $1.key }.map { id, handle in
                    [
                        "id": .string(id), "team_id": .string(self.settings.teamID), "is_usergroup": true,
                        "name": .string("The \(handle)"), "handle": .string(handle), "date_delete": 0,
                    ]
                })
        ]
    }

    /// Those that the bot is a member of.
    func conversations(_ call: SlackCall) throws(SlackRefusal) -> JSONObject {
        let names = [
            "public_channel": SlackChannel.Kind.open, "private_channel": .closed, "im": .direct, "mpim": .group,
        ]
        var kinds: [SlackChannel.Kind] = []
        for name in (call.text("types") ?? "public_channel").split(separator: ",") {
            guard let kind = names[name.filter { $0 != " " }] else { throw SlackRefusal("invalid_types") }
            try self.require([Self.scope(of: kind) + ":read"])
            kinds.append(kind)
        }
        let list = self.channels.values.filter { channel in
            kinds.contains(channel.kind) && !(call.flag("exclude_archived") && channel.isArchived)
                && channel.members.contains(Self.botUser)
        }.sorted { $0.id < $1.id }
        let page = try self.page(list, call)
        return [
            "channels": .array(page.list.map { .object(self.json($0, call)) }), "response_metadata": page.metadata,
        ]
    }

    private func page<Element>(
        _ list: [Element], _ call: SlackCall
    ) throws(SlackRefusal) -> (list: ArraySlice<Element>, metadata: JSON) {
        let limit = call.number("limit") ?? 100
        guard (1...1_000).contains(limit) else { throw SlackRefusal("invalid_limit") }
        let start = try self.start(call, count: list.count)
        let end = min(list.count, start + limit)
        return (list[start..<end], ["next_cursor": .string(end < list.count ? "page:\(end)" : "")])
    }

    private func start(_ call: SlackCall, count: Int) throws(SlackRefusal) -> Int {
        guard let cursor = call.text("cursor") else { return 0 }
        guard cursor.hasPrefix("page:"), let start = Int(cursor.dropFirst(5)), (0...count).contains(start) else {
            throw SlackRefusal("invalid_cursor")
        }
        return start
    }

    func json(_ channel: SlackChannel, _ call: SlackCall) -> JSONObject {
        var json: JSONObject = [
            "id": .string(channel.id), "is_channel": .bool(channel.kind == .open || channel.kind == .closed),
            "is_group": false, "is_im": .bool(channel.kind == .direct), "is_mpim": .bool(channel.kind == .group),
            "is_private": .bool(channel.kind != .open), "is_archived": .bool(channel.isArchived),
            "created": 1_700_000_000, "updated": JSON(Int(self.now)), "context_team_id": .string(self.settings.teamID),
        ]
        if channel.kind == .direct {
            json["user"] = .string(channel.members.first { $0 != Self.botUser } ?? "")
        } else {
            json["name"] = .string(channel.name)
            json["name_normalized"] = .string(channel.name)
            json["is_member"] = .bool(channel.members.contains(Self.botUser))
            json["is_general"] = .bool(channel.id == LoopbackSlack.general)
            json["topic"] = ["value": "", "creator": "", "last_set": 0]
            json["purpose"] = ["value": "", "creator": "", "last_set": 0]
        }
        if call.flag("include_num_members") { json["num_members"] = JSON(channel.members.count) }
        return json
    }

    // MARK: Users

    func userInfo(_ call: SlackCall) throws(SlackRefusal) -> JSONObject {
        guard let user = self.users[try call.required("user")] else { throw SlackRefusal("user_not_found") }
        return ["user": user.json]
    }

    // MARK: Members

    mutating func addMember(_ user: String, to id: String) {
        guard var channel = self.channels[id], !channel.members.contains(user) else { return }
        channel.members.append(user)
        self.channels[id] = channel
        self.emitMember("member_joined_channel", user, in: channel)
    }

    mutating func removeMember(_ user: String, from id: String) {
        guard var channel = self.channels[id], channel.members.contains(user) else { return }
        channel.members.removeAll { $0 == user }
        self.channels[id] = channel
        self.emitMember("member_left_channel", user, in: channel)
    }

    private mutating func emitMember(_ event: String, _ user: String, in channel: SlackChannel) {
        guard channel.members.contains(Self.botUser) || user == Self.botUser else { return }
        self.emit(
            event,
            [
                "type": .string(event), "user": .string(user), "channel": .string(channel.id),
                "channel_type": channel.kind == .open ? "C" : "G", "team": .string(self.settings.teamID),
            ])
    }
}
