internal import JSON
internal import Schemas

extension API {
    enum ShareRole: String, WordChoice { case read, join }

    /// By whom somebody else's thread is shared with the caller.
    struct SharedThread: Fact {
        let by: String
        let role: ShareRole
    }

    /// That somebody else may see a thread.
    struct Share: Fact {
        let id: String
        let with: String
        let name: String?
        let role: ShareRole
        let url: String?
        let by: String
        let createdAt: Timestamp
        let expiresAt: Timestamp?

        static let notes: Notes<Self> = [
            \.with: "A person's identity, `host` for members and owners, or `public` for a page.",
            \.name: "What the person is called.",
            \.url: "What to open; null for a public page's, which is shown only when it is made.",
            \.by: "Who made it.",
        ]
    }

    struct NewShare: Fact {
        let with: String
        let role: ShareRole?
        let expires: String?

        static let notes: Notes<Self> = [
            \.with: MemberNote(
                "A person's id, identity or unique name; `host` for members and owners; `public` for a page that whoever has "
                    + "its link can read.", minLength: 1, maxLength: 200),
            \.role: MemberNote("What they may do: a public page can only be read.", standard: "read"),
            \.expires: MemberNote(
                "When it ends: `12h`, `7d`, or a time. By default a public page ends after seven days, and other shares do not.",
                minLength: 2, maxLength: 40),
        ]
    }
}
