/// One entry of a session's history, oldest first in a request.
public struct HistoryEntry: Sendable, Equatable {
    /// Who said it.
    public enum Role: String, Sendable {
        /// A person.
        case user
        /// The bot.
        case assistant
    }

    /// The place in the session's history; grows from entry to entry.
    public let id: Int64
    /// Who said it.
    public let role: Role
    /// The person's display name; nil for the bot.
    public let author: String?
    /// Markdown.
    public let text: String

    /// Makes an entry.
    public init(id: Int64, role: Role, author: String? = nil, text: String) {
        self.id = id
        self.role = role
        self.author = author
        self.text = text
    }
}

/// What a session's history was boiled down to, up to one message.
public struct HistorySummary: Sendable, Equatable {
    /// Markdown.
    public let text: String
    /// The place of the last entry that it covers.
    public let through: Int64

    /// Makes a summary.
    public init(text: String, through: Int64) {
        self.text = text
        self.through = through
    }
}

/// What a turn has to answer.
public struct TurnRequest: Sendable {
    /// The operation's id; unique for ever. Work that leaves traces (commits) carries it, so that a repeat after a
    /// crash finds what was done.
    public let id: String
    /// The session's id.
    public let session: String
    /// The text to answer, or a command's argument.
    public let text: String
    /// Who asks.
    public let sender: Sender
    /// The model chosen for the thread, or nil for the default.
    public let model: String?
    /// The repository chosen for the thread, or nil for the default.
    public let repository: String?
    /// What was said before, oldest first, after ``summary``.
    public let history: [HistoryEntry]
    /// What came before ``history``.
    public let summary: HistorySummary?
    /// A cut answer to go on with.
    public let continuing: String?

    /// Makes a request.
    public init(
        id: String, session: String, text: String, sender: Sender, model: String? = nil, repository: String? = nil,
        history: [HistoryEntry] = [], summary: HistorySummary? = nil, continuing: String? = nil
    ) {
        self.id = id
        self.session = session
        self.text = text
        self.sender = sender
        self.model = model
        self.repository = repository
        self.history = history
        self.summary = summary
        self.continuing = continuing
    }
}

/// A commit that a turn made.
public struct CommitNotice: Sendable, Equatable {
    /// The repository's configured name.
    public let repository: String
    /// The full hash, hexadecimal.
    public let sha: String
    /// The branch it was made on.
    public let branch: String
    /// Its first line.
    public let subject: String
    /// Files changed.
    public let files: Int
    /// Lines added.
    public let additions: Int
    /// Lines deleted.
    public let deletions: Int

    /// Makes a notice.
    public init(
        repository: String, sha: String, branch: String, subject: String, files: Int, additions: Int, deletions: Int
    ) {
        self.repository = repository
        self.sha = sha
        self.branch = branch
        self.subject = subject
        self.files = files
        self.additions = additions
        self.deletions = deletions
    }
}

/// What a turn reports while it runs.
public enum TurnEvent: Sendable, Equatable {
    /// The next piece of the answer, Markdown.
    case text(String)
    /// What the model or the worker is doing; shown live, not part of the answer.
    case thinking(String)
    /// One line that people in the thread should see now (waiting for the model, a retry).
    case notice(String)
    /// A commit was made.
    case commit(CommitNotice)
    /// History was summarised; kept for later turns.
    case summary(HistorySummary)
    /// Tokens were used.
    case usage(model: String, input: Int, output: Int)
}

/// How a turn ended, when it did not fail.
public enum TurnEnding: Sendable, Equatable {
    /// The answer is whole.
    case complete
    /// The answer was cut; the text says why, in half a sentence. What came before stays.
    case cut(String)
}

/// Why a turn failed.
public struct TurnFailure: Error, Sendable, CustomStringConvertible {
    /// One line: what failed, why, what to do. No secret.
    public let message: String
    /// Makes a failure.
    public init(_ message: String) { self.message = message }
    /// The text form.
    public var description: String { self.message }
}

/// Does one kind of turn: a chat answer, a spec stage.
public protocol TurnWorker: Sendable {
    /// Refuses a request at once, before it is queued: nil, or one line that says what is wrong and what to do.
    func refusal(of text: String) -> String?
    /// Runs the turn. `report` waits while the thread cannot take more. Cancellation ends it at once and throws
    /// `CancellationError`; anything else thrown should be a ``TurnFailure``.
    func run(
        _ request: TurnRequest, report: @escaping @Sendable (TurnEvent) async throws -> Void
    ) async throws -> TurnEnding
}

extension TurnWorker {
    /// Refuses nothing.
    public func refusal(of text: String) -> String? { nil }
}
