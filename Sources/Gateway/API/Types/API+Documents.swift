internal import Schemas
internal import Threads

extension API {
    /// The Markdown documents beside a thread.
    struct DocumentList: Fact {
        let repository: String
        let branch: String
        let items: [ListedDocument]
        let isCut: Bool

        static let notes: Notes<Self> = [
            \.branch: "Where a new one below `docs/` goes.",
            \.isCut: "Whether there are more than the list has.",
        ]
    }

    struct ListedDocument: Fact {
        let path: String
        let size: Int
        let branch: String
        let commit: String

        static let notes: Notes<Self> = [
            \.size: "In bytes.",
            \.branch: "Where it is read from, and where changes go.",
            \.commit: "The branch's commit that was read.",
        ]
    }

    /// Which document somebody opens: by its repository and branch, or beside a thread.
    struct DocumentAddress: Fact {
        let path: String
        let repository: String?
        let branch: String?
        let threadID: String?
        let template: String?

        static let notes: Notes<Self> = [
            \.path: MemberNote("Below `docs/`, or in a feature's folder.", minLength: 1, maxLength: 240),
            \.repository: MemberNote("Together with `branch`.", maxLength: 200),
            \.branch: MemberNote("The repository's own, or a feature's.", maxLength: 250),
            \.threadID: MemberNote("Instead of the two.", maxLength: 100),
            \.template: MemberNote("A specification's, such as `spec` or `plan`, for a new document.", maxLength: 40),
        ]
    }

    struct OpenedDocument: Fact {
        let threadID: String
        let repository: String
        let branch: String
        let path: String
        let text: String?

        static let notes: Notes<Self> = [
            \.threadID: "The conversation beside which the caller edits it.",
            \.branch: "Where changes go.", \.text: "The template's.",
        ]
    }

    struct DocumentSearch: Fact {
        let repository: String?
        let q: String?

        static let notes: Notes<Self> = [
            \.repository: "Only this one's.",
            \.q: MemberNote("Words that are all in a document's path or title.", maxLength: 200),
        ]
    }

    /// Documents of repositories.
    struct FoundDocuments: Fact {
        let items: [FoundDocument]
        let homes: [DocumentHome]
        let unreadable: [String]
        let isCut: Bool

        static let notes: Notes<Self> = [
            \.items: "By repository and feature, the newest feature first.", \.homes: "Where new documents can begin.",
            \.unreadable: "Repositories that cannot be read now.", \.isCut: "Whether there are more.",
        ]
    }

    struct FoundDocument: Fact {
        let repository: String
        let branch: String
        let feature: String?
        let path: String
        let title: String?
        let url: String

        static let notes: Notes<Self> = [
            \.feature: "Null for a document below `docs/`.", \.title: "The first heading.", \.url: "Edits it.",
        ]
    }

    struct DocumentHome: Fact {
        let repository: String
        let branch: String
        let feature: String?
    }

    struct Document: Fact {
        let path: String
        let text: String
        let commit: String
        let url: String

        static let notes: Notes<Self> = [
            \.commit: "The branch's commit that was read: the `base` of a change.",
            \.url: "Shows the document.",
        ]
    }

    /// What an event says of a document that a commit has changed.
    struct ChangedDocument: Fact {
        let path: String
        let commit: String
        let url: String
        let threadID: String
        let repository: String
        let branch: String
    }

    struct EpochQuery: Fact {
        let epoch: String?

        static let notes: Notes<Self> = [
            \.epoch: "The history that the client's text belongs to, as `hello` named it; nothing without one."
        ]
    }

    struct DocumentChange: Fact {
        let text: String
        let base: String?
        let message: String?

        static let notes: Notes<Self> = [
            \.text: "The whole new text, at most 102,400 bytes.",
            \.base: "The `commit` that was read with the document; none for a new one.",
            \.message: MemberNote("The commit's message.", maxLength: 4_000),
        ]
    }

    /// What somebody says about a passage of a document, or in answer to that.
    struct Comment: Fact {
        let number: Int64
        let author: String
        let text: String
        let quote: String
        let anchor: CommentAnchor?
        let answers: Int64?
        let createdAt: Timestamp

        static let notes: Notes<Self> = [
            \.quote: "The passage as it was; empty in an answer.",
            \.answers: "The number of the comment that it answers.",
        ]
    }

    struct CommentAnchor: Fact {
        let epoch: String
        let start: TextPosition?
        let end: TextPosition?

        static let notes: Notes<Self> = [
            \.epoch: MemberNote("The history of edits, as the live connection's `hello` names it.", maxLength: 100),
            \.start: "Of the passage's first letter; null where the passage was not found.",
            \.end: "Of its last letter.",
        ]
    }

    /// A relative position of Yjs.
    struct TextPosition: Fact {
        let tname: String
        let item: TextUnit
        let assoc: Int

        static let notes: Notes<Self> = [
            \.tname: MemberNote("Always `text`.", maxLength: 10),
            \.assoc: "0 or more: the letter that follows; less: the one before.",
        ]
    }

    struct TextUnit: Fact {
        let client: Int64
        let clock: Int64

        static let notes: Notes<Self> = [
            \.client: MemberNote(minimum: 0, maximum: 1 << 53), \.clock: MemberNote(minimum: 0, maximum: 1 << 30),
        ]
    }

    struct NewComment: Fact {
        let text: String
        let quote: String?
        let anchor: CommentAnchor?
        let answers: Int64?
        let refine: Bool?

        static let notes: Notes<Self> = [
            \.text: MemberNote(minLength: 1, maxLength: DocumentComment.textLimit),
            \.quote: MemberNote(
                "The passage, as the document has it; required unless it answers another comment.", minLength: 1,
                maxLength: DocumentComment.quoteLimit),
            \.anchor: "Where the passage is; without it, its first place in the text.",
            \.answers: MemberNote("The number of the comment that it answers.", minimum: 1),
            \.refine: "Whether the model shall change the passage so and commit it, as `refine` does.",
        ]
    }

    struct CommentQuery: Fact {
        let number: Int64

        static let notes: Notes<Self> = [\.number: MemberNote("The comment.", minimum: 1)]
    }

    struct SavedDocument: Fact {
        let commit: MadeCommit?
        let text: String
        let merged: Bool

        static let notes: Notes<Self> = [
            \.commit: "Null if the text was there already.",
            \.text: "As it is stored now.",
            \.merged: "Whether it has lines that others have committed since `base`.",
        ]
    }

    struct MadeCommit: Fact {
        let sha: String
        let url: String
    }

    /// A problem (RFC 9457) with the three texts, where others have changed the same lines.
    struct DocumentConflict: Fact {
        let type: String
        let title: String
        let status: Int
        let detail: String
        let baseText: String?
        let theirs: String?
        let ours: String?

        static let notes: Notes<Self> = [
            \.baseText: "The text at `base`; null where there was none.",
            \.theirs: "As others have committed it; null if they have deleted it.",
            \.ours: "As it was sent; null if the texts are not the reason.",
        ]
    }
}
