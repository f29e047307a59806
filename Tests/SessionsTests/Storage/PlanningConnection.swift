import Database

@testable import Sessions

/// Passes everything on, and keeps SQLite's plan for each statement: what a test says of a plan holds for the statement that
/// the product runs.
final class PlanningConnection: Connection {
    /// By statement: its steps.
    private(set) var plans: [[String]] = []
    private let base: any Connection

    private init(_ base: any Connection) { self.base = base }

    /// The plans of what `body` runs.
    static func plans(_ ledger: Ledger, _ body: (Ledger) throws -> Void) throws -> [[String]] {
        let connection = PlanningConnection(ledger.connection)
        try body(Ledger(connection: connection))
        return connection.plans
    }

    private func plan(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) {
        var steps: [String] = []
        for row in try self.base.query("EXPLAIN QUERY PLAN \(sql)", values) { steps.append(try row.text("detail")) }
        self.plans.append(steps)
    }

    var dialect: SQLDialect { self.base.dialect }

    func execute(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) {
        try self.plan(sql, values)
        try self.base.execute(sql, values)
    }

    func rowsChanged(by sql: String, _ values: [SQLValue]) throws(DatabaseError) -> Int {
        try self.plan(sql, values)
        return try self.base.rowsChanged(by: sql, values)
    }

    func query(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) -> [Row] {
        try self.plan(sql, values)
        return try self.base.query(sql, values)
    }

    func later(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) -> LaterRows {
        try self.plan(sql, values)
        return try self.base.later(sql, values)
    }

    func first(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) -> Row? {
        try self.plan(sql, values)
        return try self.base.first(sql, values)
    }

    func beginPart() throws(DatabaseError) { try self.base.beginPart() }
    func endPart() throws(DatabaseError) { try self.base.endPart() }
    func undoPart() { self.base.undoPart() }
}
