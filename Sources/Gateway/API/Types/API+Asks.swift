internal import Chat
internal import Schemas
internal import Threads

extension API {
    /// A question to people.
    struct Ask: Codable, Sendable, Documented {
        let id: String
        let kind: AskRecord.Kind
        let text: String
        let options: [AskOption]
        let expiresAt: Timestamp
        let canAnswer: Bool
        let waitsFor: String

        static let notes = [
            "can_answer": MemberNote("Whether an answer of this person would count."),
            "waits_for": MemberNote("Who may answer it, in words."),
        ]
    }

    struct AskOption: Codable, Sendable {
        let key: String
        let label: String
        let recommended: Bool
    }

    /// An ask of any thread that this person may answer.
    struct WaitingAsk: Codable, Sendable, Documented {
        let id: String
        let kind: AskRecord.Kind
        let text: String
        let options: [AskOption]
        let expiresAt: Timestamp
        let canAnswer: Bool
        let waitsFor: String
        let threadID: String
        let title: String
        let askedBy: String

        static let notes = Ask.notes
    }

    struct AskAnswer: Codable, Sendable, Documented {
        let answer: String?
        let text: String?

        static let notes = [
            "answer": MemberNote(
                "The key of an option (of several approvals at once, keys such as `A,C`), `yes`, `no` or `done`."),
            "text": MemberNote("A reason; to a question, the answer itself."),
        ]
    }

    struct AskDecision: Codable, Sendable {
        let id: String
        let answer: String?
        let outcome: String
        let text: String?
        let decidedBy: String?
        let decidedAt: Timestamp?
    }
}

extension AskRecord.Kind: WordChoice {}
