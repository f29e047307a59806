internal import Schemas
internal import Threads

extension API {
    /// A text that names this person.
    struct Mention: Fact {
        let id: String
        let kind: NamedText.Kind
        let author: String
        let text: String
        let title: String
        let url: String
        let threadID: String?
        let createdAt: Timestamp

        static let notes: Notes<Self> = [
            \.author: "Empty where only Git knows it.", \.text: "What is written around the first name, on one line.",
            \.title: "The document's path, the task's id, or the conversation's title.",
            \.url: "The page that shows it, on this host.",
        ]
    }

    /// Somebody who can be mentioned.
    struct Name: Fact {
        let id: String
        let name: String
        let written: String

        static let notes: Notes<Self> = [
            \.id: "As in the list of people.",
            \.written: "What a text has after `@` to name them: the name, or the id if others have the same name.",
        ]
    }
}

extension NamedText.Kind: WordChoice {}
