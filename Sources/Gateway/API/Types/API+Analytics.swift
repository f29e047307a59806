package import Analytics
package import JSON
internal import Schemas

extension API {
    struct AnalyticsQuery: Fact {
        let from: String?
        let to: String?
        let by: String?
        let zone: String?

        static let notes: Notes<Self> = [
            \.from: "A date of the zone, or a time in UTC (RFC 3339); by default 30 days before `to`.",
            \.to: "Excluded; by default the end of today.",
            \.by:
                "Up to two of day, hour, user, thread, model, repository, tool, network, persona, separated by a comma.",
            \.zone: "Of days and hours, such as Europe/Berlin; by default UTC.",
        ]
    }

    struct Analytics: Fact {
        let items: [AnalyticsItem]
        let totals: AnalyticsTotals
    }

    /// The sums of one key, in the same object.
    struct AnalyticsItem: Fact {
        let key: [String: String]
        @Merged var sums: AnalyticsTotals

        static let notes: Notes<Self> = [\.key: "The values of `by`, by its words."]
    }

    struct AnalyticsTotals: Fact {
        let turns: Int64
        let failed: Int64
        let stopped: Int64
        let tokensIn: Int64
        let tokensOut: Int64
        let tokensCached: Int64
        let cost: Double?
        let currency: String
        let firstTokenP50: Double?
        let firstTokenP95: Double?
        let seconds: Double
        let toolCalls: Int64
        let commands: Int64
        let commits: Int64
        let tasksDone: Int64?
        let tokensUnpriced: Int64
        let turnP50: Double?
        let turnP95: Double?
        let thumbsUp: Int64
        let thumbsDown: Int64

        static let notes: Notes<Self> = [
            \.cost: "An estimate; null if no price is known.",
            \.tokensIn: "With those of the cache.",
            \.firstTokenP50: "Seconds to a turn's first text.",
            \.seconds: "Of all turns.",
            \.tasksDone: "Tasks that became done in a list of tasks.",
            \.turnP50: "Seconds of a turn.",
            \.thumbsUp: "Answers that somebody liked; less those that they took back.",
            \.tokensUnpriced: "Of models without a known price: `cost` lacks them.",
        ]

        init(_ sums: UsageSums, _ currency: String) {
            self.turns = sums.turns
            self.failed = sums.failed
            self.stopped = sums.stopped
            self.tokensIn = sums.tokens.input
            self.tokensOut = sums.tokens.output
            self.tokensCached = sums.tokens.cached
            self.cost = sums.estimate
            self.currency = currency
            self.firstTokenP50 = sums.latencies.percentile(0.5)
            self.firstTokenP95 = sums.latencies.percentile(0.95)
            self.seconds = sums.seconds
            self.toolCalls = sums.toolCalls
            self.commands = sums.commands
            self.commits = sums.commits
            self.tasksDone = sums.tasksDone
            self.tokensUnpriced = sums.unpriced
            self.turnP50 = sums.turnTime(0.5)
            self.turnP95 = sums.turnTime(0.95)
            self.thumbsUp = sums.thumbsUp
            self.thumbsDown = sums.thumbsDown
        }
    }
}

extension AnalyticsTable {
    /// As the API answers it.
    package var json: JSON { get throws { try JSON(encoding: self.document) } }

    var document: API.Analytics {
        API.Analytics(
            items: self.items.map { item in
                let key = Dictionary(uniqueKeysWithValues: zip(self.keys.map(\.rawValue), item.key))
                return API.AnalyticsItem(key: key, sums: API.AnalyticsTotals(item.sums, self.currency))
            }, totals: API.AnalyticsTotals(self.totals, self.currency))
    }
}
