internal import JSON
internal import Schemas

extension API {
    struct Rating: Fact {
        enum Value: String, WordChoice { case up, down, none }

        let value: Value
        let word: String?

        static let notes: Notes<Self> = [
            \.value: "`none` takes back what you said.",
            \.word: "Why, in your words; at most 1,000 bytes are kept.",
        ]
    }

    struct RatingQuery: Fact {
        let thread: String?
        let mine: Bool?
        let limit: Int?

        static let notes: Notes<Self> = [
            \.thread: "Only answers of this thread.",
            \.mine: MemberNote("`true` lists only what you said.", standard: false),
            \.limit: limitNote(50, most: 200),
        ]
    }

    /// What somebody said of an answer.
    struct RatedAnswer: Fact {
        let operationID: String
        let threadID: String
        let title: String
        let person: String
        let name: String?
        let value: Value
        let word: String?
        let model: String?
        let persona: String?
        let at: Timestamp

        enum Value: String, WordChoice { case up, down }

        static let notes: Notes<Self> = [
            \.title: "The thread's.", \.name: "What the person is called, where that is known.",
            \.word: "Why, in their words.",
        ]
    }
}
