/// One entry of a session's history, oldest first in a request. A class, because lists of hundreds of them are copied for
/// each turn.
package final class HistoryEntry: Sendable, Equatable {
    package enum Role: String, Sendable {
        case user
        case assistant
    }

    /// The position in the session's history; increases from entry to entry.
    package let id: Int64
    package let role: Role
    /// The person's display name; nil for the bot.
    package let author: String?
    /// Markdown.
    package let text: String
    /// The images that the person sent with it.
    package let images: [SentImage]
    /// What was said beside it, as a prompt shows it before ``text``; empty for nothing.
    package let surroundings: String
    /// The tokens of ``surroundings`` and ``text``: an entry is in the prompts of many turns, and is weighed once.
    package let tokens = LazyCount()

    package init(
        id: Int64, role: Role, author: String? = nil, text: String, images: [SentImage] = [], surroundings: String = ""
    ) {
        self.id = id
        self.role = role
        self.author = author
        self.text = text
        self.images = images
        self.surroundings = surroundings
    }

    /// The entry with other values; nil keeps the old one.
    package func with(
        text: String? = nil, images: [SentImage]? = nil, surroundings: String? = nil
    ) -> HistoryEntry {
        HistoryEntry(
            id: self.id, role: self.role, author: self.author, text: text ?? self.text, images: images ?? self.images,
            surroundings: surroundings ?? self.surroundings)
    }

    package static func == (one: HistoryEntry, other: HistoryEntry) -> Bool {
        if one === other { return true }
        return one.id == other.id && one.role == other.role && one.author == other.author && one.text == other.text
            && one.images == other.images && one.surroundings == other.surroundings
    }
}

/// A summary of a session's history up to one entry.
package struct HistorySummary: Sendable, Equatable {
    /// Markdown.
    package let text: String
    /// The position of the last entry that it covers.
    package let through: Int64

    package init(text: String, through: Int64) {
        self.text = text
        self.through = through
    }
}

// Change: what a commit's line shows
/// A commit that a turn made.
package struct CommitNotice: Sendable, Equatable {
    /// The repository's configured name.
    package let repository: String
    /// The full hash, hexadecimal.
    package let sha: String
    /// The branch it was made on.
    package let branch: String
    /// The first line of its message.
    package let subject: String
    /// Files changed.
    package let files: Int
    /// Lines added.
    package let additions: Int
    /// Lines deleted.
    package let deletions: Int
    /// The paths of the documents that it changes, while it is reported; they are not stored with it.
    package let documents: [String]

    package init(
        repository: String, sha: String, branch: String, subject: String, files: Int, additions: Int, deletions: Int,
        documents: [String] = []
    ) {
        self.repository = repository
        self.sha = sha
        self.branch = branch
        self.subject = subject
        self.files = files
        self.additions = additions
        self.deletions = deletions
        self.documents = documents
    }
}

/// A file that a turn sends into the thread.
package struct TurnFile: Sendable, Equatable {
    /// Its name, perhaps with folders.
    package let name: String
    package let bytes: [UInt8]
    /// An answer that is read aloud; not a file of the workspace.
    package let isVoice: Bool

    package init(name: String, bytes: [UInt8], isVoice: Bool = false) {
        self.name = name
        self.bytes = bytes
        self.isVoice = isVoice
    }
}

/// What a running turn reports. Large events are indirect, because functions that wait hold them.
package enum TurnEvent: Sendable, Equatable {
    /// The next piece of the answer, Markdown.
    case text(String)
    /// Output of a command; the thread shows it in code blocks, without control sequences.
    indirect case output(CommandOutput)
    /// What the worker is doing, one line; shown live, not part of the answer.
    case thinking(String)
    /// The next piece of what the model thinks before it answers or acts: shown folded, not part of the answer.
    case reasoning(String)
    /// The state of the work with tools; replaces the last one.
    indirect case steps(TurnSteps)
    /// The model is asked again after a pause: one line, which the next one replaces, and which ends with anything else.
    case waiting(String)
    /// One line for the thread. Names commands without a sign, as code: `` `model` ``.
    case notice(String)
    /// A line with choices, named like the commands of a notice: buttons where the room has them.
    indirect case offer(String, [MessageButton])
    /// A commit was made.
    indirect case commit(CommitNotice)
    /// What differs in the thread's workspace from its branch's last commit: a unified diff, not empty.
    case diff(String)
    /// A file for the people in the thread.
    indirect case file(TurnFile)
    /// History was summarised; kept for later turns.
    indirect case summary(HistorySummary)
    /// From now on the thread works on this feature of its repository, a folder's name below `specs/`.
    case feature(String)
    /// A request to a model is about to be made. Reporting it throws a ``TurnFailure`` when a budget is used up.
    case asking
    /// A request to a model has ended.
    indirect case usage(ModelCall)
}

/// How a turn ended, if it did not fail.
package enum TurnEnding: Sendable, Equatable {
    case complete
    /// The answer was cut off; the text so far stays. The value is the reason, a clause without a full stop.
    case cut(String)
    /// Like ``cut(_:)``, but for what the question or the answer says: asking again would fail again, so both are left
    /// out of later prompts and the answer cannot be resumed.
    case filtered(String)
    /// Complete, with a question as its last message: the answer begins the next turn. The question is stored in the
    /// transaction that ends the turn. It fails the turn if the room cannot show it whole.
    case asked(ParkedQuestion)
}

/// Why a turn failed.
package struct TurnFailure: Error, Sendable, CustomStringConvertible {
    package enum Cause: Sendable {
        /// The question itself (a content filter, its length): it is left out of later prompts.
        case content
        /// Anything else, such as the network: the same question may succeed later.
        case other
    }

    /// One line: what failed, why, what to do. No secret. Names commands without a sign, as code: `` `model` ``.
    package let message: String
    package let cause: Cause

    package init(_ message: String, cause: Cause = .other) {
        self.message = message
        self.cause = cause
    }

    package var description: String { self.message }
}

/// Runs one kind of turn: a chat answer, a spec stage, a command.
package protocol TurnWorker: Sendable {
    /// Refuses a request before it is queued: nil, or one line that says what is wrong and what to do.
    func refusal(of text: String) -> String?
    /// Runs the turn. When cancelled it throws `CancellationError` at once; any other error should be a
    /// ``TurnFailure``.
    func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding
}

extension TurnWorker {
    package func refusal(of text: String) -> String? { nil }
}
