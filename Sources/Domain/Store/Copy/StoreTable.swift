internal import Database

/// A table as a copy reads and writes it.
struct StoreTable: Sendable {
    let name: String
    /// The columns of its primary key, by which it is read in parts.
    let key: [String]

    /// All tables of the schema, each after those that it refers to; but not what is only about this server (`hosts`,
    /// `places`), made from the others (`message_words`), or of the last minutes (`changes`).
    static let all: [StoreTable] = {
        let left = Set(["hosts", "places", "changes"] + Self.last.map(\.name))
        var (name, tables) = ("", [StoreTable]())
        for line in StoreSchema.migrations.flatMap({ ($0.sql + $0.sqlite).split(separator: "\n") }) {
            let words = line.split { " (),\"".contains($0) }.map(String.init)
            if words.starts(with: ["CREATE", "TABLE"]) { name = words[2] }
            guard let place = words.firstIndex(of: "PRIMARY"), !left.contains(name) else { continue }
            // `PRIMARY KEY (a, b)` below the columns, or beside the only one.
            let key = words[(place + 2)...].prefix { $0 != "WITHOUT" && $0 != "AUTOINCREMENT" }
            tables.append(StoreTable(name: name, key: key.isEmpty ? [words[0]] : Array(key)))
        }
        return tables
    }()

    /// Tables with rows from the start, or that triggers fill: their rows replace those of the target at the end.
    static let last: [StoreTable] = [
        StoreTable(name: "person_storage", key: ["person"]), StoreTable(name: "floors", key: ["name"]),
        StoreTable(name: "audit_head", key: ["id"]),
    ]

    /// Ids that PostgreSQL gives out by itself.
    static let numbered = [
        "inbox", "turns", "messages", "outbox", "asks", "github_deliveries", "github_news", "webhook_deliveries",
        "usage_records",
        "document_comments",
    ]

    /// A part of the rows, in the order of the key, after the row with the key `last`.
    func rows(after last: [SQLValue]?, limit: Int, in connection: any Connection) throws -> [Row] {
        let key = Self.list(self.key)
        let places = (1...self.key.count).map { "$\($0)" }.joined(separator: ", ")
        let condition = last == nil ? "" : "WHERE (\(key)) > (\(places))"
        return try connection.query(
            "SELECT * FROM \(self.name) \(condition) ORDER BY \(key) LIMIT \(limit)", last ?? [])
    }

    func key(of row: Row) -> [SQLValue] { self.key.map { row[$0] } }

    /// Columns as statements name them: `user` alone is a word of PostgreSQL.
    static func list(_ columns: [String]) -> String { columns.map { "\"\($0)\"" }.joined(separator: ", ") }
}
