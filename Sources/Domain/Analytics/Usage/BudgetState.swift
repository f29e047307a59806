internal import Database
package import Primitives
package import Store

/// A budget in its current period.
package struct BudgetState: Sendable {
    package let scope: Budgets.Scope
    package let budget: Budgets.Budget
    package let zone: Zone
    /// When the period began and ends, in milliseconds since 1970.
    package let since: Int64
    package let until: Int64
    /// By the estimate.
    package var spent: Double
    /// Tokens of models without a known price, which count nothing.
    package let unpriced: Int64
    /// Until when an owner has lifted it.
    package let liftedUntil: Int64?
    package let currency: String

    package var isUsedUp: Bool { self.spent >= self.budget.amount }
    package var isNearlyUsedUp: Bool { self.spent >= self.budget.amount * 0.8 }
}

extension SessionStore {
    /// Reads why a budget refuses a person's request outside of threads, and for how many seconds; nil without budgets.
    package func spending(
        _ settings: AnalyticsSettings
    ) -> (@Sendable (_ person: String) async throws -> (reason: String, seconds: Int)?)? {
        guard !settings.budgets.isEmpty else { return nil }
        return { person in
            let now = WallClock.now()
            let refusal = try await self.read { ledger in try ledger.budgetRefusal(of: person, settings, at: now) }
            return refusal.map { ($0.text, Int(($0.until - now + 999) / 1_000)) }
        }
    }
}

extension Ledger {
    package func state(
        of budget: Budgets.Budget, _ scope: Budgets.Scope, _ settings: AnalyticsSettings, at now: Int64
    ) throws -> BudgetState {
        let zone = settings.budgets.zone
        let (since, until) = (budget.period.start(of: now, in: zone), budget.period.end(of: now, in: zone))
        // To the period's end, which is a whole hour: usage of the future is not there.
        let used = try self.analytics(
            AnalyticsQuery(since..<until, zone: zone, of: scope.part), prices: settings.prices
        ).totals
        return BudgetState(
            scope: scope, budget: budget, zone: zone, since: since, until: until, spent: used.estimate ?? 0,
            unpriced: used.unpriced, liftedUntil: try self.lift(of: scope, at: now),
            currency: settings.prices.currency)
    }

    /// The budget that is used up and refuses a person's request to no repository, and when it begins anew; nil for none.
    func budgetRefusal(
        of person: String, _ settings: AnalyticsSettings, at now: Int64
    ) throws -> (text: String, until: Int64)? {
        for (scope, budget) in settings.budgets.budgets(person: person, repository: nil) {
            let state = try self.state(of: budget, scope, settings, at: now)
            if state.liftedUntil == nil, state.isUsedUp {
                return (BudgetTexts.refused(state, of: person), state.until)
            }
        }
        return nil
    }

    /// Notes that a budget's note is about to be posted. False if it was in this period; one of a later period was noted by a
    /// wrong clock.
    package func noteOnce(_ state: BudgetState) throws -> Bool {
        try self.connection.rowsChanged(
            by: """
                INSERT INTO budget_notes (scope, period, since) VALUES (?, ?, ?)
                ON CONFLICT (scope, period) DO UPDATE SET since = excluded.since
                WHERE budget_notes.since < excluded.since OR budget_notes.since >= ?
                """,
            [
                .text(state.scope.name), .text(state.budget.period.rawValue), .integer(state.since),
                .integer(state.until),
            ]) > 0
    }

    /// For how long an owner lifts a budget, in milliseconds. What ends more than an hour later, by which hosts may differ, was
    /// stored by a wrong clock, and does not count.
    package static let liftTime: Int64 = 86_400_000

    private func lift(of scope: Budgets.Scope, at now: Int64) throws -> Int64? {
        var names = [scope.name]
        if case .person(let id) = scope {
            names = try self.connection.query(Self.samePerson(as: "$1"), [.text(id)]).map { try $0.text("identity") }
        }
        return try self.lifts(at: now).filter { names.contains($0.scope) }.map(\.until).max()
    }

    package func lift(_ scope: Budgets.Scope, until: Int64, by giver: String) throws {
        try self.connection.execute(
            """
            INSERT INTO budget_lifts (scope, until, giver) VALUES (?, ?, ?)
            ON CONFLICT (scope) DO UPDATE SET until = excluded.until, giver = excluded.giver
            """, [.text(scope.name), .integer(until), .text(giver)])
    }

    /// Those that an owner has lifted, by scope.
    package func lifts(at now: Int64) throws -> [(scope: String, until: Int64)] {
        try self.connection.query(
            "SELECT scope, until FROM budget_lifts WHERE until > ? AND until <= ? ORDER BY scope",
            [.integer(now), .integer(now + Self.liftTime + 3_600_000)]
        ).map { (try $0.text("scope"), try $0.integer("until")) }
    }
}
