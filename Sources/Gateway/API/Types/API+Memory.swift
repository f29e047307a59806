internal import JSON
internal import Memory
internal import Schemas

extension API {
    /// Something that is remembered in prompts.
    struct MemoryNote: Fact {
        let id: String
        let text: String
        let repository: String?
        let by: String
        let at: Timestamp

        static let notes: Notes<Self> = [
            \.repository: "For its members; null for a note of your own.", \.by: "What its author was called.",
        ]
    }

    struct NewMemoryNote: Fact {
        let text: String
        let repository: String?

        static let notes: Notes<Self> = [
            \.text: MemberNote("At most 600 bytes.", minLength: 1, maxLength: MemoryLimits.text),
            \.repository: "Keeps the note for the members of this repository; members and owners only.",
        ]
    }

    struct MemoryChange: Fact {
        let text: String

        static let notes: Notes<Self> = [
            \.text: MemberNote("At most 600 bytes.", minLength: 1, maxLength: MemoryLimits.text)
        ]
    }
}

extension API.MemoryNote {
    init(_ note: MemoryNote) {
        self.init(
            id: note.id, text: note.text, repository: note.repository, by: note.author,
            at: Timestamp(milliseconds: note.at))
    }
}
