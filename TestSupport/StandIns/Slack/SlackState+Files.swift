internal import HTTP
internal import JSON

/// A file, from the request for its upload address onwards.
struct SlackFile {
    var id: String
    var name: String
    var title: String
    var type: String
    var user: String
    /// The announced size.
    var size: Int
    var bytes: [UInt8] = []
    var isUploaded = false
    var isComplete = false
    /// Belongs to another workspace: events contain only its id, so that the app has to fetch its details.
    var isForeign = false
    var shares: [(channel: String, ts: String)] = []
}

/// The three steps of an upload, and downloads.
extension SlackState {
    /// The message of an upload, still to be posted.
    struct Share {
        var due: Double
        var files: [String]
        var channel: String
        var thread: String?
        var comment: String
        var blocks: [JSON] = []
    }

    static let fileLimit = 1 << 30

    mutating func uploadURL(_ call: SlackCall) throws(SlackRefusal) -> JSONObject {
        let name = try call.required("filename")
        guard let length = call.number("length"), length > 0 else {
            throw SlackRefusal("invalid_arguments", messages: ["missing required field: length"])
        }
        guard length <= Self.fileLimit else { throw SlackRefusal("file_upload_size_restricted") }
        let id = self.identifier("F")
        self.files[id] = SlackFile(
            id: id, name: name, title: name, type: Self.type(of: name), user: Self.botUser, size: length)
        return ["upload_url": .string("\(self.baseURL)/upload/v1/key-\(id)"), "file_id": .string(id)]
    }

    /// The second step; returns status and text of the answer.
    mutating func upload(_ path: String, _ bytes: [UInt8]) -> (Int, String) {
        guard path.hasPrefix("/upload/v1/key-"), var file = self.files[String(path.dropFirst(15))],
            !file.isUploaded
        else { return (404, "not found") }
        guard bytes.count == file.size else { return (400, "\(bytes.count) bytes came, \(file.size) were announced") }
        file.bytes = bytes
        file.isUploaded = true
        self.keep(file)
        return (200, "OK - \(bytes.count)")
    }

    /// Stores a file, and drops the oldest ones when they take too much memory.
    mutating func keep(_ file: SlackFile) {
        self.files[file.id] = file
        self.fileBytes += file.bytes.count
        guard self.fileBytes > self.settings.keptFileBytes else { return }
        // Ids are ascending.
        for id in self.files.keys.sorted() where id != file.id && self.fileBytes > self.settings.keptFileBytes {
            self.fileBytes -= self.files[id]?.bytes.count ?? 0
            self.files[id] = nil
        }
    }

    mutating func completeUpload(_ call: SlackCall) throws(SlackRefusal) -> JSONObject {
        guard let list = try call.nested("files", refusal: "invalid_arguments")?.arrayValue, !list.isEmpty else {
            throw SlackRefusal("invalid_arguments", messages: ["missing required field: files"])
        }
        var files: [SlackFile] = []
        for entry in list {
            guard var file = self.files[entry["id"]?.stringValue ?? ""], file.isUploaded, !file.isComplete else {
                throw SlackRefusal("file_not_found")
            }
            file.title = entry["title"]?.stringValue ?? file.name
            file.isComplete = true
            files.append(file)
        }
        let ids = files.map(\.id)
        if let id = call.text("channel_id") ?? call.text("channels") {
            var share = Share(due: self.now + self.settings.shareSeconds, files: ids, channel: id, comment: "")
            let channel = try self.writable(id)
            if let thread = call.text("thread_ts") { share.thread = try self.root(thread, in: channel) }
            share.comment = call.text("initial_comment") ?? ""
            if let blocks = try call.nested("blocks", refusal: "invalid_blocks_format") {
                share.blocks = try SlackBlockCheck.checked(blocks)
            }
            self.shares.append(share)
        }
        for file in files { self.files[file.id] = file }
        return [
            "files": .array(files.map { ["id": .string($0.id), "title": .string($0.title)] })
        ]
    }

    mutating func shareUploads() {
        while let index = self.shares.firstIndex(where: { $0.due <= self.now }) {
            let share = self.shares.remove(at: index)
            var message = SlackMessage(
                ts: self.stamp(), user: Self.botUser, botID: Self.botID, subtype: "file_share", text: share.comment)
            message.threadTS = share.thread
            message.files = share.files
            message.blocks = share.blocks
            self.note(pings: SlackPings.find(in: share.comment), ts: message.ts, channel: share.channel)
            self.place(message, in: share.channel)
        }
    }

    /// Stores a message with files and sends its events.
    mutating func place(_ message: SlackMessage, in channel: String, news: LoopbackSlack.FileNews = .whole) {
        if news != .filesOnly {
            for file in message.files { self.files[file]?.shares.append((channel, message.ts)) }
        }
        if news == .whole { self.store(message, in: channel) } else { self.channels[channel]?[message.ts] = message }
        for file in message.files {
            self.emit(
                "file_shared",
                [
                    "type": "file_shared", "file_id": .string(file), "user_id": .string(message.user),
                    "file": ["id": .string(file)], "channel_id": .string(channel),
                ])
        }
    }

    // MARK: Reading

    func fileInfo(_ call: SlackCall) throws(SlackRefusal) -> JSONObject {
        guard let file = self.files[try call.required("file")], file.isUploaded else {
            throw SlackRefusal("file_not_found")
        }
        return ["file": self.json(file, withShares: true), "comments": []]
    }

    /// The file, if the token is valid; nil for the login page that everyone else gets.
    func download(_ path: String, token: String?) -> SlackFile? {
        let name = path.split(separator: "/").dropFirst().first ?? ""
        guard token == self.settings.botToken, !self.isRevoked, self.settings.scopes.contains("files:read"),
            let id = name.split(separator: "-").last
        else { return nil }
        return self.files[String(id)]
    }

    func fileJSON(_ id: String) -> JSON {
        guard let file = self.files[id] else { return ["id": .string(id), "mode": "tombstone"] }
        if file.isForeign {
            return ["id": .string(id), "mode": "file_access", "file_access": "check_file_info"]
        }
        return self.json(file, withShares: false)
    }

    private func json(_ file: SlackFile, withShares: Bool) -> JSON {
        let ending = file.name.split(separator: ".").last.map(String.init) ?? "binary"
        let place = "\(self.baseURL)/files-pri/\(self.settings.teamID)-\(file.id)"
        var json: JSONObject = [
            "id": .string(file.id), "name": .string(file.name), "title": .string(file.title),
            "mimetype": .string(file.type), "filetype": .string(ending), "size": JSON(file.size),
            "user": .string(file.user), "mode": "hosted", "is_external": false, "file_access": "visible",
            "created": JSON(Int(self.now)), "url_private": .string("\(place)/\(file.name)"),
            "url_private_download": .string("\(place)/download/\(file.name)"),
        ]
        guard withShares else { return .object(json) }
        var shares: JSONObject = [:]
        for share in file.shares {
            let kind = self.channels[share.channel]?.kind == .open ? "public" : "private"
            var list = shares[kind]?.objectValue ?? [:]
            var entry: JSONObject = ["ts": .string(share.ts)]
            if let root = self.channels[share.channel]?[share.ts]?.threadTS { entry["thread_ts"] = .string(root) }
            list[share.channel] = .array((list[share.channel]?.arrayValue ?? []) + [.object(entry)])
            shares[kind] = .object(list)
        }
        json["shares"] = .object(shares)
        return .object(json)
    }

    static func type(of name: String) -> String { MediaType.ofFile(named: name).essence }
}
