internal import Database

/// One account's rows of ``MatrixKeyStore``, in a transaction that reads.
struct MatrixKeyRows {
    let connection: any Connection
    let scope: MatrixKeyScope

    /// - Parameter sql: With the tables in braces, see ``MatrixKeyScope``.
    func query(_ sql: String, _ values: SQLValue...) throws(DatabaseError) -> [Row] {
        let statement = self.scope.reading(sql, values)
        return try self.connection.query(statement.sql, statement.values)
    }

    func first(_ sql: String, _ values: SQLValue...) throws(DatabaseError) -> Row? {
        let statement = self.scope.reading(sql, values)
        return try self.connection.first(statement.sql, statement.values)
    }

    /// A part of a table in the order of its key, after the row with the key `last`; from the first one if it is empty.
    func rows(of table: MatrixKeyTable, after last: [SQLValue], limit: Int) throws(DatabaseError) -> [Row] {
        let key = table.key.map { "\"\($0)\"" }.joined(separator: ", ")
        let places = (1...table.key.count).map { "$\($0)" }.joined(separator: ", ")
        let condition = last.isEmpty ? "" : "WHERE (\(key)) > (\(places))"
        let sql = "SELECT * FROM {\(table.rawValue)} \(condition) ORDER BY \(key) LIMIT \(limit)"
        let statement = self.scope.reading(sql, last)
        return try self.connection.query(statement.sql, statement.values)
    }
}
