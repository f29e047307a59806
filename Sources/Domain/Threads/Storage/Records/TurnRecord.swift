package import Chat
package import Database

/// One operation: a model answer, a spec stage or a command. A class, because everything that works on the turn carries
/// it along.
package final class TurnRecord: Sendable {
    package enum State: String, Sendable, CaseIterable { case queued, running, complete, failed, stopped, interrupted }

    package let id: String
    package let session: String
    package let kind: TurnKind
    /// The id on its commits: its own, or that of the turn that it continues.
    package let work: String
    package let text: String
    package let sender: Sender
    package let route: Route
    /// The message with the question.
    package let message: Int64?
    package let state: State
    package let attempts: Int
    /// Milliseconds since 1970, like the other times.
    package let queuedAt: Int64
    package let startedAt: Int64?
    package let endedAt: Int64?
    package let error: String?
    package let commits: [CommitNotice]
    /// Files of the question, to be fetched when the turn begins.
    package let attachments: [Attachment]
    /// Images of the question that have been fetched.
    package let images: [SentImage]
    /// All files of the question that have been fetched.
    package let files: [SentFile]
    /// It failed for its content, so later prompts omit it and it cannot be resumed.
    package let isLeftOut: Bool
    /// The ask whose answer has begun it.
    package let ask: String?
    /// Its prompt has text of somebody who may give no orders: a guest, or somebody without a role. Also of a turn that was
    /// stored before this was.
    package let hasForeignText: Bool
    /// The messages that it answers together; empty if it answers one.
    package let parts: [TurnPart]

    package init(
        id: String, session: String, kind: TurnKind, work: String, text: String, sender: Sender, route: Route,
        message: Int64?, state: State, attempts: Int, queuedAt: Int64, startedAt: Int64? = nil, endedAt: Int64? = nil,
        error: String? = nil, commits: [CommitNotice] = [], attachments: [Attachment] = [], images: [SentImage] = [],
        files: [SentFile] = [], isLeftOut: Bool = false, ask: String? = nil, hasForeignText: Bool = false,
        parts: [TurnPart] = []
    ) {
        self.id = id
        self.session = session
        self.kind = kind
        self.work = work
        self.text = text
        self.sender = sender
        self.route = route
        self.message = message
        self.state = state
        self.attempts = attempts
        self.queuedAt = queuedAt
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.error = error
        self.commits = commits
        self.attachments = attachments
        self.images = images
        self.files = files
        self.isLeftOut = isLeftOut
        self.ask = ask
        self.hasForeignText = hasForeignText
        self.parts = parts
    }

    /// Whether people read what the turn reports as it is. Commands have texts of the program, in which signs are filled
    /// in.
    package var showsTextAsReported: Bool {
        self.kind != .run && !self.kind.hasOwnWords
    }

    /// The turn with other values; nil keeps the old one.
    package func with(
        text: String? = nil, route: Route? = nil, message: Int64? = nil, state: State? = nil, attempts: Int? = nil,
        attachments: [Attachment]? = nil, images: [SentImage]? = nil, files: [SentFile]? = nil,
        parts: [TurnPart]? = nil
    ) -> TurnRecord {
        TurnRecord(
            id: self.id, session: self.session, kind: self.kind, work: self.work, text: text ?? self.text,
            sender: self.sender, route: route ?? self.route, message: message ?? self.message,
            state: state ?? self.state,
            attempts: attempts ?? self.attempts, queuedAt: self.queuedAt, startedAt: self.startedAt,
            endedAt: self.endedAt, error: self.error, commits: self.commits,
            attachments: attachments ?? self.attachments, images: images ?? self.images, files: files ?? self.files,
            isLeftOut: self.isLeftOut, ask: self.ask, hasForeignText: self.hasForeignText, parts: parts ?? self.parts)
    }
}

extension TurnKind {
    /// The kind of a stored turn. A kind that only a newer version knows counts as ``command``, which no worker runs.
    package static func stored(in row: Row) throws -> TurnKind { TurnKind(rawValue: try row.text("kind")) ?? .command }
}
