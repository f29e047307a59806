/// What SQLite and PostgreSQL say differently.
package enum SQLDialect: Sendable {
    case sqlite, postgreSQL

    /// A condition: `column` contains the pattern, without regard to upper and lower case.
    package func contains(_ column: String, pattern: String) -> String {
        switch self {
        // Only of ASCII letters.
        case .sqlite: "\(column) LIKE \(pattern)"
        case .postgreSQL: "\(column) ILIKE \(pattern)"
        }
    }

    /// An aggregate: the texts of all rows, joined in any order.
    package func joined(_ column: String) -> String {
        "\(self == .sqlite ? "GROUP_CONCAT" : "STRING_AGG")(\(column), '')"
    }

    /// The end of a `SELECT` whose rows stay as they are until the transaction ends. SQLite has one writer anyway.
    package var locking: String { self == .sqlite ? "" : "FOR UPDATE" }

    /// The same for rows that are changed, but not deleted: others may refer to them meanwhile.
    package var changing: String { self == .sqlite ? "" : "FOR NO KEY UPDATE" }
}
