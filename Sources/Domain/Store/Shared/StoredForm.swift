package import Chat
package import JSON

/// Values of the chat vocabulary as JSON text in the tables. Absent values are omitted.
package enum StoredForm {
    package struct Malformed: Error, CustomStringConvertible {
        let what: String
        package var description: String { "the stored \(self.what) cannot be read" }

        package init(what: String) { self.what = what }
    }

    package static func text(of route: Route) -> String { Self.json(route).text }

    package static func route(from text: String) throws -> Route { try Self.route(try Self.parse(text)) }

    package static func text(of sender: Sender) -> String { Self.json(sender).text }

    package static func sender(from text: String) throws -> Sender { try Self.sender(try Self.parse(text)) }

    package static func text(of message: InboundMessage) -> String {
        var json: JSONObject = [
            "adapter": .string(message.thread.adapter.rawValue), "thread": .string(message.thread.value),
            "route": Self.json(message.route), "sender": Self.json(message.sender), "text": .string(message.text),
            "sentAt": .integer(message.sentAt), "isDirect": .bool(message.isDirect),
            "isAddressed": .bool(message.isAddressed), "isBacklog": .bool(message.isBacklog),
        ]
        // Rows of earlier releases have none of these.
        json["isMention"] = .bool(message.isMention)
        if message.isReply { json["isReply"] = true }
        if message.mentionsOthers { json["mentionsOthers"] = true }
        if message.isThreaded { json["isThreaded"] = true }
        if message.isChosen { json["isChosen"] = true }
        if message.isStop { json["isStop"] = true }
        if !message.attachments.isEmpty { json["attachments"] = Self.json(message.attachments) }
        if !message.enclosed.isEmpty { json["enclosed"] = Self.json(message.enclosed) }
        if let id = message.repliesTo { json["repliesTo"] = .string(id) }
        if let via = message.via { json["via"] = .string(via) }
        if let number = message.replaces { json["replaces"] = .integer(number) }
        return JSON.object(json).text
    }

    package static func message(from text: String) throws -> InboundMessage {
        let json = try Self.parse(text)
        guard let adapter = json["adapter"]?.stringValue, let thread = json["thread"]?.stringValue,
            let body = json["text"]?.stringValue, let sentAt = json["sentAt"]?.intValue,
            let route = json["route"], let sender = json["sender"]
        else { throw Malformed(what: "message") }
        var message = InboundMessage(
            thread: ThreadKey(adapter: AdapterID(adapter), value: thread), route: try Self.route(route),
            sender: try Self.sender(sender), text: body, sentAt: Int64(sentAt),
            isDirect: json["isDirect"]?.boolValue ?? false, isAddressed: json["isAddressed"]?.boolValue ?? false,
            isMention: json["isMention"]?.boolValue, isReply: json["isReply"]?.boolValue ?? false,
            mentionsOthers: json["mentionsOthers"]?.boolValue ?? false,
            isThreaded: json["isThreaded"]?.boolValue ?? false, isBacklog: json["isBacklog"]?.boolValue ?? false,
            isChosen: json["isChosen"]?.boolValue ?? false, isStop: json["isStop"]?.boolValue ?? false,
            attachments: try Self.attachments(json["attachments"]), enclosed: try Self.said(json["enclosed"]),
            repliesTo: json["repliesTo"]?.stringValue)
        message.via = json["via"]?.stringValue
        message.replaces = json["replaces"]?.intValue.map(Int64.init)
        return message
    }

    /// Nil for none, so that a column stays empty.
    package static func text(of attachments: [Attachment]) -> String? {
        attachments.isEmpty ? nil : Self.json(attachments).text
    }

    package static func attachments(from text: String?) throws -> [Attachment] {
        try Self.attachments(text.map { try Self.parse($0) })
    }

    /// What a turn keeps of its attachments once they are fetched; nil for nothing.
    package static func text(of images: [SentImage], _ files: [SentFile] = []) -> String? {
        guard !images.isEmpty || !files.isEmpty else { return nil }
        let list = images.map { image -> JSON in
            [
                "file": .string(image.file), "name": .string(image.name), "type": .string(image.mediaType),
                "size": JSON(image.size), "width": image.width.map { JSON($0) } ?? .null,
                "height": image.height.map { JSON($0) } ?? .null,
            ]
        }
        let kept = files.map { file -> JSON in
            [
                "number": JSON(file.number), "file": file.file.map { .string($0) } ?? .null, "name": .string(file.name),
                "type": file.mediaType.map { .string($0) } ?? .null, "size": file.size.map { JSON($0) } ?? .null,
            ]
        }
        return JSON.object(["images": .array(list), "files": .array(kept)]).text
    }

    /// The files in a turn's attachments; older releases kept the images alone.
    package static func files(from text: String?) throws -> [SentFile] {
        guard let text, text.hasPrefix("{") else { return [] }
        return try (try Self.parse(text)["files"]?.arrayValue ?? []).map { json in
            guard let number = json["number"]?.intValue, let name = json["name"]?.stringValue else {
                throw Malformed(what: "file")
            }
            return SentFile(
                number: number, file: json["file"]?.stringValue, name: name, mediaType: json["type"]?.stringValue,
                size: json["size"]?.intValue)
        }
    }

    /// The images in a turn's attachments; those that are still to be fetched are a list instead.
    package static func images(from text: String?) throws -> [SentImage] {
        guard let text, text.hasPrefix("{") else { return [] }
        return try (try Self.parse(text)["images"]?.arrayValue ?? []).map { json in
            guard let file = json["file"]?.stringValue, let name = json["name"]?.stringValue,
                let type = json["type"]?.stringValue, let size = json["size"]?.intValue
            else { throw Malformed(what: "image") }
            return SentImage(
                file: file, name: name, mediaType: type, size: size, width: json["width"]?.intValue,
                height: json["height"]?.intValue)
        }
    }

    /// Nil for none, so that a column stays empty.
    package static func text(of buttons: [MessageButton]) -> String? {
        if buttons.isEmpty { return nil }
        return JSON.array(
            buttons.map { button in
                let parts = [button.label, button.command, button.style.rawValue] + (button.prompt.map { [$0] } ?? [])
                return .array(parts.map { .string($0) })
            }
        ).text
    }

    package static func buttons(from text: String?) throws -> [MessageButton] {
        guard let text else { return [] }
        return try (try Self.parse(text).arrayValue ?? []).map { json in
            guard let label = json[0]?.stringValue, let command = json[1]?.stringValue else {
                throw Malformed(what: "button")
            }
            let style = json[2]?.stringValue.flatMap { MessageButton.Style(rawValue: $0) } ?? .plain
            return MessageButton(label: label, command: command, style: style, prompt: json[3]?.stringValue)
        }
    }

    package static func parse(_ text: String) throws -> JSON {
        try JSON.parse(Array(text.utf8))
    }

    static func json(_ attachments: [Attachment]) -> JSON {
        .array(
            attachments.map { attachment in
                var json: JSONObject = ["id": .string(attachment.id), "name": .string(attachment.name)]
                if let type = attachment.mediaType { json["type"] = .string(type) }
                if let size = attachment.size { json["size"] = JSON(size) }
                if attachment.isVoice { json["voice"] = true }
                return .object(json)
            })
    }

    static func attachments(_ json: JSON?) throws -> [Attachment] {
        try (json?.arrayValue ?? []).map { json in
            guard let id = json["id"]?.stringValue, let name = json["name"]?.stringValue else {
                throw Malformed(what: "attachment")
            }
            return Attachment(
                id: id, name: name, mediaType: json["type"]?.stringValue, size: json["size"]?.intValue.map { Int($0) },
                isVoice: json["voice"]?.boolValue ?? false)
        }
    }

    private static func json(_ route: Route) -> JSON {
        var json: JSONObject = ["adapter": .string(route.room.adapter.rawValue), "room": .string(route.room.name)]
        if let anchor = route.anchor { json["anchor"] = .string(anchor) }
        if let addressee = route.addressee { json["addressee"] = .string(addressee) }
        if let replyTo = route.replyTo { json["replyTo"] = .string(replyTo) }
        if let recipient = route.recipient { json["recipient"] = .string(recipient) }
        if let prefix = route.commandPrefix { json["commandPrefix"] = .string(prefix) }
        if !route.mentions.isEmpty { json["mentions"] = .array(route.mentions.map(Self.json)) }
        return .object(json)
    }

    private static func route(_ json: JSON) throws -> Route {
        guard let adapter = json["adapter"]?.stringValue, let room = json["room"]?.stringValue else {
            throw Malformed(what: "route")
        }
        return Route(
            room: RoomID(adapter: AdapterID(adapter), name: room), anchor: json["anchor"]?.stringValue,
            addressee: json["addressee"]?.stringValue, replyTo: json["replyTo"]?.stringValue,
            recipient: json["recipient"]?.stringValue, commandPrefix: json["commandPrefix"]?.stringValue,
            mentions: (json["mentions"]?.arrayValue ?? []).compactMap { mention in
                mention["person"]?.stringValue.map { Mention(person: $0, name: mention["name"]?.stringValue) }
            })
    }

    private static func json(_ mention: Mention) -> JSON {
        var json: JSONObject = ["person": .string(mention.person)]
        if let name = mention.name { json["name"] = .string(name) }
        return .object(json)
    }

    package static func json(_ sender: Sender) -> JSON {
        [
            "id": .string(sender.id), "name": .string(sender.displayName), "isBot": .bool(sender.isBot),
            "isSelf": .bool(sender.isSelf), "isLasting": .bool(sender.isLasting),
            "identities": .array(
                sender.identities.map { .array([.string($0.value), .string($0.comparison.rawValue)]) }),
        ]
    }

    package static func sender(_ json: JSON) throws -> Sender {
        guard let id = json["id"]?.stringValue, let name = json["name"]?.stringValue else {
            throw Malformed(what: "sender")
        }
        let identities = (json["identities"]?.arrayValue ?? []).compactMap { pair -> Identity? in
            guard let value = pair[0]?.stringValue else { return nil }
            return Identity(
                value, comparison: pair[1]?.stringValue.flatMap { Identity.Comparison(rawValue: $0) } ?? .exact)
        }
        return Sender(
            id: id, identities: identities, displayName: name, isBot: json["isBot"]?.boolValue ?? false,
            isSelf: json["isSelf"]?.boolValue ?? false, isLasting: json["isLasting"]?.boolValue ?? true)
    }
}
