internal import JSON

/// Files from the bot and for the bot.
extension TelegramState {
    private static let downloadLimit = 20 << 20

    func caption(_ call: TelegramParameters) throws(TelegramRefusal) -> TelegramText {
        let text = try TelegramText.read(call, "caption", entities: "caption_entities")
        guard text.text.unicodeScalars.count <= Self.captionLimit else { throw .bad("message caption is too long") }
        return text
    }

    mutating func sendDocument(_ call: TelegramParameters, _ now: Double) throws(TelegramRefusal) -> JSON {
        try self.send("document", call, now)
    }

    mutating func sendVoice(_ call: TelegramParameters, _ now: Double) throws(TelegramRefusal) -> JSON {
        try self.send("voice", call, now)
    }

    private mutating func send(
        _ kind: String, _ call: TelegramParameters, _ now: Double
    ) throws(TelegramRefusal) -> JSON {
        let room = try self.place(call)
        let caption = try self.caption(call)
        let keyboard = try TelegramKeyboard.read(call)
        let file = try self.file(kind, of: call)
        return try self.send(call, to: room, text: caption, media: [kind: file], keyboard: keyboard, now: now)
    }

    /// The file of a call: an upload or a known file.
    private mutating func file(_ kind: String, of call: TelegramParameters) throws(TelegramRefusal) -> JSON {
        var upload = call.uploads[kind]
        let name = call.text(kind) ?? ""
        if upload == nil, name.hasPrefix("attach://") { upload = call.uploads[String(name.dropFirst(9))] }
        guard let upload else {
            guard !name.isEmpty else { throw .bad("there is no \(kind) in the request") }
            guard let file = self.files[name] else { throw .bad("wrong file identifier/HTTP URL specified") }
            return Self.fileJSON(kind, file, name: nil, type: nil)
        }
        guard !upload.bytes.isEmpty else { throw .bad("file must be non-empty") }
        let file = self.files.add(
            upload.bytes, folder: kind == "voice" ? kind : "documents", ending: Self.ending(upload.fileName),
            number: self.number())
        return Self.fileJSON(kind, file, name: kind == "voice" ? nil : upload.fileName, type: upload.type)
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
        if kind == "voice" { object["duration"] = 1 }
        return .object(object)
    }

    /// A picture of 800 by 600 in the sizes that Telegram creates; the last is the largest.
    mutating func photo(_ bytes: [UInt8]) -> JSON {
        .array(
            [(90, 67), (320, 240), (800, 600)].map { width, height in
                let file = self.files.add(bytes, folder: "photos", ending: ".jpg", number: self.number())
                return [
                    "file_id": .string(file.id), "file_unique_id": .string(file.uniqueID), "width": JSON(width),
                    "height": JSON(height), "file_size": JSON(bytes.count),
                ]
            })
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
}
