internal import Analytics
internal import Chat
internal import Primitives
internal import Store
internal import Threads

/// What turns cost, and may cost.
extension Conversation {
    /// What a turn has cost so far; nil if that is unknown.
    func cost(of running: RunningTurn) -> Double? {
        running.usage.isEmpty ? nil : running.usage.cost(by: self.environment.settings.analytics.prices)
    }

    /// Before a request to a model: throws if a budget is used up, and says once if one is nearly.
    func checkBudgets(of turn: TurnRecord) async throws {
        let settings = self.environment.settings
        let budgets = settings.analytics.budgets
        guard !budgets.isEmpty, let running = self.running, running.turn.id == turn.id else { return }
        let now = self.environment.now()
        let calls = running.usage
        let states = try await self.context.store.read { ledger in
            let repository = try ledger.session(id: turn.session)?.repository ?? settings.repositories.first
            // What is in the store only at the turn's end, or with the next steps.
            let rest = try calls.filter { try !$0.isStored || !ledger.hasUsage($0, of: turn) }
            let more = rest.cost(by: settings.analytics.prices) ?? 0
            return try budgets.budgets(person: turn.sender.id, repository: repository).map { scope, budget in
                var state = try ledger.state(of: budget, scope, settings.analytics, at: now)
                state.spent += more
                return state
            }
        }
        for state in states where state.liftedUntil == nil {
            if state.isUsedUp {
                running.isOutOfBudget = true
                throw TurnFailure(BudgetTexts.usedUp(state, of: turn.sender.id))
            }
            guard state.isNearlyUsedUp else { continue }
            let text = BudgetTexts.nearlyUsedUp(state, of: turn.sender.id)
            try await self.note(self.sign(of: turn.route).completing(text), in: turn) { try $0.noteOnce(state) }
        }
    }
}

extension [ModelCall] {
    /// Nil if the price of none of them is known. They are of one turn, and have the price of its first day.
    func cost(by prices: PriceTable) -> Double? {
        var sums = UsageSums()
        for call in self {
            var one = UsageSums()
            one.tokens = TokenSums(
                calls: 1, input: Int64(call.input), cached: Int64(call.cached), written: Int64(call.written),
                output: Int64(call.output))
            one.price(by: prices.price(of: call.asked, at: call.ended))
            sums.add(one)
        }
        return sums.estimate
    }
}
