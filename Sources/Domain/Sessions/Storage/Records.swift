package import Chat

/// The durable state behind a thread.
package struct SessionRecord: Sendable, Equatable {
    package enum State: String, Sendable { case active, idle, archived }

    package let id: String
    package let key: ThreadKey
    package var title: String
    /// The sender's id of the person who began it.
    package let owner: String
    /// Where its answers go now.
    package var route: Route
    /// Chosen by `model`; nil for the default.
    package var model: String?
    /// Chosen by `repo`; nil for the default.
    package var repository: String?
    package var state: State
    /// The place in the history that `new` left behind (``HistoryEntry/id``); history begins after it.
    package var epoch: Int64
    package var summary: HistorySummary?
    /// Milliseconds since 1970.
    package let createdAt: Int64
    /// Milliseconds since 1970.
    package var activeAt: Int64

    /// A session in which nobody said anything for an hour is idle. Both times in milliseconds.
    private static let idleAfter: Int64 = 3_600_000

    /// Where the session is in its life, as people are shown it. Only being archived is stored: the rest is what the
    /// clock says, so that no job has to go through all sessions.
    package func state(at now: Int64) -> State {
        self.state == .active && now - self.activeAt > Self.idleAfter ? .idle : self.state
    }
}

/// One entry of a thread's transcript.
package struct MessageRecord: Sendable, Equatable {
    package enum Role: String, Sendable {
        case user, assistant
        /// What a person typed to the bot rather than to the model.
        case command
        /// The bot's words about itself: replies to commands, refusals, `Interrupted`.
        case note
        /// A commit line.
        case commit
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
    /// The place in the history that a prompt begins behind: what `new` left, or what the summary tells.
    var historyStart: Int64 { max(self.epoch, self.summary?.through ?? 0) }
}

/// One operation: a model answer, a spec stage or a command.
package struct TurnRecord: Sendable, Equatable {
    package enum State: String, Sendable { case queued, running, complete, failed, stopped, interrupted }

    package let id: String
    package let session: String
    /// The worker's name: `chat`, `specify`, …; `command` for what is answered at once.
    package let kind: String
    /// The id under which its traces are found: its own, or that of the turn that it goes on with.
    package let work: String
    package var text: String
    package let sender: Sender
    package var route: Route
    /// The message that asked.
    package let message: Int64?
    package var state: State
    package var attempts: Int
    package let queuedAt: Int64
    package var startedAt: Int64?
    package var endedAt: Int64?
    package var error: String?
    package var commits: [CommitNotice] = []
    /// Files that came with the question and are to be fetched when the turn begins.
    package var attachments: [Attachment] = []
}

/// One line of the outbox: a message on its way to a platform.
package struct OutboxItem: Sendable, Equatable {
    package enum Kind: String, Sendable {
        /// A finished paragraph of an answer that still grows.
        case part
        /// The rest of an answer, or a preview made complete.
        case final
        case note, commit
        /// A message that still grows by edits.
        case preview
        /// A message that stands in the room and is to be taken back.
        case removal
        /// An answer as a file, made of the transcript when it is sent; the text is for where that is refused.
        case file
    }

    /// What becomes of messages of a growing answer that its final text does not need.
    package enum Surplus: Sendable {
        /// They stay as they are: they are all that there is of the answer.
        case kept
        /// They are taken back.
        case removed
        /// They are emptied, where nothing can be taken back.
        case blanked
    }

    /// What an emptied message reads.
    package static let blank = "·"

    package enum State: String, Sendable {
        /// pending → sending → sent, or unknown after a crash or a lost connection in between.
        case pending, sending, sent, unknown
        case failed, dropped
        /// A preview that stands in the room and waits for its final text.
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
    /// What can be chosen at it; shown where the room has buttons.
    package var buttons: [MessageButton] = []
    /// The entry of the transcript that a file is made of.
    package var message: Int64?

    /// It only changes what stands in its place, and means nothing in another one.
    var isOfItsPlace: Bool { self.kind == .removal || self.text == Self.blank }
}

/// One frame of the live protocol.
package struct LiveFrame: Sendable, Equatable {
    package enum Kind: String, Sendable { case thinking, execution, error, complete }

    package let operation: String
    /// From 1, without gaps in one operation.
    package let sequence: Int64
    package let kind: Kind
    package let content: String
    /// Milliseconds since 1970.
    package let timestamp: Int64

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
