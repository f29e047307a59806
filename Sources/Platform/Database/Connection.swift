/// A connection to the store, owned by one thread. Bodies of `write` and `read` may use it until they return.
///
/// One text of SQL serves both engines: parameters are `$1`, `$2`, …, or `?`, and what the engines say differently is in
/// ``SQLDialect``.
package protocol Connection: AnyObject {
    var dialect: SQLDialect { get }

    /// Runs a statement for its effect. On PostgreSQL it is sent together with the next statement whose result is needed, so
    /// that an error may be thrown by a later call, at the latest by the commit.
    func execute(_ sql: String, _ values: [SQLValue]) throws(DatabaseError)
    /// Runs a statement and returns the number of rows changed.
    func rowsChanged(by sql: String, _ values: [SQLValue]) throws(DatabaseError) -> Int
    /// Returns all rows of the result.
    func query(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) -> [Row]
    /// A query whose rows are needed after other statements: on PostgreSQL they come with the next result that is waited
    /// for.
    func later(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) -> LaterRows
    /// Returns the first row, or nil if the result is empty.
    func first(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) -> Row?

    /// Begins a part that may be undone on its own; parts may be nested. Use ``savepoint(_:)``.
    func beginPart() throws(DatabaseError)
    func endPart() throws(DatabaseError)
    func undoPart()
}

extension Connection {
    package func execute(_ sql: String, _ values: SQLValue...) throws(DatabaseError) { try self.execute(sql, values) }

    package func rowsChanged(by sql: String, _ values: SQLValue...) throws(DatabaseError) -> Int {
        try self.rowsChanged(by: sql, values)
    }

    package func query(_ sql: String, _ values: SQLValue...) throws(DatabaseError) -> [Row] {
        try self.query(sql, values)
    }

    package func first(_ sql: String, _ values: SQLValue...) throws(DatabaseError) -> Row? {
        try self.first(sql, values)
    }

    /// Runs a part of a `write` that may fail on its own: undoes its changes and rethrows the error.
    @discardableResult
    package func savepoint<Value>(_ body: () throws -> Value) throws -> Value {
        try self.beginPart()
        do {
            let value = try body()
            try self.endPart()
            return value
        } catch {
            self.undoPart()
            throw error
        }
    }

    /// Runs an `INSERT … RETURNING` of one row, in two steps like ``later(_:_:)``. The second one returns its first column,
    /// the row's number.
    package func laterID(
        _ sql: String, _ values: [SQLValue]
    ) throws(DatabaseError) -> () throws(DatabaseError) -> Int64 {
        let rows = try self.later(sql, values)
        return { () throws(DatabaseError) in
            guard let id = try rows.get().first?[0].int64 else {
                throw DatabaseError(code: .misuse, message: "an INSERT has returned no number: report it")
            }
            return id
        }
    }
}

/// What a transaction does.
enum Access: Sendable { case read, write }

/// A connection as the store's own threads use it.
protocol StoreConnection: Connection {
    var interrupter: Interrupter { get }
    var isInTransaction: Bool { get }

    /// Begins a transaction. One that reads sees one snapshot.
    func begin(_ access: Access) throws(DatabaseError)
    /// Ends a transaction. When it returns, the changes are durable.
    func commit() throws(DatabaseError)
    /// Rolls back the transaction if one is open. Cannot fail in a way that keeps its changes.
    func giveUpTransaction()

    /// Runs several statements without parameters, as in a migration.
    func script(_ sql: String) throws(DatabaseError)
    func hasTable(_ name: String) throws(DatabaseError) -> Bool

    /// Lets go of what can be read or compiled again.
    func releaseMemory()
}

extension StoreConnection {
    func releaseMemory() {}

    /// Runs a body in a transaction that writes.
    func transaction<Value>(_ body: () throws(DatabaseError) -> Value) throws(DatabaseError) -> Value {
        try self.begin(.write)
        do throws(DatabaseError) {
            let value = try body()
            try self.commit()
            return value
        } catch {
            self.giveUpTransaction()
            throw error
        }
    }
}
