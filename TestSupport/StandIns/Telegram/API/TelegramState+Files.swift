internal import JSON

/// Files from the bot and for the bot.
extension TelegramState {
    private static let downloadLimit = 20 << 20
    private static let photoLimit = 10 << 20

    func caption(_ call: TelegramParameters) throws(TelegramRefusal) -> TelegramText {
        let text = try TelegramText.read(call, "caption", entities: "caption_entities")
        guard text.text.unicodeScalars.count <= Self.captionLimit else { throw .bad("message caption is too long") }
        return text
    }

    /// `sendDocument`, `sendPhoto`, ….
    mutating func sendFile(
        _ kind: String, _ call: TelegramParameters, _ now: Double
    ) throws(TelegramRefusal) -> JSON {
        let room = try self.place(call)
        let caption = try self.caption(call)
        let keyboard = try TelegramKeyboard.read(call)
        try self.checkWriting(room, "\(kind)s")
        let media = try self.media(kind, call[kind], call)
        return try self.send(
            call, to: room, text: caption, media: [kind: media], keyboard: keyboard, what: "\(kind)s", now: now)
    }

    mutating func sendMediaGroup(_ call: TelegramParameters, _ now: Double) throws(TelegramRefusal) -> JSON {
        let room = try self.place(call)
        guard let list = try call.structure("media", as: "media")?.arrayValue else {
            throw .bad("can't parse media JSON object")
        }
        guard (2...10).contains(list.count) else { throw .bad("wrong number of media: there must be 2-10 of them") }
        var items: [(kind: String, media: JSON, text: TelegramText)] = []
        for item in list {
            guard let kind = item["type"]?.stringValue, ["photo", "document", "video", "audio"].contains(kind) else {
                throw .bad("can't parse InputMedia: Unsupported type")
            }
            var one = TelegramParameters(item.objectValue ?? JSONObject())
            one.uploads = call.uploads
            items.append((kind, try self.media(kind, item["media"], one), try self.caption(one)))
        }
        let kinds = Set(items.map(\.kind))
        if kinds.count > 1, kinds.contains("document") || kinds.contains("audio") {
            throw .bad("document can't be mixed with other media types")
        }
        let group = "13\(1_000_000_000 + self.number())"
        var sent: [JSON] = []
        for item in items {
            sent.append(
                try self.send(
                    call, to: room, text: item.text, media: [item.kind: item.media], group: group, keyboard: nil,
                    what: "\(item.kind)s", now: now))
        }
        return .array(sent)
    }

    /// The file of a call: an upload, a known file, or an address.
    private mutating func media(
        _ kind: String, _ value: JSON?, _ call: TelegramParameters
    ) throws(TelegramRefusal) -> JSON {
        var upload = call.uploads[kind]
        let name = value?.stringValue ?? ""
        if upload == nil, name.hasPrefix("attach://") { upload = call.uploads[String(name.dropFirst(9))] }
        guard let upload else {
            guard !name.isEmpty else { throw .bad("there is no \(kind) in the request") }
            if name.hasPrefix("http://") || name.hasPrefix("https://") {
                throw .bad("failed to get HTTP URL content")
            }
            guard let file = self.files[name] else {
                throw .bad("wrong file identifier/HTTP URL specified")
            }
            return Self.fileJSON(kind, file, name: nil, type: nil)
        }
        guard !upload.bytes.isEmpty else { throw .bad("file must be non-empty") }
        if kind == "photo" {
            guard upload.bytes.count <= Self.photoLimit else {
                throw TelegramRefusal.bad("file is too big")
            }
            return self.photo(upload.bytes, try TelegramPicture.size(of: upload.bytes))
        }
        let file = self.files.add(
            upload.bytes, folder: "\(kind)s", ending: Self.ending(upload.fileName), number: self.number())
        return Self.fileJSON(kind, file, name: upload.fileName, type: upload.type)
    }

    static func ending(_ name: String) -> String {
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
        return name[dot...].filter { $0 != "/" }
    }

    static func fileJSON(_ kind: String, _ file: TelegramFiles.File, name: String?, type: String?) -> JSON {
        var object: JSONObject = [
            "file_id": .string(file.id), "file_unique_id": .string(file.uniqueID), "file_size": JSON(file.size),
        ]
        if let name { object["file_name"] = .string(name) }
        if let type { object["mime_type"] = .string(type) }
        if ["voice", "audio", "video", "video_note", "animation"].contains(kind) { object["duration"] = 1 }
        if kind == "video" || kind == "animation" {
            object["width"] = 640
            object["height"] = 480
        }
        return .object(object)
    }

    /// A picture in the sizes that Telegram creates; the last is the largest.
    mutating func photo(_ bytes: [UInt8], _ size: (width: Int, height: Int)) -> JSON {
        var sizes: [JSON] = []
        for edge in [90, 320, max(size.width, size.height)] {
            let factor = Double(edge) / Double(max(size.width, size.height, 1))
            guard factor < 1 || edge == max(size.width, size.height) else { continue }
            let file = self.files.add(bytes, folder: "photos", ending: ".jpg", number: self.number())
            sizes.append([
                "file_id": .string(file.id), "file_unique_id": .string(file.uniqueID),
                "width": JSON(max(1, Int(Double(size.width) * factor))),
                "height": JSON(max(1, Int(Double(size.height) * factor))),
                "file_size": JSON(factor < 1 ? min(bytes.count, edge * edge / 8) : bytes.count),
            ])
        }
        return .array(sizes)
    }

    func getFile(_ call: TelegramParameters) throws(TelegramRefusal) -> JSON {
        guard let id = call.text("file_id"), !id.isEmpty else { throw .bad("file_id is empty") }
        guard let file = self.files[id] else {
            throw .bad("wrong file_id or the file is temporarily unavailable")
        }
        guard file.size <= Self.downloadLimit else { throw .bad("file is too big") }
        return [
            "file_id": .string(file.id), "file_unique_id": .string(file.uniqueID), "file_size": JSON(file.size),
            "file_path": .string(file.path),
        ]
    }

    // MARK: Editing and deleting

    mutating func editMessageCaption(_ call: TelegramParameters, _ now: Double) throws(TelegramRefusal) -> JSON {
        let room = try self.place(call)
        let caption = EntityDetection.complete(try self.caption(call))
        let keyboard = try TelegramKeyboard.read(call, isInline: true)
        var message = try self.editable(call, in: room)
        guard message.isMedia else { throw .bad("there is no caption in the message to edit") }
        try self.checkChange(of: message, text: caption, keyboard: keyboard)
        try self.charge(room, now)
        message.text = caption
        return self.store(edited: &message, keyboard: keyboard, in: room, now: now)
    }

    mutating func editMessageReplyMarkup(_ call: TelegramParameters, _ now: Double) throws(TelegramRefusal) -> JSON {
        let room = try self.place(call)
        let keyboard = try TelegramKeyboard.read(call, isInline: true)
        var message = try self.editable(call, in: room)
        try self.checkChange(of: message, text: nil, keyboard: keyboard)
        try self.charge(room, now)
        return self.store(edited: &message, keyboard: keyboard, in: room, now: now)
    }

    mutating func deleteMessages(_ call: TelegramParameters, _ now: Double) throws(TelegramRefusal) -> JSON {
        let room = try self.place(call)
        guard let ids = try call.structure("message_ids", as: "message identifiers")?.arrayValue?.map(\.intValue),
            (1...100).contains(ids.count)
        else { throw .bad("wrong number of message identifiers: there must be 1-100 of them") }
        for id in ids.compactMap({ $0 }) {
            guard let message = self.rooms[room]?.messages[id] else { continue }
            guard self.mayDelete(message, in: room, now) else { throw .bad("message can't be deleted for everyone") }
            self.rooms[room]?.remove(id)
        }
        return true
    }
}
