/// A question to the people of a thread. Its answer permits nothing; what needs permission is an ``ApprovalRequest``.
package struct ThreadQuestion: Sendable, Equatable {
    package enum Kind: String, Sendable {
        /// Of the model. Also takes free text.
        case question
        /// Of the specification flow. Also takes free text, and `done` for no more questions.
        case clarify
        /// A choice between two versions. Takes only its options and `no`.
        case conflict
        /// Whether to keep what the model proposes to remember. Takes only its options and `no`.
        case memory
    }

    package struct Option: Sendable, Equatable {
        /// One line of plain text.
        package let label: String
        package let isRecommended: Bool

        package init(_ label: String, isRecommended: Bool = false) {
            self.label = label
            self.isRecommended = isRecommended
        }
    }

    /// Who may answer it.
    package enum Answerer: String, Sendable {
        /// The person who asked, whatever their role, and every owner.
        case requester = "asker"
        /// Every member and owner in the thread.
        case members
        /// Every owner.
        case owners
    }

    package let kind: Kind
    /// What is asked, Markdown.
    package let text: String
    /// Lettered from A; at most ``optionLimit``.
    package let options: [Option]
    package let answerer: Answerer

    package static let optionLimit = 10

    package init(_ kind: Kind, _ text: String, options: [Option] = [], answerer: Answerer = .requester) {
        self.kind = kind
        self.text = text
        self.options = options
        self.answerer = answerer
    }

    package var takesText: Bool { self.kind == .question || self.kind == .clarify }
}

/// What people said to a ``ThreadQuestion``.
package struct QuestionAnswer: Sendable, Equatable {
    package enum Content: Sendable, Equatable {
        /// An option, by its letter; `comment` is what the person added.
        case option(key: String, label: String, comment: String?)
        /// The person's own words.
        case text(String)
        /// `no`, perhaps with a reason.
        case no(reason: String?)
        /// `done`: no more questions.
        case done
        /// Nobody answered in time.
        case expired
    }

    package let content: Content
    /// The name of the person who answered; nil when nobody did.
    package let by: String?

    package init(_ content: Content, by name: String? = nil) {
        self.content = content
        self.by = name
    }
}

/// A question whose answer begins the next turn, perhaps days later.
package struct ParkedQuestion: Sendable, Equatable {
    package let question: ThreadQuestion
    package let lifetime: Duration
    /// The turn that the answer begins.
    package let kind: TurnKind
    /// What that turn needs to continue; stored with the question, and not shown.
    package let payload: String

    package init(_ question: ThreadQuestion, lifetime: Duration, kind: TurnKind, payload: String = "") {
        self.question = question
        self.lifetime = lifetime
        self.kind = kind
        self.payload = payload
    }
}

/// The question whose answer has begun a turn.
package struct AnsweredQuestion: Sendable, Equatable {
    /// The ask's id.
    package let ask: String
    package let question: ThreadQuestion
    package let payload: String
    package let answer: QuestionAnswer

    package init(ask: String, question: ThreadQuestion, payload: String, answer: QuestionAnswer) {
        self.ask = ask
        self.question = question
        self.payload = payload
        self.answer = answer
    }
}
