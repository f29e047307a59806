internal import Chat
internal import Schemas
internal import Threads

extension API {
    /// A question to people.
    struct Ask: Fact {
        let id: String
        let kind: AskRecord.Kind
        let text: String
        let options: [AskOption]
        let expiresAt: Timestamp
        let canAnswer: Bool
        let waitsFor: String

        static let notes: Notes<Self> = [
            \.canAnswer: "Whether an answer of this person would count.",
            \.waitsFor: "Who may answer it, in words.",
        ]
    }

    struct AskOption: Fact {
        let key: String
        let label: String
        let recommended: Bool
    }

    /// An ask of any thread that this person may answer.
    struct WaitingAsk: Fact {
        @Merged var ask: Ask
        let threadID: String
        let title: String
        let askedBy: String
    }

    struct AskAnswer: Fact {
        let answer: String?
        let text: String?

        static let notes: Notes<Self> = [
            \.answer: "The key of an option (of several approvals at once, keys such as `A,C`), `yes`, `no` or `done`.",
            \.text: "A reason; to a question, the answer itself.",
        ]
    }

    struct AskDecision: Fact {
        let id: String
        let answer: String?
        let outcome: String
        let text: String?
        let decidedBy: String?
        let decidedAt: Timestamp?
    }
}

extension AskRecord.Kind: WordChoice {}
