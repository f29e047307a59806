internal import Analytics
internal import Database
internal import Primitives

extension Ledger {
    /// A report as Markdown that every network shows well.
    func report(
        on range: Range<Int64>, as name: String, zone: Zone, of part: AnalyticsQuery.Part? = nil, prices: PriceTable
    ) throws -> String {
        let table = { (keys: [AnalyticsKey]) in
            try self.analytics(AnalyticsQuery(range, by: keys, zone: zone, of: part), prices: prices)
        }
        let people = part == nil ? try table([.user]) : nil
        return ReportTexts.report(
            name, range, zone, totals: try table([]).totals, models: try table([.model]), people: people,
            repositories: try table([.repository]), currency: prices.currency)
    }

    /// The period that a report was last posted about at a place; nil for none.
    func lastReport(_ report: String, to target: String) throws -> Int64? {
        try self.connection.first(
            "SELECT since FROM report_posts WHERE report = ? AND target = ?", [.text(report), .text(target)]
        )?.integer("since")
    }

    /// Takes a period for posting. False if it, or a later one, is taken.
    func take(_ report: String, to target: String, since: Int64) throws -> Bool {
        try self.connection.rowsChanged(
            by: """
                INSERT INTO report_posts (report, target, since) VALUES (?, ?, ?)
                ON CONFLICT (report, target) DO UPDATE SET since = excluded.since
                WHERE report_posts.since < excluded.since
                """, [.text(report), .text(target), .integer(since)]) > 0
    }
}
