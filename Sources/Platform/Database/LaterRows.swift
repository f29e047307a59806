/// The rows of a query that was sent, or run, before they are needed. For the thread and the transaction of its connection.
package final class LaterRows {
    private var rows: Result<[Row], DatabaseError>?
    /// Waits for the rows; given to ``set(_:)`` by then.
    private let wait: () throws(DatabaseError) -> Void

    init(_ rows: [Row]) {
        self.rows = .success(rows)
        self.wait = { () throws(DatabaseError) in }
    }

    init(wait: @escaping () throws(DatabaseError) -> Void) {
        self.wait = wait
    }

    func set(_ rows: [Row]) { self.rows = .success(rows) }

    /// Throws what the query threw, or a statement that was sent with it.
    package func get() throws(DatabaseError) -> [Row] {
        if self.rows == nil { try self.wait() }
        guard let rows else { throw DatabaseError(code: .misuse, message: "no result: report it") }
        return try rows.get()
    }
}
