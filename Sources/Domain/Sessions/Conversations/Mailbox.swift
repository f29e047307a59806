internal import Chat
internal import Etiquette
internal import Telemetry
internal import Threads

/// The messages of a thread that wait to be handled, in order, and those that are too old to be answered. Pure.
///
/// Beyond ``limit`` it keeps only the numbers of messages: they are stored, and read from the inbox when their turn comes, so
/// no thread holds up its network.
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
        /// How it is handled if the process may have died of it.
        let trial: LetterTrial?
        /// Of its arrival.
        let span: Span?

        init(_ entry: InboxEntry, reply: ReplyBox? = nil, trial: LetterTrial? = nil, span: Span? = .current) {
            switch entry {
            case .message(let stored, let intent): self.content = .message(stored, intent)
            case .change(let stored): self.content = .change(stored)
            }
            self.reply = reply
            self.trial = trial
            self.span = span
        }

        var isQuestion: Bool {
            if case .message(_, .chat) = self.content { true } else { false }
        }

        var number: Int64 {
            switch self.content {
            case .message(let stored, _): stored.number
            case .change(let stored): stored.number
            case .deleted(let number): number
            }
        }
    }

    /// A letter that stays in the inbox until its turn comes.
    private struct Left {
        let number: Int64
        let reply: ReplyBox?
        let trial: LetterTrial?
        let span: Span?
    }

    /// What to do with a letter that has arrived.
    enum Reception: Equatable {
        /// The thread has been forgotten.
        case refused
        /// It is in; its turn comes.
        case queued
        /// It is in, and the letters are to be handled from now on, until ``Mailbox/next()`` returns nil.
        case begin
    }

    /// When that many letters are in, further ones stay in the inbox.
    static let limit = 256
    /// The maximum number of stale messages in one line.
    static let staleLimit = 200

    private(set) var letters: [Letter] = []
    /// Those that follow ``letters``.
    private var left: [Left] = []
    /// Differs once letters were changed: what was read from the inbox in the meantime may be out of date.
    private(set) var revision = 0
    /// The letters are being handled, one at a time.
    private var isHandling = false
    /// What is being handled is a question, which becomes a turn.
    private var isTakingQuestion = false
    private var isRetired = false
    /// The reply to the letter that is being handled.
    private(set) var reply: ReplyBox?
    /// Messages too old to be answered, to be listed in one line.
    private var stale: [StoredMessage] = []

    /// Whether nothing waits and nothing is handled.
    var isIdle: Bool { self.letters.isEmpty && !self.isHandling && self.stale.isEmpty }

    /// Whether a message may be taken past the mailbox.
    var isOpen: Bool { self.isIdle && !self.isRetired }

    /// Accepts no more letters.
    mutating func retire(_ isRetired: Bool) { self.isRetired = isRetired }

    /// Whether a question is being handled or waits for it.
    var hasQuestion: Bool { self.isHandling && self.isTakingQuestion || self.letters.contains(where: \.isQuestion) }

    // MARK: In

    mutating func receive(_ letter: Letter) -> Reception {
        if self.isRetired { return .refused }
        if self.left.isEmpty, self.letters.count < Self.limit {
            self.letters.append(letter)
        } else {
            self.left.append(
                Left(number: letter.number, reply: letter.reply, trial: letter.trial, span: letter.span))
        }
        return self.begin() ? .begin : .queued
    }

    /// Accepts no more letters, and gives up those that wait. Returns who waits for them.
    mutating func abandon() -> [ReplyBox] {
        let replies = self.letters.compactMap(\.reply) + self.left.compactMap(\.reply)
        self.isRetired = true
        (self.stale, self.letters, self.left) = ([], [], [])
        self.revision += 1
        return replies
    }

    /// Whether letters are to be handled from now on: false while they are.
    private mutating func begin() -> Bool {
        defer { self.isHandling = true }
        return !self.isHandling
    }

    // MARK: Out

    /// The next letter to be handled; nil when all are handled. First, what is in ``unread`` has to be read.
    mutating func next() -> Letter? {
        self.reply = nil
        guard !self.letters.isEmpty else {
            self.isHandling = !self.left.isEmpty
            return nil
        }
        let letter = self.letters.removeFirst()
        self.reply = letter.reply
        self.isTakingQuestion = letter.isQuestion
        return letter
    }

    /// The numbers of the entries that are to be read from the inbox now.
    var unread: [Int64] { self.letters.isEmpty ? self.left.prefix(Self.limit).map(\.number) : [] }

    /// Takes the first `count` of ``unread``, of which `entries` still wait. Returns who waits for the others.
    mutating func take(_ entries: [Int64: InboxEntry], of count: Int) -> [ReplyBox] {
        var gone: [ReplyBox] = []
        for letter in self.left.prefix(count) {
            if let entry = entries[letter.number] {
                self.letters.append(Letter(entry, reply: letter.reply, trial: letter.trial, span: letter.span))
            } else if let reply = letter.reply {
                gone.append(reply)
            }
        }
        self.left.removeFirst(count)
        return gone
    }

    /// A message is handled past the mailbox: letters wait until ``endDirect()``.
    mutating func beginDirect() {
        self.isHandling = true
        self.isTakingQuestion = true
    }

    /// Whether letters have arrived in the meantime, which are to be handled now.
    mutating func endDirect() -> Bool {
        self.isHandling = !self.letters.isEmpty
        return self.isHandling
    }

    // MARK: Changes

    /// Changes a waiting message in place; in the inbox it is changed already.
    mutating func amend(_ change: MessageChange, reading: (InboundMessage, Role?) -> Intent) {
        self.revision += 1
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
        self.revision += 1
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
