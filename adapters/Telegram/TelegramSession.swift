package import Chat
internal import JSON
internal import Primitives

/// What a Telegram connection does, as a value: input and time in, actions out. No I/O, no clock.
///
/// One session lives as long as the adapter. The topics are in files of their own: `+Life` (who we are, polling or
/// webhook, trouble), `+Updates` and `+Messages` (what came), `+Albums`, `+Operations` (what is sent: ``TelegramOperation``
/// is stepped by whoever wants something sent), `+Presence` (typing and drafts), `+Traits`.
package struct TelegramSession: Sendable {
    /// What happens to the connection or is asked of it.
    package enum Input: Sendable {
        /// The adapter runs.
        case begin
        /// A call of ``Action/call(_:_:)`` ended.
        case answer(Purpose, TelegramAnswer)
        /// The webhook brought an update; ``Action/accepted(_:)`` follows once it is stored.
        case update(ticket: Int, TelegramUpdate)
        /// Everything of a batch is stored.
        case delivered(batch: Int)
        /// ``TelegramSession/deadline`` has come.
        case time
        /// The typing sign is to be shown or hidden.
        case typing(Bool, Route)
        /// Nothing more is asked for.
        case stop
    }

    /// What a call is for.
    package enum Purpose: Sendable, Equatable {
        case identity
        /// `deleteWebhook` or `setWebhook`.
        case intake
        case poll
        /// `getWebhookInfo`, now and then.
        case check
        case commands(last: Bool)
        /// The sign that somebody writes.
        case typing(chat: Int64)
        /// Whose outcome matters to nobody.
        case decoration(chat: Int64)

        /// Whether it may be left out where there is too much to do.
        package var isDecoration: Bool {
            switch self {
            case .typing, .decoration: true
            case .identity, .intake, .poll, .check, .commands: false
            }
        }
    }

    /// What has to be done.
    package enum Action: Sendable {
        case call(Purpose, TelegramCall)
        /// Store these, then tell ``Input/delivered(batch:)``.
        case deliver(batch: Int, [TelegramIncoming])
        /// The webhook's caller may be told that its update is stored.
        case accepted(Int)
        case status(AdapterStatus.State, detail: String?)
        /// Keep the memory; before anything that is delivered after it, where it holds what Telegram forgets.
        case remember(TelegramMemory, isVital: Bool)
        /// Use new connections from now on: the old ones may be dead without a word.
        case renew
        case log(Level, String)
        /// Nothing more follows.
        case finished
    }

    /// How important a log line is.
    package enum Level: Sendable { case debug, info, warning, error }

    /// What the bot knows about itself.
    package struct Identity: Sendable, Equatable {
        package var id: Int64
        package var username: String
        /// Privacy mode is off.
        package var readsAll: Bool
        package var joinsGroups: Bool
        /// Topics in private chats.
        package var hasTopics: Bool
    }

    /// How far the connection is.
    enum Phase: Sendable, Equatable {
        case idle, identifying, preparing, up
        /// The token does not work; asked again slowly.
        case refused
        case stopped
    }

    enum Timer: Hashable, Sendable {
        /// The next try of what the phase needs.
        case life
        case check
        case album(String)
        case typing(TelegramPlace)
    }

    let settings: TelegramSettings
    let adapter: AdapterID
    package internal(set) var memory: TelegramMemory
    package internal(set) var identity: Identity?
    var phase = Phase.idle
    /// When the adapter began to run: what was sent before it is backlog.
    var began: Int64 = 0
    /// The next update to ask for; nil before the first.
    var offset: Int64?
    /// Failed calls of life in a row.
    var failures = 0
    /// Since when another program takes the updates, and how often that was so.
    var conflictSince: Int64?
    /// The last poll that was answered.
    var lastPoll: Int64 = 0
    var isPolling = false
    /// When the poll was asked, and for how long Telegram should hold it.
    var askedAt: Int64 = 0
    var askedHold: Int64 = 0
    /// Polls in a row that were answered at once with nothing new.
    var hastyPolls = 0
    /// The last poll brought what was taken before.
    var isRepeating = false
    var timers: [Timer: Int64] = [:]
    var lastBatch = 0
    var batches: [Int: Batch] = [:]
    var albums: [String: Album] = [:]
    var texts = TelegramRecent<MessageReference, Int>(limit: 4_096)
    var repliedTo = TelegramRecent<MessageReference, Bool>(limit: 4_096)
    /// What our messages show, so that an edit that changes nothing costs no call.
    var shown = TelegramRecent<MessageReference, Int>(limit: 4_096)
    var voiceNotes = TelegramRecent<Int64, Int64>(limit: 1_024)
    var rooms: [Int64: Room] = [:]
    var budget: TelegramBudget
    var typing: [TelegramPlace: Typing] = [:]
    /// The server does not know drafts.
    var lacksDrafts = false
    /// The server does not know the typing sign.
    var lacksTyping = false
    var jitter: TelegramJitter
    var now = TelegramTime(monotonic: 0, wall: 0)
    var actions: [Action] = []

    /// What waits for the store.
    struct Batch: Sendable {
        /// The next update to ask for, of a poll.
        var offset: Int64?
        var isPoll = false
        var ticket: Int?
        var album: String?
    }

    /// A chat as far as it differs from others.
    struct Room: Sendable {
        /// Why nothing can be sent there.
        var refusal: String?
        var lacksDrafts = false
        /// Edits come this much later than usual, after refusals.
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

    /// Takes one input at one moment.
    package mutating func handle(_ input: Input, at now: TelegramTime) -> [Action] {
        self.now = now
        switch input {
        case .begin: self.begin()
        case .answer(let purpose, let answer): self.receive(answer, for: purpose)
        case .update(let ticket, let update): self.receive(update, ticket: ticket)
        case .delivered(let batch): self.finish(batch)
        case .time: self.fireTimers()
        case .typing(let isTyping, let route): self.setTyping(isTyping, in: route)
        case .stop: self.stop()
        }
        return self.takeActions()
    }

    /// What has to be done since the last look.
    package mutating func takeActions() -> [Action] {
        defer { self.actions.removeAll() }
        return self.actions
    }

    /// When ``Input/time`` has to come, in monotonic milliseconds.
    package var deadline: Int64? { self.timers.values.min() }

    mutating func act(_ action: Action) { self.actions.append(action) }

    mutating func log(_ level: Level, _ text: String) { self.act(.log(level, text)) }

    mutating func deliver(_ incoming: [TelegramIncoming], _ batch: Batch = Batch()) {
        self.lastBatch += 1
        self.batches[self.lastBatch] = batch
        self.act(.deliver(batch: self.lastBatch, incoming))
    }

    func room(_ chat: Int64) -> RoomID { RoomID(adapter: self.adapter, name: "\(chat)") }

    func key(_ chat: Int64, _ thread: Int64? = nil) -> ThreadKey {
        ThreadKey(adapter: self.adapter, value: thread.map { "\(chat)/\($0)" } ?? "\(chat)")
    }

    mutating func change(_ chat: Int64, _ body: (inout Room) -> Void) {
        // Rooms of which nothing has to be known are not kept.
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
            case .album(let key): self.finishAlbum(key)
            case .typing(let place): self.renewTyping(place)
            }
        }
    }
}

/// A chat, or a topic of it.
package struct TelegramPlace: Hashable, Sendable {
    let chat: Int64
    let topic: Int64?
}
