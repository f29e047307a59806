package import Database

/// Passes everything on, and keeps SQLite's plan for each statement: what a test says of a plan holds for the statement that
/// the product runs.
package final class PlanningConnection: Connection {
    /// By statement: its steps.
    private(set) var plans: [[String]] = []
    private let base: any Connection

    private init(_ base: any Connection) { self.base = base }

    /// The plans of what `body` runs.
    package static func plans(
        _ connection: any Connection, _ body: (any Connection) throws -> Void
    ) throws -> [[String]] {
        let planning = PlanningConnection(connection)
        try body(planning)
        return planning.plans
    }

    private func plan(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) {
        var steps: [String] = []
        for row in try self.base.query("EXPLAIN QUERY PLAN \(sql)", values) { steps.append(try row.text("detail")) }
        self.plans.append(steps)
    }

    package var dialect: SQLDialect { self.base.dialect }

    package func execute(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) {
        try self.plan(sql, values)
        try self.base.execute(sql, values)
    }

    package func rowsChanged(by sql: String, _ values: [SQLValue]) throws(DatabaseError) -> Int {
        try self.plan(sql, values)
        return try self.base.rowsChanged(by: sql, values)
    }

    package func query(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) -> [Row] {
        try self.plan(sql, values)
        return try self.base.query(sql, values)
    }

    package func later(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) -> LaterRows {
        try self.plan(sql, values)
        return try self.base.later(sql, values)
    }

    package func first(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) -> Row? {
        try self.plan(sql, values)
        return try self.base.first(sql, values)
    }

    package func beginPart() throws(DatabaseError) { try self.base.beginPart() }
    package func endPart() throws(DatabaseError) { try self.base.endPart() }
    package func undoPart() { self.base.undoPart() }
}
