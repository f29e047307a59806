internal import JSON

/// The kinds of chats, as the Bot API names them.
package enum TelegramRoomKind: String, Sendable, Hashable {
    case `private`, group, supergroup
}

/// Someone's status in a chat.
struct TelegramMember: Sendable {
    /// `creator`, `administrator`, `member`, `left` or `kicked`.
    var status: String
    var canManageTopics = false

    var isIn: Bool { self.status != "left" && self.status != "kicked" }
    var isAdmin: Bool { self.status == "creator" || self.status == "administrator" }
}

/// A preview that the bot shows while it writes.
package struct TelegramDraft: Sendable, Hashable {
    package var id: Int64
    package var thread: Int?
    package var text: String
    package var entities: [TelegramEntity]
    package var canStop: Bool
    /// The number of times it was set.
    package var count: Int
    var end: Double
}

/// A chat and its messages.
struct TelegramRoom: Sendable {
    let id: Int64
    let kind: TelegramRoomKind
    var title: String
    var username: String?
    var isForum = false
    var members: [Int64: TelegramMember] = [:]
    /// Those of a forum: the ids of their first messages.
    var topics: Set<Int> = []
    var messages: [Int: TelegramMessage] = [:]
    /// The ids in `messages`, ascending; may include deleted ones.
    var order: [Int] = []
    /// In chats that number their own messages; the first message is the chat's creation.
    var lastID = 1
    var drafts: [TelegramDraft] = []
    var migratedTo: Int64?
    /// In a private chat: the person has pressed Start.
    var isStarted = true
    /// In a private chat: the person has blocked the bot.
    var isBlocked = false
    var actions: [TelegramAction] = []
    /// The number of changes so far.
    var changes = 0

    func isAdmin(_ id: Int64) -> Bool { self.members[id]?.isAdmin ?? false }

    mutating func add(_ message: TelegramMessage, limit: Int) {
        self.messages[message.id] = message
        self.order.append(message.id)
        self.changes += 1
        guard self.order.count > limit + limit / 4 else { return }
        for id in self.order.prefix(self.order.count - limit) { self.messages[id] = nil }
        self.order.removeFirst(self.order.count - limit)
    }

    mutating func remove(_ id: Int) {
        self.messages[id] = nil
        self.changes += 1
    }

    /// The root of a message's reply chain.
    func root(of id: Int) -> Int {
        var root = id
        for _ in 0..<1_000 {
            guard let parent = self.messages[root]?.replyTo, self.messages[parent] != nil else { break }
            root = parent
        }
        return root
    }
}

/// A chat action that the bot has shown.
package struct TelegramAction: Sendable, Hashable {
    package var action: String
    package var thread: Int?
    /// Seconds since 1970.
    package var time: Double
}
