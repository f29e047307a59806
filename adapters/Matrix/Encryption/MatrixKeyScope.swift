internal import Database

/// Whose rows statements are about: a file has the keys of one account, the tables of a cluster those of several.
///
/// In the statements, tables stand in braces, and `user` in quotes, which alone is a word of PostgreSQL.
struct MatrixKeyScope: Sendable {
    typealias Statement = (sql: String, values: [SQLValue])

    /// The value of the column `account`; nil in a file.
    let account: String?

    /// A statement that reads.
    func reading(_ sql: String, _ values: [SQLValue]) -> Statement {
        (self.text(sql, account: values.count + 1), values + self.owner)
    }

    func statement(_ change: MatrixKeyChanges.Change) -> Statement {
        switch change {
        case .put(let table, let row, let replaces): return self.insertion(table, row, replaces: replaces)
        case .update(let table, let assignments, let condition, let values):
            let sql = "UPDATE \(self.name(table)) SET \(assignments)"
            return (sql + self.condition(condition, values.count), values + self.owner)
        case .remove(let table, let condition, let values):
            return ("DELETE FROM \(self.name(table))" + self.condition(condition, values.count), values + self.owner)
        }
    }

    private var owner: [SQLValue] { self.account.map { [.text($0)] } ?? [] }

    private func name(_ table: MatrixKeyTable) -> String {
        self.account == nil ? table.rawValue : "matrix_\(table.rawValue)"
    }

    private func insertion(
        _ table: MatrixKeyTable, _ row: [(column: String, value: SQLValue)], replaces: Bool
    ) -> Statement {
        let own = self.account == nil ? [] : ["account"]
        let columns = own + row.map(\.column)
        let places = (1...columns.count).map { "$\($0)" }.joined(separator: ", ")
        let rest = row.map(\.column).filter { !table.key.contains($0) }
        let sql = "INSERT INTO \(self.name(table)) (\(Self.list(columns))) VALUES (\(places)) ON CONFLICT"
        let values = self.owner + row.map(\.value)
        guard replaces, !rest.isEmpty else { return (sql + " DO NOTHING", values) }
        let changes = rest.map { "\"\($0)\" = excluded.\"\($0)\"" }.joined(separator: ", ")
        return (sql + " (\(Self.list(own + table.key))) DO UPDATE SET \(changes)", values)
    }

    private func condition(_ text: String?, _ count: Int) -> String {
        let own = self.account.map { _ in "account = $\(count + 1)" }
        let parts = [own, text.map { "(\(self.text($0, account: count + 1)))" }].compactMap { $0 }
        return parts.isEmpty ? "" : " WHERE " + parts.joined(separator: " AND ")
    }

    /// - Parameter account: The number of the parameter with the account.
    private func text(_ sql: String, account number: Int) -> String {
        var text = ""
        var rest = sql[...]
        while let open = rest.utf8.firstIndex(of: UInt8(ascii: "{")),
            let close = rest.utf8[open...].firstIndex(of: UInt8(ascii: "}"))
        {
            let name = rest[rest.index(after: open)..<close]
            text += rest[..<open]
            text +=
                self.account == nil
                ? name : "(SELECT * FROM matrix_\(name) WHERE account = $\(number)) AS \(name)"
            rest = rest[rest.index(after: close)...]
        }
        return text + rest
    }

    private static func list(_ columns: [String]) -> String {
        columns.map { "\"\($0)\"" }.joined(separator: ", ")
    }
}
