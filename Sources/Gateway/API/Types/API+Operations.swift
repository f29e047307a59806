internal import Chat
internal import JSON
package import Schemas
internal import Threads

extension API {
    /// The work on a message.
    struct Operation: Fact {
        let id: String
        let threadID: String
        let kind: String
        var state: TurnRecord.State
        let queuedAt: Timestamp
        let startedAt: Timestamp?
        var endedAt: Timestamp?
        let error: String?
        let position: Int?
        let commits: [Commit]

        static let notes: Notes<Self> = [
            \.kind: "Such as `chat` or `specify`.",
            \.position: "The operations queued before it in its thread; null if it is not queued.",
        ]
    }

    struct Commit: Fact {
        let sha: String
        let url: String
        let repository: String
        let branch: String
        let subject: String
        let files: Int
        let additions: Int
        let deletions: Int
    }

    struct CommitFiles: Fact {
        let sha: String
        let files: Int
        let additions: Int
        let deletions: Int
        let items: [CommitFile]
        let nextCursor: String?
    }

    struct CommitFile: Fact {
        let path: String
        let oldPath: String?
        let kind: ViewerFileChange.Kind
        let additions: Int
        let deletions: Int
        let binary: Bool

        static let notes: Notes<Self> = [\.oldPath: "Of a renamed or copied file."]
    }

    /// A call of a tool. What is null has not happened, or is not new.
    struct Step: Fact {
        let id: String
        let tool: String?
        let title: String?
        let state: TurnStep.State?
        let decision: String?
        let input: [StepInput]?
        let output: String?
        let summary: String?
        let hasChanges: Bool?
        let startedMs: Int?
        let endedMs: Int?
    }

    struct StepInput: Fact {
        let name: String
        let text: String
    }

    struct StepPage: Fact {
        let operationID: String?
        let items: [Step]
        let position: Int
        let isCut: Bool
        let nextCursor: String?

        static let notes: Notes<Self> = [\.position: "For `after`: what comes later is new."]
    }

    struct StepQuery: Fact {
        let operation: String?
        let after: Int?

        static let notes: Notes<Self> = [
            \.operation: "Of this operation of the thread.",
            \.after: MemberNote(
                "Only what is new since an answer with this `position`. Members that are null have not changed since.",
                minimum: 0, maximum: 1 << 53, standard: 0),
        ]
    }

    package struct Job: Fact {
        let id: String
        let operationID: String
        let command: String
        let background: Bool
        let state: Chat.Job.State
        let ending: String?
        let startedAt: Timestamp
        let endedAt: Timestamp?

        package static let notes: Notes<Self> = [\.ending: "How it ended, in words."]
    }

    struct WorkspaceFile: Fact {
        let path: String
        let kind: Kind
        let size: Int?

        enum Kind: String, WordChoice { case file, folder, link, other }
    }

    struct FileQuery: Fact {
        let path: String?
        let name: String?

        static let notes: Notes<Self> = [
            \.path: "Only entries below this folder.",
            \.name: "Answers this file's bytes instead of a list.",
        ]
    }

    struct WorkspaceDiff: Fact {
        let diff: String

        static let notes: Notes<Self> = [\.diff: "A unified diff; empty without a difference."]
    }

    struct Snapshot: Fact {
        let id: String
        let reason: String
        let createdAt: Timestamp
    }
}

extension TurnRecord.State: WordChoice {}
extension ViewerFileChange.Kind: WordChoice {}
extension TurnStep.State: WordChoice {}
extension Chat.Job.State: WordChoice {}
