/// Sums of usage.
package struct UsageSums: Sendable {
    package var turns: Int64 = 0
    package var failed: Int64 = 0
    package var stopped: Int64 = 0
    package var tokens = TokenSums()
    package var milliseconds: Int64 = 0
    package var toolCalls: Int64 = 0
    package var commands: Int64 = 0
    package var commits: Int64 = 0
    package var latencies = LatencyScale.Counts()
    /// The times of whole turns, in ``timeUnit``: the scale ends at six minutes, and turns do not.
    package var times = LatencyScale.Counts()
    /// In milliseconds.
    package static let timeUnit: Int64 = 10
    package var thumbsUp: Int64 = 0
    package var thumbsDown: Int64 = 0
    package var tasksDone: Int64 = 0
    /// An estimate, in the currency of the price table.
    private var cost = 0.0
    private var isPriced = false
    /// Tokens of models without a known price, which ``estimate`` lacks.
    package var unpriced: Int64 = 0

    package init() {}

    /// What it has cost; nil if that is unknown of all of it.
    package var estimate: Double? {
        guard self.isPriced || self.unpriced == 0 else { return nil }
        return (self.cost * 1_000_000).rounded() / 1_000_000
    }

    /// The time of a turn, in seconds; nil without any turn.
    package func turnTime(_ share: Double) -> Double? {
        self.times.percentile(share).map { ($0 * Double(Self.timeUnit) * 100).rounded() / 100 }
    }

    package var seconds: Double { Double(self.milliseconds / 100) / 10 }

    /// Prices the tokens, which are those of one model.
    package mutating func price(by price: Price?) {
        guard self.tokens.calls > 0 || self.tokens.input + self.tokens.output > 0 else { return }
        guard let price else {
            self.unpriced = self.tokens.input + self.tokens.output
            return
        }
        self.cost = price.cost(of: self.tokens)
        self.isPriced = true
    }

    package mutating func add(_ other: UsageSums) {
        self.turns += other.turns
        self.failed += other.failed
        self.stopped += other.stopped
        self.tokens.calls += other.tokens.calls
        self.tokens.input += other.tokens.input
        self.tokens.cached += other.tokens.cached
        self.tokens.written += other.tokens.written
        self.tokens.output += other.tokens.output
        self.milliseconds += other.milliseconds
        self.toolCalls += other.toolCalls
        self.commands += other.commands
        self.commits += other.commits
        self.latencies.add(other.latencies)
        self.times.add(other.times)
        self.thumbsUp += other.thumbsUp
        self.thumbsDown += other.thumbsDown
        self.tasksDone += other.tasksDone
        self.cost += other.cost
        self.isPriced = self.isPriced || other.isPriced
        self.unpriced += other.unpriced
    }
}

/// Usage by keys, with the sums of all of it.
package struct AnalyticsTable: Sendable {
    package struct Item: Sendable {
        /// The words of ``AnalyticsQuery/keys``, in their order.
        package let key: [String]
        package var sums: UsageSums
    }

    package let keys: [AnalyticsKey]
    package let currency: String
    /// In the order of their keys.
    package private(set) var items: [Item] = []
    package private(set) var totals = UsageSums()
    private var places: [[String]: Int] = [:]

    package init(_ query: AnalyticsQuery, currency: String) {
        self.keys = query.keys
        self.currency = currency
    }

    package mutating func add(_ sums: UsageSums, to key: [String]) {
        self.totals.add(sums)
        if let place = self.places[key] {
            self.items[place].sums.add(sums)
        } else {
            self.places[key] = self.items.count
            self.items.append(Item(key: key, sums: sums))
        }
    }

    package mutating func sort() {
        self.items.sort { $0.key.lexicographicallyPrecedes($1.key) }
        self.places = [:]
    }

    // MARK: CSV

    private static let columns = [
        "turns", "failed", "stopped", "tokens_in", "tokens_out", "tokens_cached", "cost", "currency",
        "first_token_p50", "first_token_p95", "seconds", "tool_calls", "commands", "commits", "tasks_done",
        "tokens_unpriced", "turn_p50", "turn_p95", "thumbs_up", "thumbs_down",
    ]

    /// RFC 4180: one line an item below the names of the columns. What is unknown is empty.
    package var csv: String {
        let head = self.keys.map(\.rawValue) + Self.columns
        let lines = [head] + self.items.map { $0.key.map(Self.quoted) + self.fields(of: $0.sums) }
        return lines.map { $0.joined(separator: ",") + "\r\n" }.joined()
    }

    private func fields(of sums: UsageSums) -> [String] {
        let number: (Double?) -> String = { $0.map { "\($0)" } ?? "" }
        return [
            "\(sums.turns)", "\(sums.failed)", "\(sums.stopped)", "\(sums.tokens.input)", "\(sums.tokens.output)",
            "\(sums.tokens.cached)", sums.estimate.map(Money.plain) ?? "", self.currency,
            number(sums.latencies.percentile(0.5)), number(sums.latencies.percentile(0.95)), "\(sums.seconds)",
            "\(sums.toolCalls)", "\(sums.commands)", "\(sums.commits)", "\(sums.tasksDone)", "\(sums.unpriced)",
            number(sums.turnTime(0.5)), number(sums.turnTime(0.95)), "\(sums.thumbsUp)",
            "\(sums.thumbsDown)",
        ]
    }

    private static func quoted(_ text: String) -> String {
        // A spreadsheet would take these for a formula.
        let text = text.first.map { "=+-@\t".contains($0) } == true ? "'\(text)" : text
        guard text.contains(where: { ",\"\r\n".contains($0) || $0 == "\r\n" }) else { return text }
        return "\"\(text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\""
    }
}

/// Amounts of money as text.
package enum Money {
    /// Six decimals, never with an exponent: `0.000012`.
    package static func plain(_ amount: Double) -> String { Self.text(amount, decimals: 6) }

    /// `$1.25`; `$0.0042` below a cent.
    package static func words(_ amount: Double, _ currency: String) -> String {
        let text = Self.text(amount, decimals: amount > 0 && amount < 0.01 ? 4 : 2)
        return currency == "USD" ? "$\(text)" : "\(text) \(currency)"
    }

    private static func text(_ amount: Double, decimals: Int) -> String {
        let unit = (0..<decimals).reduce(Int64(1)) { unit, _ in unit * 10 }
        let whole = Int64((max(0, min(amount, 1e12)) * Double(unit)).rounded())
        let rest = String(whole % unit)
        return "\(whole / unit).\(String(repeating: "0", count: decimals - rest.count))\(rest)"
    }
}
