internal import JSON

/// The state of a ``LoopbackTelegram``, without socket or clock.
struct TelegramState: Sendable {
    var settings: LoopbackTelegram.Settings
    var bot: TelegramPerson
    var people: [Int64: TelegramPerson] = [:]
    var rooms: [Int64: TelegramRoom] = [:]
    var updates: TelegramUpdateQueue
    var poll = TelegramPollState()
    var flood: TelegramFlood
    var files = TelegramFiles()
    var webhook = TelegramWebhook()
    var commands: [TelegramCommandScope: [JSON]] = [:]
    var callbacks: [String: TelegramCallback] = [:]
    var faults = TelegramFaultState()
    var log: TelegramCallLog
    var pings: [TelegramPing] = []
    var isRevoked = false
    /// The chats that may show a preview.
    var roomsWithDrafts: Set<Int64> = []
    /// Private chats and small groups share one sequence of message ids.
    private var lastMessageID = 0
    private var made = 0

    init(_ settings: LoopbackTelegram.Settings) {
        self.settings = settings
        let id = settings.token.prefix { $0 != ":" }
        self.bot = TelegramPerson(Int64(id) ?? 1, settings.botName, username: settings.username, isBot: true)
        self.updates = TelegramUpdateQueue(lastID: 730_000_000, limit: settings.updateLimit)
        self.flood = TelegramFlood(settings.flood)
        self.log = TelegramCallLog(limit: settings.callLimit)
        self.people[self.bot.id] = self.bot
    }

    mutating func number() -> Int {
        self.made += 1
        return self.made
    }

    mutating func nextMessageID(in room: Int64) -> Int {
        switch self.rooms[room]?.kind {
        case .supergroup:
            self.rooms[room]?.lastID += 1
            return self.rooms[room]?.lastID ?? 1
        default:
            self.lastMessageID += 1
            return self.lastMessageID
        }
    }

    // MARK: JSON

    func personJSON(_ id: Int64) -> JSON? { self.people[id]?.json }

    func chatJSON(_ id: Int64) -> JSON {
        guard let room = self.rooms[id] else { return ["id": JSON(id), "type": "private"] }
        var object: JSONObject = ["id": JSON(id)]
        if room.kind == .private {
            if let person = self.people[id] {
                object["first_name"] = .string(person.firstName)
                if let username = person.username { object["username"] = .string(username) }
            }
        } else {
            object["title"] = .string(room.title)
            if let username = room.username { object["username"] = .string(username) }
        }
        object["type"] = .string(room.kind.rawValue)
        if room.isForum, room.kind == .supergroup { object["is_forum"] = true }
        if room.kind == .group { object["all_members_are_administrators"] = false }
        return .object(object)
    }

    /// - Parameter depth: 1 includes the message it replies to.
    func messageJSON(_ message: TelegramMessage, in room: Int64, depth: Int = 1) -> JSON {
        var object: JSONObject = ["message_id": JSON(message.id)]
        if let sender = message.sender { object["from"] = self.personJSON(sender) }
        object["chat"] = self.chatJSON(room)
        object["date"] = JSON(message.date)
        if let thread = message.thread { object["message_thread_id"] = JSON(thread) }
        if message.isTopic { object["is_topic_message"] = true }
        if let editDate = message.editDate { object["edit_date"] = JSON(editDate) }
        if let group = message.group { object["media_group_id"] = .string(group) }
        if depth > 0, let replyTo = message.replyTo, let parent = self.rooms[room]?.messages[replyTo] {
            object["reply_to_message"] = self.messageJSON(parent, in: room, depth: 0)
            object["quote"] = message.quote
        }
        object["forward_origin"] = message.origin
        if let service = message.service { object.merge(service) }
        object.merge(message.media)
        self.addText(message, to: &object)
        if let keyboard = message.keyboard { object["reply_markup"] = keyboard }
        return .object(object)
    }

    private func addText(_ message: TelegramMessage, to object: inout JSONObject) {
        guard !message.text.text.isEmpty else { return }
        let entities = JSON.array(message.text.entities.map { $0.json(self.personJSON) })
        let prefix = message.isMedia ? "caption" : ""
        object[message.isMedia ? "caption" : "text"] = .string(message.text.text)
        if !message.text.entities.isEmpty { object[prefix.isEmpty ? "entities" : "caption_entities"] = entities }
    }
}
