import TestSupport

@testable import Store

extension PlanningConnection {
    /// The plans of what `body` runs.
    static func plans(_ ledger: Ledger, _ body: (Ledger) throws -> Void) throws -> [[String]] {
        try Self.plans(ledger.connection) { try body(Ledger(connection: $0)) }
    }
}
