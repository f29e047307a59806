package import Chat
internal import JSON
package import Kit
package import Logging

/// A Telegram connection as a value: input and time in, actions out. No I/O, no clock.
///
/// A state machine lasts for one run of the adapter. Each topic has its own file: `+Life` (identity, polling or
/// webhook, recovery), `+Updates` and `+Messages` (intake), `+Parts` (what belongs together), `+Said` (what was said
/// beside a question), `+Operations` and `+Calls` (sending), `+Commands` (the menus), `+Presence` (typing and drafts),
/// `+Traits`.
package struct TelegramStateMachine: Sendable {
    package enum Input: Sendable {
        /// The adapter has started to run.
        case begin
        /// A call from ``Action/call(_:_:)`` has ended.
        case answer(Purpose, TelegramAnswer)
        /// The webhook brought an update; ``Action/accepted(_:)`` follows once it is stored.
        case update(ticket: Int, TelegramUpdate)
        /// A whole batch is stored.
        case delivered(batch: Int)
        /// ``TelegramStateMachine/deadline`` has passed.
        case time
        /// Show or hide the typing sign.
        case typing(Bool, Route)
        /// Somebody with access, or without it, has written in their private chat.
        case access(Bool, chat: Int64)
        /// End the run and make no further calls.
        case stop
    }

    package enum Purpose: Sendable, Equatable {
        case identity
        /// `deleteWebhook` or `setWebhook`.
        case intake
        case poll
        /// Periodic `getWebhookInfo`.
        case check
        case commands(last: Bool)
        /// A person's command menu.
        case menu(chat: Int64, isKnown: Bool)
        /// The typing sign.
        case typing(chat: Int64)
        /// An optional call whose outcome does not matter.
        case decoration(chat: Int64)

        /// Whether the call may be dropped under load.
        package var isDecoration: Bool {
            switch self {
            case .typing, .decoration: true
            case .identity, .intake, .poll, .check, .commands, .menu: false
            }
        }
    }

    package enum Action: Sendable {
        case call(Purpose, TelegramCall)
        /// Store these, then send ``Input/delivered(batch:)``.
        case deliver(batch: Int, [TelegramIncoming])
        /// Answer the webhook request: its update is stored.
        case accepted(Int)
        case status(AdapterStatus.State, detail: String?)
        /// Save the memory before any later delivery. It is vital if it holds updates that Telegram will not send
        /// again.
        case remember(TelegramMemory, isVital: Bool)
        /// Open new connections: the old ones may have died silently.
        case renew
        case log(LogLevel, String)
        /// The run has ended; no further actions follow.
        case finished
    }

    /// The bot's account, from `getMe`.
    package struct Identity: Sendable, Equatable {
        package var id: Int64
        package var username: String
        /// Privacy mode is off.
        package var readsAll: Bool
        package var joinsGroups: Bool
        /// Private chats have topics.
        package var hasTopics: Bool
    }

    enum Phase: Sendable, Equatable {
        case idle, identifying, preparing, up
        /// The token is invalid; retried slowly.
        case refused
        case stopped
    }

    enum Timer: Hashable, Sendable {
        /// The current phase's next call.
        case life
        case check
        /// No further parts are expected.
        case parts(String)
        case typing(TelegramPlace)
    }

    let settings: TelegramSettings
    let adapter: AdapterID
    package internal(set) var memory: TelegramMemory
    package internal(set) var identity: Identity?
    var phase = Phase.idle
    /// When the adapter began to run; earlier messages are backlog.
    var began: Int64 = 0
    /// The next update to fetch; nil before the first.
    var offset: Int64?
    /// Consecutive failed calls of the current phase.
    var failures = 0
    /// Since when another program has been taking the updates.
    var conflictSince: Int64?
    var isPolling = false
    /// When the last poll was sent, and how long Telegram should hold it.
    var askedAt: Int64 = 0
    var askedHold: Int64 = 0
    /// Consecutive polls that were answered at once without updates.
    var hastyPolls = 0
    /// The last poll returned only updates that were already acknowledged.
    var isRepeating = false
    var timers: [Timer: Int64] = [:]
    var lastBatch = 0
    var batches: [Int: Batch] = [:]
    var parts: [String: Parts] = [:]
    /// The ids of updates whose parts were joined while a batch was read.
    var finishedParts: Set<Int64> = []
    /// Parts from an earlier run were restored.
    var hasRestoredParts = false
    /// The memory has the updates that are being read.
    var isRestoring = false
    /// The messages that became part of others, and are not delivered by themselves if they come again.
    var joined = RecentMap<MessageReference, Bool>(capacity: 1_024)
    /// The last questions in groups, by chat and sender.
    var comments = RecentMap<String, Comment>(capacity: 1_024)
    /// Of all command menus; empty until the bot is connected, or if there are no menus.
    var menuDigest = ""
    /// By their first message.
    var pastes = RecentMap<MessageReference, Paste>(capacity: 16)
    /// The first message, by that of a part.
    var pasteHeads = RecentMap<MessageReference, MessageReference>(capacity: 256)
    /// What was said in groups.
    var lines = RoomMemory<TelegramPlace, TelegramHeard>()
    /// What groups are called, as their last message said.
    var titles = RecentMap<Int64, String>(capacity: 1_024)
    /// The groups whose messages Telegram shows the bot in spite of privacy mode.
    var readRooms = RecentMap<Int64, Bool>(capacity: 1_024)
    var texts = RecentMap<MessageReference, Int>(capacity: 4_096)
    var repliedTo = RecentMap<MessageReference, Bool>(capacity: 4_096)
    /// Content hashes of our messages, so that an edit without changes costs no call.
    var shown = RecentMap<MessageReference, Int>(capacity: 4_096)
    /// When a voice message was last answered, by chat and sender (monotonic, in milliseconds).
    var voiceNotes = RecentMap<String, Int64>(capacity: 1_024)
    var rooms: [Int64: Room] = [:]
    var budget: TelegramBudget
    var typing: [TelegramPlace: Typing] = [:]
    /// The server does not support drafts.
    var lacksDrafts = false
    /// The server does not support the typing sign.
    var lacksTyping = false
    /// The server does not support command menus.
    var lacksMenus = false
    /// The private chats whose menu was changed in this run, and whether to that of somebody with access.
    var askedMenus = RecentMap<Int64, Bool>(capacity: 1_024)
    var jitter: TelegramJitter
    var now = AdapterTime(monotonic: 0, wall: 0)
    var actions: [Action] = []

    /// Events waiting to be stored.
    struct Batch: Sendable {
        /// For a poll: the next update to fetch.
        var offset: Int64?
        var isPoll = false
        var ticket: Int?
        /// The ids of joined updates, which the memory holds.
        var parts: Set<Int64> = []
    }

    /// The state of a chat that differs from the default.
    struct Room: Sendable {
        /// Why nothing can be sent there.
        var refusal: String?
        var lacksDrafts = false
        /// Multiplies the edit interval after refusals.
        var slowness: Int64 = 1
        var slowedAt: Int64 = 0
    }

    static let roomLimit = 8_192

    package init(settings: TelegramSettings, memory: TelegramMemory, seed: UInt64 = 1) {
        self.settings = settings
        self.adapter = AdapterID("telegram:\(settings.id)")
        self.memory = memory
        self.jitter = TelegramJitter(seed: seed)
        self.budget = TelegramBudget(factor: settings.paceFactor)
    }

    package mutating func handle(_ input: Input, at now: AdapterTime) -> [Action] {
        self.now = now
        switch input {
        case .begin: self.begin()
        case .answer(let purpose, let answer): self.receive(answer, for: purpose)
        case .update(let ticket, let update): self.receive(update, ticket: ticket)
        case .delivered(let batch): self.finish(batch)
        case .time: self.fireTimers()
        case .typing(let isTyping, let route): self.setTyping(isTyping, in: route)
        case .access(let isKnown, let chat): self.registerMenu(chat, isKnown: isKnown)
        case .stop: self.stop()
        }
        return self.takeActions()
    }

    /// Returns the pending actions and clears them.
    package mutating func takeActions() -> [Action] {
        defer { self.actions.removeAll() }
        return self.actions
    }

    /// When to send ``Input/time``, in monotonic milliseconds.
    package var deadline: Int64? { self.timers.values.min() }

    mutating func act(_ action: Action) { self.actions.append(action) }

    mutating func log(_ level: LogLevel, _ text: String) { self.act(.log(level, text)) }

    mutating func deliver(_ incoming: [TelegramIncoming], _ batch: Batch = Batch()) {
        self.lastBatch += 1
        self.batches[self.lastBatch] = batch
        self.act(.deliver(batch: self.lastBatch, incoming))
    }

    func room(_ chat: Int64) -> RoomID { RoomID(adapter: self.adapter, name: "\(chat)") }

    func reference(_ chat: Int64, _ message: Int64) -> MessageReference {
        MessageReference(room: self.room(chat), id: "\(message)")
    }

    func key(_ chat: Int64, _ thread: Int64? = nil) -> ThreadKey {
        ThreadKey(adapter: self.adapter, value: thread.map { "\(chat)/\($0)" } ?? "\(chat)")
    }

    mutating func change(_ chat: Int64, _ body: (inout Room) -> Void) {
        // Bounds the memory: only refusals are kept.
        if self.rooms.count >= Self.roomLimit, self.rooms[chat] == nil {
            self.rooms = self.rooms.filter { $0.value.refusal != nil }
        }
        body(&self.rooms[chat, default: Room()])
    }

    // MARK: Time

    private mutating func fireTimers() {
        let due = self.timers.filter { $0.value <= self.now.monotonic }
        for (timer, _) in due.sorted(by: { $0.value < $1.value }) {
            self.timers[timer] = nil
            switch timer {
            case .life: self.goOn()
            case .check: self.check()
            case .parts(let key): self.finishPartsInTime(key)
            case .typing(let place): self.renewTyping(place)
            }
        }
    }
}

/// A chat, or a topic in it.
struct TelegramPlace: Hashable, Sendable {
    let chat: Int64
    let topic: Int64?
}
