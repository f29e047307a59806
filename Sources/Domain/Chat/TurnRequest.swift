/// The input of a turn. A class, because everything that works on the turn carries it along.
package final class TurnRequest: Sendable {
    /// That of the turn for which the current task works; nil outside of turns.
    @TaskLocal package static var current: TurnRequest?

    /// The operation's id; unique for ever. Commits carry it, so that a retry after a crash finds them.
    package let id: String
    package let session: String
    /// The text to answer, or a command's argument.
    package let text: String
    /// The images that came with the text.
    package let images: [SentImage]
    package let sender: Sender
    /// The sender's role now.
    package let role: Role
    /// Chosen for the thread; nil for the default.
    package let model: String?
    /// Chosen for the thread; nil for the default.
    package let repository: String?
    /// Chosen for the thread; nil for the default.
    package let persona: String?
    /// The feature that the thread works on, by its folder's name below `specs/`; nil for none.
    package let feature: String?
    /// Earlier messages after ``summary``, oldest first.
    package let history: [HistoryEntry]
    /// Covers what precedes ``history``.
    package let summary: HistorySummary?
    /// An interrupted answer to continue.
    package let continuing: String?
    /// A person continued a turn that had ended early.
    package let isResumed: Bool
    /// The host restarted while the turn was waiting for people to answer; the turn continues with their answer.
    package let isAwaited: Bool
    /// The question whose answer has begun the turn; ``text`` is the answer in words.
    package let answered: AnsweredQuestion?
    /// Nothing was ever done or stored for this turn.
    package let isNew: Bool
    /// A part of the prompt was written by somebody who may give no orders: a guest, somebody who no longer has a role, or
    /// a stranger elsewhere. Decided when the prompt is made, for the whole turn and what continues it.
    package let hasForeignText: Bool
    /// Where parts of the prompt may come from whose data has a class. Decided when the prompt is made, for the whole turn and
    /// what continues it.
    package let origins: Set<DataOrigin>
    /// What the sender has set for all answers, in their own words; nil for nothing.
    package let instructions: String?
    /// What the sender, and the repository's members, wanted remembered, as the prompt shows it; empty for nothing.
    package let memory: String
    /// Nil where the prompt need not say it.
    package let occasion: Occasion?
    /// What was said beside the question, as the prompt shows it before ``text``; empty for nothing.
    package let surroundings: String

    package init(
        id: String, session: String, text: String, images: [SentImage] = [], sender: Sender, role: Role = .guest,
        model: String? = nil, repository: String? = nil, persona: String? = nil, feature: String? = nil,
        history: [HistoryEntry] = [], summary: HistorySummary? = nil, continuing: String? = nil,
        isResumed: Bool = false, isAwaited: Bool = false, answered: AnsweredQuestion? = nil, isNew: Bool = false,
        hasForeignText: Bool = false, origins: Set<DataOrigin> = [], instructions: String? = nil,
        memory: String = "", occasion: Occasion? = nil, surroundings: String = ""
    ) {
        self.id = id
        self.session = session
        self.text = text
        self.images = images
        self.sender = sender
        self.role = role
        self.model = model
        self.repository = repository
        self.persona = persona
        self.feature = feature
        self.history = history
        self.summary = summary
        self.continuing = continuing
        self.isResumed = isResumed
        self.isAwaited = isAwaited
        self.answered = answered
        self.isNew = isNew
        self.hasForeignText = hasForeignText
        self.origins = origins
        self.instructions = instructions
        self.memory = memory
        self.occasion = occasion
        self.surroundings = surroundings
    }

    /// The same request after another past.
    package func after(_ history: [HistoryEntry], summary: HistorySummary?) -> TurnRequest {
        self.with(text: self.text, images: self.images, history: history, summary: summary)
    }

    /// The same request with other words; nil keeps what it had.
    ///
    /// - Parameter hasForeignText: Whether the words have some, besides what the turn has already.
    package func with(
        text: String, images: [SentImage]? = nil, history: [HistoryEntry]? = nil, hasForeignText: Bool = false
    ) -> TurnRequest {
        self.with(
            text: text, images: images ?? self.images, history: history ?? self.history, summary: self.summary,
            hasForeignText: hasForeignText)
    }

    /// The same turn with other words, and nothing of what was said before.
    ///
    /// - Parameter hasForeignText: Whether the words have some, besides what the turn has already.
    package func alone(
        asking text: String, persona: String?, feature: String? = nil, hasForeignText: Bool = false
    ) -> TurnRequest {
        TurnRequest(
            id: self.id, session: self.session, text: text, sender: self.sender, role: self.role, model: self.model,
            repository: self.repository, persona: persona, feature: feature ?? self.feature,
            isResumed: self.isResumed, isAwaited: self.isAwaited,
            hasForeignText: hasForeignText || self.hasForeignText, origins: self.origins)
    }

    private func with(
        text: String, images: [SentImage], history: [HistoryEntry], summary: HistorySummary?,
        hasForeignText: Bool = false
    ) -> TurnRequest {
        TurnRequest(
            id: self.id, session: self.session, text: text, images: images, sender: self.sender, role: self.role,
            model: self.model, repository: self.repository, persona: self.persona, feature: self.feature,
            history: history, summary: summary, continuing: self.continuing, isResumed: self.isResumed,
            isAwaited: self.isAwaited, answered: self.answered, isNew: self.isNew,
            hasForeignText: hasForeignText || self.hasForeignText, origins: self.origins,
            instructions: self.instructions, memory: self.memory,
            occasion: self.occasion,
            surroundings: self.surroundings)
    }
}
