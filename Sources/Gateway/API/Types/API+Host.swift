internal import Chat
internal import JSON
internal import Schemas
internal import Threads
internal import Words

extension Language: WordChoice {}

extension API {
    struct Model: Fact {
        let id: String
        let detail: String
        let provider: String
        let `default`: Bool
        let name: String
        let inputLimit: Int
        let outputLimit: Int
        let tokenizer: String?
        let version: String?
        let vendor: String?
        let multiplier: Double?
        let preview: Bool
    }

    struct Persona: Fact {
        let name: String
        let summary: String
        let `default`: Bool
        let model: String?

        static let notes: Notes<Self> = [
            \.default: "Whether threads have it that have chosen none.",
            \.model: "The model of threads with this persona that have chosen none; null for the default.",
        ]
    }

    struct Usage: Fact {
        let model: String
        let turns: Int64
        let inputTokens: Int64
        let outputTokens: Int64
    }

    struct UsagePage: Fact {
        let items: [Usage]
        let nextCursor: String?
        let quota: Quota?

        static let notes: Notes<Self> = [\.quota: "The account's remaining allowance, for owners."]
    }

    struct Quota: Fact {
        let provider: String
        let plan: String?
        let resetDate: String?
        let items: [QuotaItem]
    }

    struct QuotaItem: Fact {
        let id: String
        let name: String
        let unlimited: Bool
        let entitlement: Double?
        let remaining: Double?
        let percentRemaining: Double?
    }

    struct Session: Fact {
        let id: String
        let threadID: String
        let title: String
        let adapter: String
        let owner: String
        let state: SessionRecord.State
        let running: Int
        let queued: Int
        let createdAt: Timestamp
        let activeAt: Timestamp
    }

    struct SessionQuery: Fact {
        let cursor: String?
        let limit: Int?

        static let notes: Notes<Self> = [\.cursor: sessionCursorNote, \.limit: limitNote(30, most: 100)]
    }

    struct Repository: Fact {
        let name: String
        let `default`: Bool
        let url: String
        let page: String?
    }

    struct Command: Fact {
        let word: String
        let usage: String
        let summary: String
    }

    struct AuditRow: Fact {
        let number: Int64
        let at: Timestamp
        let kind: String
        let session: String?
        let turn: String?
        let actor: String
        let details: JSON
        let previous: String
        let hash: String
    }

    struct AuditQuery: Fact {
        let cursor: String?
        let limit: Int?

        static let notes: Notes<Self> = [\.cursor: cursorNote, \.limit: limitNote(50, most: 200)]
    }

    /// What a person has chosen for all their threads; null for nothing.
    struct Settings: Fact {
        let model: String?
        let instructions: String?
        let zone: String?
        let language: Language?
        let notifications: Notifications

        static let notes: Notes<Self> = [
            \.zone: "Your time zone; null for the host's.",
            \.language: "Of the bot's notes for you; null for your browser's, network's or the host's.",
        ]
    }

    struct SettingsChange: ChangeDocument {
        let model: Change<String>
        let instructions: Change<String>
        let zone: Change<String>
        let language: Change<Language>
        let notifications: Change<NotificationsChange>

        static let notes: Notes<Self> = [
            \.model: MemberNote("The id of one of the models that can be chosen now.", minLength: 1),
            \.instructions: MemberNote(maxLength: SettingsRoutes.limit),
            \.zone: MemberNote("Of the system's database, such as Europe/Berlin.", minLength: 1, maxLength: 64),
            \.notifications: MemberNote("What its members leave out stays as it is; null for the usual."),
        ]
    }

    struct Health: Fact {
        let status: String
    }

    struct Readiness: Fact {
        let status: HostReadiness.Status
        let checks: Checks
    }

    /// `ok`, or what is wrong.
    struct Checks: Fact {
        let store: String
        let model: String
        let jail: String
        let adapters: [String: AdapterState]
        let objects: String?
        let cluster: String?
        let leases: String?

        static let notes: Notes<Self> = [
            \.cluster: "Null for a host that is alone, like `leases`.",
            \.adapters: "By id, such as `irc:local`.",
            \.objects: "The object store, as it answered last; null without `objects` in the configuration.",
        ]
    }

    struct AdapterState: Fact {
        let state: AdapterStatus.State
        let since: Timestamp
        let lastEvent: Timestamp?
        let detail: String?
    }
}

extension AdapterStatus.State: WordChoice {}
extension HostReadiness.Status: WordChoice {}
