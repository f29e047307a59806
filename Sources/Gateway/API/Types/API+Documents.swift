internal import Schemas
internal import Threads

extension API {
    /// The Markdown documents beside a thread.
    struct DocumentList: Codable, Sendable, Documented {
        let repository: String
        let branch: String
        let items: [ListedDocument]
        let isCut: Bool

        static let notes = [
            "branch": MemberNote("Where they are read from, and where changes go."),
            "is_cut": MemberNote("Whether there are more than the list has."),
        ]
    }

    struct ListedDocument: Codable, Sendable, Documented {
        let path: String
        let size: Int
        let commit: String

        static let notes = [
            "size": MemberNote("In bytes."), "commit": MemberNote("The branch's commit that was read."),
        ]
    }

    struct Document: Codable, Sendable, Documented {
        let path: String
        let text: String
        let commit: String
        let url: String

        static let notes = [
            "commit": MemberNote("The branch's commit that was read: the `base` of a change."),
            "url": MemberNote("Shows the document."),
        ]
    }

    /// What an event says of a document that a commit has changed.
    struct ChangedDocument: Codable, Sendable {
        let path: String
        let commit: String
        let url: String
        let threadID: String
        let repository: String
        let branch: String
    }

    struct EpochQuery: Codable, Sendable, Documented {
        let epoch: String?

        static let notes = [
            "epoch": MemberNote(
                "The history that the client's text belongs to, as `hello` named it; nothing without one.")
        ]
    }

    struct DocumentChange: Codable, Sendable, Documented {
        let text: String
        let base: String?
        let message: String?

        static let notes = [
            "text": MemberNote("The whole new text, at most 102,400 bytes."),
            "base": MemberNote("The `commit` that was read with the document; none for a new one."),
            "message": MemberNote("The commit's message.", maxLength: 4_000),
        ]
    }

    /// What somebody says about a passage of a document, or in answer to that.
    struct Comment: Codable, Sendable, Documented {
        let number: Int64
        let author: String
        let text: String
        let quote: String
        let anchor: CommentAnchor?
        let answers: Int64?
        let createdAt: Timestamp

        static let notes = [
            "quote": MemberNote("The passage as it was; empty in an answer."),
            "answers": MemberNote("The number of the comment that it answers."),
        ]
    }

    struct CommentAnchor: Codable, Sendable, Documented {
        let epoch: String
        let start: TextPosition?
        let end: TextPosition?

        static let notes = [
            "epoch": MemberNote("The history of edits, as the live connection's `hello` names it.", maxLength: 100),
            "start": MemberNote("Of the passage's first letter; null where the passage was not found."),
            "end": MemberNote("Of its last letter."),
        ]
    }

    /// A relative position of Yjs.
    struct TextPosition: Codable, Sendable, Documented {
        let tname: String
        let item: TextUnit
        let assoc: Int

        static let notes = [
            "tname": MemberNote("Always `text`.", maxLength: 10),
            "assoc": MemberNote("0 or more: the letter that follows; less: the one before."),
        ]
    }

    struct TextUnit: Codable, Sendable, Documented {
        let client: Int64
        let clock: Int64

        static let notes = [
            "client": MemberNote(minimum: 0, maximum: 1 << 53), "clock": MemberNote(minimum: 0, maximum: 1 << 30),
        ]
    }

    struct NewComment: Codable, Sendable, Documented {
        let text: String
        let quote: String?
        let anchor: CommentAnchor?
        let answers: Int64?
        let refine: Bool?

        static let notes = [
            "text": MemberNote(minLength: 1, maxLength: DocumentComment.textLimit),
            "quote": MemberNote(
                "The passage, as the document has it; required unless it answers another comment.", minLength: 1,
                maxLength: DocumentComment.quoteLimit),
            "anchor": MemberNote("Where the passage is; without it, its first place in the text."),
            "answers": MemberNote("The number of the comment that it answers.", minimum: 1),
            "refine": MemberNote("Whether the model shall change the passage so and commit it, as `refine` does."),
        ]
    }

    struct CommentQuery: Codable, Sendable, Documented {
        let number: Int64

        static let notes = ["number": MemberNote("The comment.", minimum: 1)]
    }

    struct SavedDocument: Codable, Sendable, Documented {
        let commit: MadeCommit?
        let text: String
        let merged: Bool

        static let notes = [
            "commit": MemberNote("Null if the text was there already."),
            "text": MemberNote("As it is stored now."),
            "merged": MemberNote("Whether it has lines that others have committed since `base`."),
        ]
    }

    struct MadeCommit: Codable, Sendable {
        let sha: String
        let url: String
    }

    /// A problem (RFC 9457) with the three texts, where others have changed the same lines.
    struct DocumentConflict: Codable, Sendable, Documented {
        let type: String
        let title: String
        let status: Int
        let detail: String
        let baseText: String?
        let theirs: String?
        let ours: String?

        static let notes = [
            "base_text": MemberNote("The text at `base`; null where there was none."),
            "theirs": MemberNote("As others have committed it; null if they have deleted it."),
            "ours": MemberNote("As it was sent; null if the texts are not the reason."),
        ]
    }
}
