package import Chat

/// The durable state behind a thread.
package struct SessionRecord: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable { case active, idle, archived }

    package let id: String
    package let key: ThreadKey
    package var title: String
    /// The id of the sender who started it.
    package let owner: String
    /// Where its answers go now.
    package var route: Route
    /// Chosen by `model`; nil for the default.
    package var model: String?
    /// Chosen by `repo`; nil for the default.
    package var repository: String?
    package var state: State
    /// The position in the history (``HistoryEntry/id``) at the last `new`; history begins after it.
    package var epoch: Int64
    package var summary: HistorySummary?
    /// Milliseconds since 1970.
    package let createdAt: Int64
    /// Milliseconds since 1970.
    package var activeAt: Int64
    /// A person has chosen the title.
    package var isNamed = false
    /// Chosen by `persona`; nil for the default.
    package var persona: String?
    /// The feature of ``repository`` that it works on, a folder's name below `specs/`; nil for none.
    package var feature: String?

    /// The bot answers there only when it is mentioned.
    package var isMuted = false
    /// The answer below which it began; nil for none.
    package var branch: SessionBranch?
    /// See ``ThreadBranches/shown``; changed by ``Ledger/showBranch(_:of:)``.
    package private(set) var shownBranch: String?

    /// A session without messages for an hour is idle. Milliseconds.
    private static let idleAfter: Int64 = 3_600_000

    /// The state as people see it. Only `archived` is stored; the rest follows from the clock, so that no job has to go
    /// through all sessions.
    package func state(at now: Int64) -> State {
        self.state == .active && now - self.activeAt > Self.idleAfter ? .idle : self.state
    }
}

/// A place in another session's history.
package struct SessionBranch: Sendable, Equatable {
    package let session: String
    /// The number of the last turn before it.
    package let turn: Int64

    package init(session: String, turn: Int64) {
        self.session = session
        self.turn = turn
    }
}

/// One entry of a thread's transcript.
package struct MessageRecord: Sendable, Equatable {
    package enum Role: String, Sendable, CaseIterable {
        case user, assistant
        /// What a person typed to the bot rather than to the model.
        case command
        /// The bot's own lines: replies to commands, refusals, `Interrupted`.
        case note
        /// A commit line.
        case commit
        /// What the model thought before the answer; the first line says how long.
        case thinking
    }

    package let id: Int64
    package let session: String
    /// The operation that it belongs to.
    package let turn: String?
    package let role: Role
    package let author: String?
    /// Markdown.
    package let text: String
    /// Milliseconds since 1970.
    package let createdAt: Int64
}

extension SessionRecord {
    /// The position in the history after which a prompt begins: that of `new` or of the summary.
    package var historyStart: Int64 { max(self.epoch, self.summary?.through ?? 0) }
}

/// One line of the outbox: a message on its way to a platform.
package struct OutboxItem: Sendable, Equatable {
    package enum Kind: String, Sendable {
        /// A finished paragraph of an answer that still grows.
        case part
        /// The rest of an answer, or a preview made complete.
        case final
        case note, commit
        /// The line that says how many messages wait.
        case waiting
        /// A message that still grows by edits.
        case preview
        /// A posted message that is to be deleted.
        case removal
        /// An edit that takes the buttons off a message, the outbox entry ``OutboxItem/message``.
        case withdrawal
        /// An ask: a question with its options.
        case ask
        /// An edit that replaces an ask, the outbox entry ``OutboxItem/message``, by its outcome; a message of its own
        /// where the ask is not in the room.
        case outcome
        /// An answer as a file, made from the transcript when it is sent; the text is the fallback.
        case file
    }

    /// What to do with messages of a growing answer that its final text does not need.
    package enum Surplus: Sendable {
        /// They stay: nothing else of the answer is left.
        case kept
        /// They are deleted.
        case removed
        /// They are emptied, where nothing can be deleted.
        case blanked
    }

    /// The text of an emptied message.
    package static let blank = "·"

    package enum State: String, Sendable {
        /// pending → sending → sent, or unknown after a crash or a lost connection in between.
        case pending, sending, sent, unknown
        case failed, dropped
        /// A posted preview that waits for its final text.
        case live
    }

    package let id: Int64
    package let session: String
    package let turn: String?
    package var kind: Kind
    package var route: Route
    /// In the platform's markup.
    package var text: String
    package let token: String
    /// The platform's id of the message that this replaces or became.
    package var reference: String?
    package var state: State
    /// Shown where the room has buttons.
    package var buttons: [MessageButton] = []
    /// The message of the transcript that a file is made from or an ask belongs to, or the entry that a withdrawal or
    /// an outcome changes. For a part with joined lines, their number.
    package var message: Int64?
    /// Its buttons no longer apply.
    package var isWithdrawn = false
    /// It is of an answer that is a document, which is in the repository, too. Not read with the entry, but with a room's.
    package var isDocument = false
    /// Another host was sending it, and may still do so if it only hangs.
    package var mayStillArrive = false
    /// When it began to wait for a room that accepts nothing from the bot, in milliseconds since 1970; nil otherwise.
    package var refusedAt: Int64?
    /// Why, as the network gave it.
    package var refusal: String?
    /// What its message showed when the room refused this text.
    package var shown: String?

    /// It is of the answer itself.
    package var isAnswer: Bool { [.part, .final, .file].contains(self.kind) }
    /// It only changes a message of its room and has no meaning in another one.
    package var isOfItsPlace: Bool { self.kind == .removal || self.kind == .withdrawal || self.text == Self.blank }
    /// What its turn says before it belongs above it, and what follows below.
    package var dividesAnswer: Bool { self.isPost && [.ask, .commit, .file].contains(self.kind) }
    /// It adds a message to the room.
    package var isPost: Bool { self.reference == nil && self.kind != .withdrawal && self.kind != .outcome }
}

/// One frame of the live protocol.
package struct LiveFrame: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case thinking, execution, error, complete
        /// A command's standard error; the protocol calls it `execution` too.
        case errorOutput = "execution.stderr"
        /// A piece of what the model thinks; the protocol calls it `thinking` too.
        case reasoning = "thinking.model"
    }

    package let operation: String
    /// From 1, without gaps in one operation.
    package let sequence: Int64
    package let kind: Kind
    package let content: String
    /// Milliseconds since 1970.
    package let timestamp: Int64

    package init(operation: String, sequence: Int64, kind: Kind, content: String, timestamp: Int64) {
        self.operation = operation
        self.sequence = sequence
        self.kind = kind
        self.content = content
        self.timestamp = timestamp
    }

    package var isLast: Bool { self.kind == .complete || self.kind == .error }
}

/// One page of a listing; `next` is the cursor of the following one.
package struct Page<Item: Sendable>: Sendable {
    package let items: [Item]
    package let next: String?

    package init(items: [Item], next: String?) {
        self.items = items
        self.next = next
    }
}
