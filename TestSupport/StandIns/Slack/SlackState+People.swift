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

    /// A person's message with files; returns the ts.
    mutating func upload(
        _ uploads: [LoopbackSlack.Upload], text: String, as user: String, in channel: String, thread: String?
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
        self.place(message, in: channel)
        return message.ts
    }

    /// The rich text of a message, reduced to mentions and the text between them.
    private static func richText(_ text: String) -> JSON {
        var elements: [JSON] = []
        var rest = text[...]
        while let start = rest.utf8.firstRange(of: Array("<@".utf8))?.lowerBound,
            let end = rest[start...].firstIndex(of: ">")
        {
            if start > rest.startIndex {
                elements.append(["type": "text", "text": .string(Self.plain(rest[..<start]))])
            }
            let name = rest[start..<end].dropFirst(2)
            elements.append(["type": "user", "user_id": .string(String(name))])
            rest = rest[rest.index(after: end)...]
        }
        if !rest.isEmpty { elements.append(["type": "text", "text": .string(Self.plain(rest))]) }
        return [
            "type": "rich_text", "block_id": "person",
            "elements": [["type": "rich_text_section", "elements": .array(elements)]],
        ]
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
