internal import HTTPServer
internal import JSON
internal import Schemas

// Change: a route of the API, a field of GraphQL
/// The types of the API's bodies and answers: their schemas, in the document and for the page, are read off them.
package enum API {
    /// Of lists that are read in parts.
    struct Page<Item: FieldValue>: Fact {
        let items: [Item]
        let nextCursor: String?

        static var notes: Notes<Self> {
            [\.nextCursor: "The `cursor` of the next page; null on the last one."]
        }

        init(_ items: [Item], next: String? = nil) {
            self.items = items
            self.nextCursor = next
        }
    }

    /// Of lists that are always whole.
    struct List<Item: FieldValue>: Fact {
        let items: [Item]
    }

    /// RFC 9457.
    struct Problem: Fact {
        let type: String
        let title: String
        let status: Int
        let detail: String

        static let notes: Notes<Self> = [\.detail: "What happened and what to do, for people."]
    }

    /// No members: of requests without parameters or a body.
    struct Nothing: Fact {}

    /// Of lists with `limit` and `cursor`.
    static let cursorNote = MemberNote("`next_cursor` of the page before.", minLength: 1, pattern: "^[0-9]{1,18}$")
    static let sessionCursorNote = MemberNote(
        "`next_cursor` of the page before.", minLength: 1, pattern: "^[0-9]{1,18}-")
    static func limitNote(_ usual: Int64, most: Int64) -> MemberNote {
        MemberNote("The most items to return.", minimum: 1, maximum: most, standard: .integer(usual))
    }
}
