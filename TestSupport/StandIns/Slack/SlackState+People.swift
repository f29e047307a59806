internal import JSON

/// People's actions.
extension SlackState {
    /// Typed text as it is sent: the three characters are escaped, tokens in angle brackets stay.
    static func wire(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let character = rest.first {
            if character == "<", let end = rest.firstIndex(of: ">"),
                let second = rest.dropFirst().first, "@#!".contains(second) || rest.dropFirst().hasPrefix("http")
            {
                result += rest[...end]
                rest = rest[rest.index(after: end)...]
                continue
            }
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            default: result.append(character)
            }
            rest = rest.dropFirst()
        }
        return result
    }

    /// A message from a person or another bot; returns the ts.
    mutating func say(
        _ text: String, as user: String, in channel: String, thread: String?, subtype: String? = nil,
        botID: String? = nil
    ) -> String {
        var message = SlackMessage(ts: self.stamp(), user: user, botID: botID, text: Self.wire(text))
        message.threadTS = thread
        message.subtype = subtype
        message.blocks = [Self.richText(message.text)]
        self.store(message, in: channel)
        return message.ts
    }

    /// A person shares another message; returns the ts of the new one. What is shared is in an attachment, as Slack has it.
    mutating func share(
        _ shared: String, of origin: String, saying text: String, as user: String, in channel: String, thread: String?
    ) -> String {
        var message = SlackMessage(ts: self.stamp(), user: user, text: Self.wire(text))
        message.threadTS = thread
        if !text.isEmpty { message.blocks = [Self.richText(message.text)] }
        if let place = self.channels[origin], let original = place[shared] {
            let name = self.users[original.user]?.name ?? ""
            let link = "https://loopback.slack.com/archives/\(origin)/p\(shared.filter { $0 != "." })"
            message.attachments = [
                [
                    "id": 1, "is_share": true, "is_msg_unfurl": true, "ts": .string(shared),
                    "channel_id": .string(origin), "channel_team": .string(self.settings.teamID),
                    "author_id": .string(original.user), "author_name": .string(name),
                    "author_subname": .string(name), "text": .string(original.text),
                    "fallback": .string("\(name): \(original.text)"), "footer": "Slack Conversation",
                    "from_url": .string(link),
                    "message_blocks": [
                        [
                            "team": .string(self.settings.teamID), "channel": .string(origin), "ts": .string(shared),
                            "message": ["blocks": .array(original.blocks)],
                        ]
                    ],
                    "files": .array(original.files.map { self.fileJSON($0) }), "mrkdwn_in": ["text"],
                ]
            ]
        }
        self.store(message, in: channel)
        return message.ts
    }

    /// A person's message with files; returns the ts.
    mutating func upload(
        _ uploads: [LoopbackSlack.Upload], text: String, as user: String, in channel: String, thread: String?,
        news: LoopbackSlack.FileNews = .whole
    ) -> String {
        var message = SlackMessage(ts: self.stamp(), user: user, subtype: "file_share", text: Self.wire(text))
        message.threadTS = thread
        for upload in uploads {
            let id = self.identifier("F")
            var file = SlackFile(
                id: id, name: upload.name, title: upload.name, type: upload.type ?? Self.type(of: upload.name),
                user: user, size: upload.bytes.count)
            file.bytes = upload.bytes
            file.isUploaded = true
            file.isComplete = true
            file.isForeign = upload.isForeign
            self.keep(file)
            message.files.append(id)
        }
        self.place(message, in: channel, news: news)
        return message.ts
    }

    /// The rich text of a message, reduced to mentions and the text between them.
    private static func richText(_ text: String) -> JSON {
        var elements: [JSON] = []
        var rest = text[...]
        while let (start, end, element) = Self.firstMention(in: rest) {
            if start > rest.startIndex {
                elements.append(["type": "text", "text": .string(Self.plain(rest[..<start]))])
            }
            elements.append(element)
            rest = rest[rest.index(after: end)...]
        }
        if !rest.isEmpty { elements.append(["type": "text", "text": .string(Self.plain(rest))]) }
        return [
            "type": "rich_text", "block_id": "person",
            "elements": [["type": "rich_text_section", "elements": .array(elements)]],
        ]
    }

    /// Where a person, channel or group is mentioned first, and its element.
    private static func firstMention(
        in text: Substring
    ) -> (start: Substring.Index, end: Substring.Index, element: JSON)? {
        let kinds = [
            ("<@", "user", "user_id"), ("<#", "channel", "channel_id"), ("<!subteam^", "usergroup", "usergroup_id"),
        ]
        let found = kinds.compactMap { mark, type, member -> (Substring.Index, Substring.Index, JSON)? in
            guard let range = text.utf8.firstRange(of: Array(mark.utf8)),
                let end = text[range.upperBound...].firstIndex(of: ">")
            else { return nil }
            let id = String(text[range.upperBound..<end].prefix { $0 != "|" })
            return (range.lowerBound, end, ["type": .string(type), member: .string(id)])
        }
        return found.min { $0.0 < $1.0 }
    }

    /// Only the `text` field is escaped.
    private static func plain(_ text: Substring) -> String {
        String(text).replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&amp;", with: "&")
    }

    /// A person edits their own message.
    mutating func edit(_ ts: String, in id: String, to text: String) {
        guard let channel = self.channels[id], var message = channel[ts] else { return }
        let before = message
        message.text = Self.wire(text)
        message.blocks = [Self.richText(message.text)]
        message.editedBy = message.user
        message.editedTS = self.stamp()
        self.channels[id]?[ts] = message
        self.emitChanged(message, before: before, in: channel)
    }

    mutating func delete(_ ts: String, in id: String) {
        guard let channel = self.channels[id], let message = channel[ts] else { return }
        self.remove(message, in: channel)
    }

    /// The direct conversation with a user, created if missing.
    mutating func directChannel(with user: String) -> String {
        if let channel = self.channels.values.first(where: { $0.kind == .direct && $0.members.contains(user) }) {
            return channel.id
        }
        let id = self.identifier("D")
        self.channels[id] = SlackChannel(id: id, name: "", kind: .direct, members: [user, Self.botUser])
        return id
    }

    mutating func addChannel(_ name: String, isPrivate: Bool, withBot: Bool) -> String {
        let id = self.identifier("C")
        self.channels[id] = SlackChannel(
            id: id, name: name, kind: isPrivate ? .closed : .open, members: [LoopbackSlack.alice, LoopbackSlack.bob])
        if withBot { self.addMember(Self.botUser, to: id) }
        return id
    }

    /// Drops all messages, files and records.
    mutating func forget() {
        for id in self.channels.keys { self.channels[id]?.forgetAll() }
        (self.files, self.interactions, self.views, self.ephemerals) = ([:], [:], [:], [])
        (self.pings, self.streams, self.shares, self.fileBytes) = ([], [], [], 0)
    }
}
