internal import Chat
internal import Files
internal import JSON
internal import Primitives
internal import Schemas
internal import Threads

extension API {
    /// A conversation on any network.
    struct Thread: Fact {
        let id: String
        let adapter: String
        let title: String
        let state: SessionRecord.State
        let owner: String
        let model: String?
        let persona: String?
        let repository: String?
        let createdAt: Timestamp
        let updatedAt: Timestamp
        let activeOperation: String?
        let waiting: Bool
        let found: String?
        let foundMessage: String?
        let canWrite: Bool
        let pinned: Bool
        let shared: SharedThread?
        let lastMessage: String?
        let branch: String

        static let notes: Notes<Self> = [
            \.adapter: "The network it is on, such as `web` or `irc:local`.",
            \.model: "The one that was chosen; null for its persona's, or the default.",
            \.persona: "The one that was chosen; null for the default.",
            \.activeOperation: "The running operation, or else the first queued one.",
            \.waiting: "Whether an ask waits for an answer.",
            \.found: "A line with the words of a search, unless the title has them.",
            \.foundMessage: "The message with that line.",
            \.canWrite: "Whether it is one of the web chat in which this person may write.",
            \.pinned: "Whether it is at the top of this person's list.",
            \.shared: "Of another person's thread, by whom it is shared with this person, and to do what.",
            \.lastMessage: "The newest message.",
            \.branch: "The branch that prompts, the page and exports show; `main` is the first one.",
        ]
    }

    /// In a list, where threads of several people may be.
    struct ListedThread: Fact {
        @Merged var thread: Thread
        let own: Bool
        let ownerName: String?

        static let notes: Notes<Self> = [
            \.own: "Whether this person began it.",
            \.ownerName: "What its owner is called, where that is known.",
        ]
    }

    struct ThreadQuery: Fact {
        let cursor: String?
        let limit: Int?
        let adapter: String?
        let q: String?
        let mine: Bool?
        let pinned: Pinned?
        let archived: Bool?

        enum Pinned: String, WordChoice { case first }

        static let notes: Notes<Self> = [
            \.cursor: sessionCursorNote, \.limit: limitNote(30, most: 100),
            \.adapter: "Only this network's threads.",
            \.q: MemberNote(
                "Only threads with all these words, or longer ones that begin with them, in one message; or with all "
                    + "of them anywhere in the title. At most 200 bytes.", maxLength: 200),
            \.mine: MemberNote("`true` lists only threads that you began.", standard: false),
            \.pinned: MemberNote(
                "`first` begins the first page with all threads that you have pinned; they may appear again where "
                    + "their time puts them."),
            \.archived: MemberNote("`true` lists the archived threads instead of the others.", standard: false),
        ]
    }

    struct Created: Fact {
        let id: String
    }

    struct ThreadChange: ChangeDocument {
        let title: String?
        let archived: Bool?
        let pinned: Bool?
        let branch: String?

        static let notes: Notes<Self> = [
            \.branch: "Shows this branch from now on, to people and models. Refused while an answer runs or waits.",
            \.title: MemberNote(
                "One line; control and format characters are refused.", maxLength: 120,
                pattern: "^\(shown)*[^\(hidden)\\s]\(shown)*$"),
        ]

        /// Control and format characters, apart from joiners, and separators of lines.
        private static let hidden =
            #"\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"#
        private static let shown = "[^\(hidden)]"
    }

    struct Message: Fact {
        let id: String
        let role: MessageRecord.Role
        let author: String?
        let text: String
        let createdAt: Timestamp
        let operationID: String?
        let place: Int?
        let files: [MessageFile]
        let written: Int?
        let branch: String
        let branches: [String]

        static let notes: Notes<Self> = [
            \.place:
                "How much of its operation's answer was written before it, in UTF-16 units; null if that is unknown.",
            \.files: "The files that came with it.",
            \.written: "How much its author wrote, in UTF-16 units, if the files are listed below it; else null.",
            \.branch: "The branch in which it was written: the id of the operation that began it, or `main`.",
            \.branches: "Of a question with several versions, the branches that have one, in order; else empty.",
        ]
    }

    struct MessageFile: Fact {
        let name: String
        let type: String?
        let size: Int?
        let url: String?

        static let notes: Notes<Self> = [
            \.type: "By its content, or else as the sender's program claims.",
            \.size: "In bytes, where it is known.",
            \.url: "Where its content is; null until it has arrived.",
        ]
    }

    struct MessageQuery: Fact {
        let cursor: String?
        let limit: Int?
        let after: String?
        let before: String?
        let branch: String?

        static let notes: Notes<Self> = [
            \.cursor: cursorNote, \.limit: limitNote(50, most: 200),
            \.after: MemberNote(
                "Only messages after the one with this id.", minLength: 1, pattern: "^[0-9]{1,18}$"),
            \.before: MemberNote(
                "The messages just before the one with this id, or `latest` for the newest.", minLength: 1,
                pattern: "^(latest|[0-9]{1,18})$"),
            \.branch: "What this branch shows, instead of the thread's own.",
        ]
    }

    struct MessagePage: Fact {
        let items: [Message]
        let nextCursor: String?
        let previousCursor: String?
        var operations: [Operation]
    }

    struct NewMessage: Fact {
        let text: String
        let replaces: String?

        static let notes: Notes<Self> = [
            \.text: MemberNote(
                "A message or a `/command`, of at most 256 KiB.", minLength: 1, pattern: "\\S"),
            \.replaces: MemberNote(
                "Your own question, by its id, whose place this one takes in a branch of its own.", minLength: 1,
                pattern: "^[0-9]{1,18}$"),
        ]
    }

    struct Accepted: Fact {
        let messageID: String
        let operationID: String
    }

    /// Of a `/stop` that there was no room to store.
    struct StoppedOnly: Fact {
        let messageID: String?
        let operationID: String?
        let detail: String
    }

    struct Upload: Fact {
        let name: String
        let size: Int
        let type: String
    }

    struct UploadQuery: Fact {
        let name: String

        static let notes: Notes<Self> = [
            \.name: MemberNote(
                "The file's name, without a folder: 1 to 255 bytes.", minLength: 1, maxLength: 255,
                pattern: #"^[^/\\\u0000-\u001f\u007f-\u009f]+$"#)
        ]
    }

    struct ExportQuery: Fact {
        let format: Format?

        enum Format: String, WordChoice { case markdown, json }

        static let notes: Notes<Self> = [
            \.format: MemberNote("`markdown`, or `json` in the API's own form.", standard: "markdown")
        ]
    }

    struct ExportedThread: Fact {
        let thread: Thread
        let exportedAt: Timestamp
        let messages: [Message]
        let operations: [Operation]
        let asks: [Ask]
    }
}

extension SessionRecord.State: WordChoice {}
extension MessageRecord.Role: WordChoice {}
