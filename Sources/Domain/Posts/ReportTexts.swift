internal import Analytics
package import Chat
internal import Primitives
internal import Threads

/// Reports on usage.
package enum ReportTexts {
    /// How many of a list are shown.
    private static let most = 5

    package static func usage(_ sign: CommandSign) -> String {
        "Write \(sign.command("report day")), \(sign.command("report week")) or \(sign.command("report month"))."
    }

    static func report(
        _ name: String, _ range: Range<Int64>, _ zone: Zone, totals: UsageSums, models: AnalyticsTable,
        people: AnalyticsTable?, names: [String: String], repositories: AnalyticsTable, currency: String
    ) -> String {
        let (first, last) = (zone.local(range.lowerBound).date, zone.local(range.upperBound - 1).date)
        let title = "\(name) (\(first == last ? first : "\(first) to \(last)"), \(zone.name)):"
        guard totals.turns + totals.tokens.calls > 0 else { return "\(title) nothing was used." }
        var lines = [
            "\(totals.turns.counted("turn")), \(totals.failed) failed, \(totals.stopped) stopped, \(Int(totals.seconds / 60).counted("minute"))",
            "\(totals.toolCalls.counted("tool call")), \(totals.commands.counted("command")), \(totals.commits.counted("commit"))",
            Self.tokens(totals.tokens) + Self.cost(totals, currency),
        ]
        if let middle = totals.latencies.percentile(0.5), let slow = totals.latencies.percentile(0.95) {
            lines.append("first text after \(middle) s (p50), \(slow) s (p95)")
        }
        for (word, table) in [("models", models), ("people", people), ("repositories", repositories)] {
            guard let table, let line = Self.list(table, names) else { continue }
            lines.append("\(word): \(line)")
        }
        return ([title, ""] + lines.map { "- \($0)" } + ["", "Costs are estimates from tokens and list prices."])
            .joined(separator: "\n")
    }

    /// Nil without a task.
    static func due(_ tasks: [DueTask], in repository: String) -> String? {
        guard !tasks.isEmpty else { return nil }
        func plain(_ text: String) -> String { AskTexts.escaped(VisibleText.strictLine(text)) }
        let lines = tasks.prefix(20).map { task in
            "- \(EscapedText.code(task.id)) \(plain(task.title)) · \(task.due)"
                + (task.owner.map { " · \(plain($0))" } ?? "")
        }
        let more = tasks.count > lines.count ? ["- and \(tasks.count - lines.count) more"] : []
        return (["Due in \(EscapedText.code(repository)):", ""] + lines + more).joined(separator: "\n")
    }

    private static func tokens(_ tokens: TokenSums) -> String {
        let share = tokens.input > 0 ? tokens.cached * 100 / tokens.input : 0
        return "\(tokens.input) tokens in (\(share) % cached), \(tokens.output) out"
    }

    private static func cost(_ sums: UsageSums, _ currency: String) -> String {
        guard let cost = sums.estimate else { return "; cost unknown" }
        let rest = sums.unpriced == 0 ? "" : " without \(sums.unpriced) tokens of unknown price"
        return "; about \(Money.words(cost, currency))\(rest)"
    }

    /// The largest first, by cost, then by turns.
    ///
    /// - Parameter names: Of people, by identity.
    private static func list(_ table: AnalyticsTable, _ names: [String: String]) -> String? {
        let items = table.items.filter { $0.key != [""] }.sorted {
            ($0.sums.estimate ?? 0, $0.sums.turns) > ($1.sums.estimate ?? 0, $1.sums.turns)
        }
        guard !items.isEmpty else { return nil }
        let shown = items.prefix(Self.most).map { item in
            let cost = item.sums.estimate.map { ", \(Money.words($0, table.currency))" } ?? ""
            let key = item.key.joined(separator: " ")
            let name = names[key].map { "\(AskTexts.escaped(VisibleText.strictLine($0))) " } ?? ""
            return "\(name)`\(key)` \(item.sums.turns.counted("turn"))\(cost)"
        }
        let more = items.count > Self.most ? ["\(items.count - Self.most) more"] : []
        return (shown + more).joined(separator: "; ")
    }
}
