internal import Audit
package import Database

/// The tables of one feature, in SQLite's words, and what the engines say differently.
struct SchemaPart {
    var tables = ""
    var sqlite = ""
    var postgreSQL = ""
    /// Those of the tables whose rows go with their `session`.
    var ofSessions: [String] = []
}

// Change: a column in the database
/// The store's tables, as numbered, forward-only migrations. Documents are in Git, and secrets are stored only sealed.
package enum StoreSchema {
    package static let migrations: [Migration] = [
        Self.firstRelease, Self.underWay, Self.waitingMessages, Self.shorterWords, Self.lookups, Self.answers,
        Self.mutes, Self.surroundings, Self.joinedMessages, Self.strangers, Self.refusals,
        Self.namedCodes, Self.shares, Self.mentions, Self.wholePeople,
        Self.memory, Self.extensions, Self.schedules, Self.dataOrigins, Self.push, Self.extensionSignIns,
        Self.branches, Self.languages,
    ]

    /// The first release's, which its stores have in 34 steps.
    private static let firstRelease = Migration(
        number: 34, name: "the first release", sql: Self.joined(\.tables), sqlite: Self.joined(\.sqlite),
        postgreSQL: Self.joined(\.postgreSQL), minReader: 33, steps: Self.checksums)

    private static let parts = [
        Self.conversations, Self.access, Self.asks, Self.work, Self.documents, Self.tasks, Self.gitHub, Self.usage,
        Self.webhooks, Self.hosts, Self.matrixKeys, Self.quota, Self.changes, Self.search,
        SchemaPart(sqlite: AuditSchema.sqlite, postgreSQL: AuditSchema.postgreSQL),
    ]

    /// The tables from which a deleted session's rows go with it, besides those of its turns.
    package static var tablesOfSessions: [String] {
        Self.parts.flatMap(\.ofSessions) + ["shares", "owner_reads", "mentions", "schedules", "pushes"]
    }

    private static func joined(_ text: KeyPath<SchemaPart, String>) -> String {
        Self.parts.map { $0[keyPath: text] }.joined(separator: "\n")
    }

    private static let checksums = """
        bbcb543fb15ca225 1b19957702fd31a3 d3fc4530ae543bf6 dd82c723c7413265 e7fbff8ea24c8cd9 462ac0bcc6119194 \
        1d5715a2c3b629c5 aaaa38ec1a280c13 82fd0c07b15d6de1 4cd6fd5dff823ca7 5c39b953bd899d0d 8fa50c29b5fca9e0 \
        605f955daf9f2427 7634d8cef85e4964 6de18c1c2bafc936 b33b2073d006d8e9 eba3473beb0359eb f154479488d5a556 \
        31de10ce0f55c6ef aeeed9690d500e44 e8ea273f8ccf8385 a19f742fa5a11d0d 9ebcd8647d6cedc0 4744f0aa4a2b24c8 \
        8630a52474b65062 c5d6595e94b7e98e 7d80bae94763801a 7ff2ce12ec9bf377 68646899786fd0e5 96534f9796e2b86c \
        7cc17e773c26b035 f96282d0a3e048e1 ac2559b3b01a065c be95e7fd4dd1426f
        """.split(separator: " ").map(String.init)
}
