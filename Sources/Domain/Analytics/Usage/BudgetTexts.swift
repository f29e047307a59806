package import Primitives

/// What is said about costs.
package enum BudgetTexts {
    package static func about(_ cost: Double) -> String { "about \(Money.words(cost, "USD"))" }

    package static func usedUp(_ state: BudgetState, of person: String) -> String {
        Self.refused(state, of: person, "; until then, an owner can lift it with")
            + ", and `resume` continues."
    }

    /// For a client of the proxy.
    static func refused(_ state: BudgetState, of person: String) -> String {
        Self.refused(state, of: person, "; until then, an owner can lift it in a thread with") + "."
    }

    private static func refused(_ state: BudgetState, of person: String, _ how: String) -> String {
        "\(Self.subject(state, person)) is used up (\(Self.spent(state))). It begins anew at "
            + "\(Self.time(state.until, state.zone))\(how) `budget lift \(state.scope.name)`"
    }

    package static func nearlyUsedUp(_ state: BudgetState, of person: String) -> String {
        "\(Self.subject(state, person)) is nearly used up (\(Self.spent(state))). It begins anew at "
            + "\(Self.time(state.until, state.zone))."
    }

    package static let none = "No budget is set. See `budgets` in the configuration."

    /// The lines of `budget`.
    package static func list(
        _ states: [BudgetState], of person: String, lifts: [(scope: String, until: Int64)], zone: Zone
    ) -> String {
        let lines = states.map { state in
            let lifted = state.liftedUntil.map { "; lifted until \(Self.time($0, state.zone))" } ?? ""
            return "- \(Self.subject(state, person)): \(Self.spent(state)), until "
                + "\(Self.time(state.until, state.zone))\(lifted)"
        }
        let shown = Set(states.map(\.scope.name))
        let others = lifts.filter { !shown.contains($0.scope) }.map {
            "- lifted for `\($0.scope)` until \(Self.time($0.until, zone))"
        }
        let unpriced = states.map(\.unpriced).max() ?? 0
        let unknown =
            unpriced == 0
            ? [] : ["", "\(unpriced) tokens are of models without a known price, and count nothing here."]
        return (lines + others + unknown + ["", "All amounts are estimates from tokens and list prices."])
            .joined(separator: "\n")
    }

    package static func lifted(_ scope: String, until: Int64, zone: Zone) -> String {
        "The budgets of `\(scope)` are lifted until \(Self.time(until, zone))."
    }

    package static let unseen = "Nobody here has that identity yet: is it written as in the line that refused?"
    package static let liftNeedsOwner = "Only owners can lift a budget."
    package static let usage =
        "Write `budget`, or `budget lift WHO`: somebody's identity as `whoami` shows it, `host`, or `repository NAME`."

    // MARK: Words

    private static func subject(_ state: BudgetState, _ person: String) -> String {
        let whose =
            switch state.scope {
            case .person(let id): id == person ? "Your budget" : "The budget of `\(id)`"
            case .repository(let name): "The budget of the repository `\(name)`"
            case .host: "The host's budget"
            }
        return "\(whose) of \(Money.words(state.budget.amount, state.currency)) a \(state.budget.period.rawValue)"
    }

    private static func spent(_ state: BudgetState) -> String {
        "about \(Money.words(state.spent, state.currency)) spent"
    }

    /// `2026-11-27 00:00 Europe/Berlin`
    static func time(_ moment: Int64, _ zone: Zone) -> String {
        let local = zone.local(moment)
        return "\(local.date) \(local.clock.prefix(5)) \(zone.name)"
    }
}
