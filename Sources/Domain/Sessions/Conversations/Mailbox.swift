internal import Chat
internal import Telemetry

/// The messages of a thread that wait to be handled, in order, and those that are too old to be answered. Pure.
struct Mailbox {
    struct Letter {
        enum Content {
            case message(StoredMessage, Intent)
            case change(StoredChange)
            /// A message that was deleted before it was handled.
            case deleted(Int64)
        }

        var content: Content
        let reply: ReplyBox?
        /// Of its arrival.
        let span = Span.current
        /// The delivery that waits for room; nil once the letter is in.
        fileprivate(set) var delivery: CheckedContinuation<Void, Never>?

        var isWaiting: Bool { self.delivery != nil }

        init(_ entry: InboxEntry, reply: ReplyBox? = nil) {
            switch entry {
            case .message(let stored, let intent): self.content = .message(stored, intent)
            case .change(let stored): self.content = .change(stored)
            }
            self.reply = reply
        }
    }

    /// What to do with a letter that has arrived.
    enum Reception: Equatable {
        /// The thread has been forgotten.
        case refused
        /// The mailbox is full: its delivery waits, see ``Mailbox/hold(_:for:)``.
        case full
        /// It is in; its turn comes.
        case queued
        /// It is in, and the letters are to be handled from now on, until ``Mailbox/next()`` returns nil.
        case begin
    }

    /// When that many letters are in, deliveries wait. Their messages are stored by then.
    static let limit = 256
    /// The maximum number of stale messages in one line.
    static let staleLimit = 200

    /// Those after the first ``limit`` wait for room.
    private(set) var letters: [Letter] = []
    /// The letters are being handled, one at a time.
    private var isHandling = false
    private var isRetired = false
    /// The reply to the letter that is being handled.
    private(set) var reply: ReplyBox?
    /// Messages too old to be answered, to be listed in one line.
    private var stale: [StoredMessage] = []

    /// Whether nothing waits and nothing is handled.
    var isIdle: Bool { self.letters.isEmpty && !self.isHandling && self.stale.isEmpty }

    /// Whether a message may be taken past the mailbox.
    var isOpen: Bool { self.isIdle && !self.isRetired }

    private var isFull: Bool { self.letters.count >= Self.limit }

    /// Accepts no more letters.
    mutating func retire(_ isRetired: Bool) { self.isRetired = isRetired }

    // MARK: In

    mutating func receive(_ letter: Letter) -> Reception {
        if self.isRetired { return .refused }
        if self.isFull { return .full }
        self.letters.append(letter)
        return self.begin() ? .begin : .queued
    }

    /// Keeps a letter for which there is no room yet.
    mutating func hold(_ letter: Letter, for delivery: CheckedContinuation<Void, Never>?) {
        var letter = letter
        letter.delivery = delivery
        self.letters.append(letter)
    }

    /// Accepts no more letters, and gives up those that wait.
    mutating func abandon() -> [Letter] {
        self.isRetired = true
        self.stale = []
        defer { self.letters = [] }
        return self.letters
    }

    /// Whether letters are to be handled from now on: false while they are.
    private mutating func begin() -> Bool {
        defer { self.isHandling = true }
        return !self.isHandling
    }

    // MARK: Out

    /// The next letter to be handled, and the delivery that has room now; nil when all are handled.
    mutating func next() -> (letter: Letter, delivery: CheckedContinuation<Void, Never>?)? {
        self.reply = nil
        guard !self.letters.isEmpty else {
            self.isHandling = false
            return nil
        }
        let letter = self.letters.removeFirst()
        self.reply = letter.reply
        return (letter, self.isFull ? self.letters[Self.limit - 1].delivery.take() : nil)
    }

    /// A message is handled past the mailbox: letters wait until ``endDirect()``.
    mutating func beginDirect() { self.isHandling = true }

    /// Whether letters have arrived in the meantime, which are to be handled now.
    mutating func endDirect() -> Bool {
        self.isHandling = !self.letters.isEmpty
        return self.isHandling
    }

    // MARK: Changes

    /// Changes a waiting message in place.
    mutating func amend(_ change: MessageChange, reading: (InboundMessage, Role?) -> Intent) {
        for index in self.letters.indices {
            guard case .message(var stored, _) = self.letters[index].content,
                stored.message.reference == change.reference, change.counts(for: stored.message.sender)
            else { continue }
            switch change {
            case .edit(let edit):
                stored.message = stored.message.reading(edit.text)
                self.letters[index].content = .message(stored, reading(stored.message, stored.role))
            case .deletion: self.letters[index].content = .deleted(stored.number)
            }
        }
    }

    /// Gives waiting messages the room's new id.
    mutating func move(from: RoomID, to: RoomID, keepsMessages: Bool) {
        for index in self.letters.indices {
            guard case .message(var stored, let intent) = self.letters[index].content,
                stored.message.route.room == from
            else { continue }
            stored.message = stored.message.moved(from: from, to: to, keepsMessages: keepsMessages)
            self.letters[index].content = .message(stored, intent)
        }
    }

    // MARK: Stale messages

    /// Keeps a message that is too old to be answered. Returns whether to list them now, because there are many.
    mutating func putAside(_ stored: StoredMessage) -> Bool {
        self.stale.append(stored)
        return self.stale.count >= Self.staleLimit
    }

    /// The messages that were put aside, to be listed.
    mutating func takeStale() -> [StoredMessage] {
        defer { self.stale = [] }
        return self.stale
    }
}
