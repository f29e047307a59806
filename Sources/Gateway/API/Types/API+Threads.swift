internal import Chat
internal import Files
internal import JSON
internal import Primitives
internal import Schemas
internal import Threads

extension API {
    /// A conversation on any network.
    struct Thread: Codable, Sendable, Documented {
        let id: String
        let adapter: String
        let title: String
        let state: SessionRecord.State
        let owner: String
        let model: String?
        let repository: String?
        let createdAt: Timestamp
        let updatedAt: Timestamp
        let activeOperation: String?
        let waiting: Bool
        let found: String?
        let canWrite: Bool
        let pinned: Bool

        static let notes = [
            "adapter": MemberNote("The network it is on, such as `web` or `irc:local`."),
            "active_operation": MemberNote("The running operation, or else the first queued one."),
            "waiting": MemberNote("Whether an ask waits for an answer."),
            "found": MemberNote("A line with the words of a search, unless the title has them."),
            "can_write": MemberNote("Whether it is one of the web chat."),
            "pinned": MemberNote("Whether it is at the top of this person's list."),
        ]
    }

    /// In a list, where threads of several people may be.
    struct ListedThread: Codable, Sendable, Documented {
        let id: String
        let adapter: String
        let title: String
        let state: SessionRecord.State
        let owner: String
        let model: String?
        let repository: String?
        let createdAt: Timestamp
        let updatedAt: Timestamp
        let activeOperation: String?
        let waiting: Bool
        let found: String?
        let canWrite: Bool
        let pinned: Bool
        let own: Bool
        let ownerName: String?

        static let notes = Thread.notes.merging(
            [
                "own": MemberNote("Whether this person began it."),
                "owner_name": MemberNote("What its owner is called, where that is known."),
            ], uniquingKeysWith: { first, _ in first })
    }

    struct ThreadQuery: Codable, Sendable, Documented {
        let cursor: String?
        let limit: Int?
        let adapter: String?
        let q: String?
        let mine: Bool?
        let pinned: Pinned?
        let archived: Bool?

        enum Pinned: String, WordChoice { case first }

        static let notes = [
            "cursor": sessionCursorNote, "limit": limitNote(30, most: 100),
            "adapter": MemberNote("Only this network's threads."),
            "q": MemberNote(
                "Only threads with all these words, or longer ones that begin with them, in one message; or with all "
                    + "of them anywhere in the title. At most 200 bytes.", maxLength: 200),
            "mine": MemberNote("`true` lists only threads that you began.", standard: false),
            "pinned": MemberNote(
                "`first` begins the first page with all threads that you have pinned; they may appear again where "
                    + "their time puts them."),
            "archived": MemberNote("`true` lists the archived threads instead of the others.", standard: false),
        ]
    }

    struct Created: Codable, Sendable {
        let id: String
    }

    struct ThreadChange: Codable, Sendable, Documented, ChangeDocument {
        let title: String?
        let archived: Bool?
        let pinned: Bool?

        static let notes = [
            "title": MemberNote(
                "One line; control and format characters are refused.", maxLength: 120,
                pattern: "^\(shown)*[^\(hidden)\\s]\(shown)*$")
        ]

        /// Control and format characters, apart from joiners, and separators of lines.
        private static let hidden =
            #"\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"#
        private static let shown = "[^\(hidden)]"
    }

    struct Message: Codable, Sendable, Documented {
        let id: String
        let role: MessageRecord.Role
        let author: String?
        let text: String
        let createdAt: Timestamp
        let operationID: String?
        let place: Int?

        static let notes = [
            "place": MemberNote(
                "How much of its operation's answer was written before it, in UTF-16 units; null if that is unknown.")
        ]
    }

    struct MessageQuery: Codable, Sendable, Documented {
        let cursor: String?
        let limit: Int?
        let after: String?
        let before: String?

        static let notes = [
            "cursor": cursorNote, "limit": limitNote(50, most: 200),
            "after": MemberNote(
                "Only messages after the one with this id.", minLength: 1, pattern: "^[0-9]{1,18}$"),
            "before": MemberNote(
                "The messages just before the one with this id, or `latest` for the newest.", minLength: 1,
                pattern: "^(latest|[0-9]{1,18})$"),
        ]
    }

    struct MessagePage: Codable, Sendable {
        let items: [Message]
        let nextCursor: String?
        let previousCursor: String?
        var operations: [Operation]
    }

    struct NewMessage: Codable, Sendable, Documented {
        let text: String

        static let notes = [
            "text": MemberNote(
                "A message or a `/command`, of at most 256 KiB.", minLength: 1, pattern: "\\S")
        ]
    }

    struct Accepted: Codable, Sendable {
        let messageID: String
        let operationID: String
    }

    /// Of a `/stop` that there was no room to store.
    struct StoppedOnly: Codable, Sendable {
        let messageID: String?
        let operationID: String?
        let detail: String
    }

    struct Upload: Codable, Sendable {
        let name: String
        let size: Int
        let type: String
    }

    struct UploadQuery: Codable, Sendable, Documented {
        let name: String

        static let notes = [
            "name": MemberNote(
                "The file's name, without a folder: 1 to 255 bytes.", minLength: 1, maxLength: 255,
                pattern: #"^[^/\\\u0000-\u001f\u007f-\u009f]+$"#)
        ]
    }

    struct ExportQuery: Codable, Sendable, Documented {
        let format: Format?

        enum Format: String, WordChoice { case markdown, json }

        static let notes = ["format": MemberNote("`markdown`, or `json` in the API's own form.", standard: "markdown")]
    }

    struct ExportedThread: Codable, Sendable {
        let thread: Thread
        let exportedAt: Timestamp
        let messages: [Message]
        let operations: [Operation]
        let asks: [Ask]
    }
}

extension SessionRecord.State: WordChoice {}
extension MessageRecord.Role: WordChoice {}
