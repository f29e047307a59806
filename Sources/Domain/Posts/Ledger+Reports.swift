package import Analytics
internal import Chat
internal import Database
internal import JSON
internal import People
package import Primitives
package import Store
internal import Threads

/// A task as a report names it.
typealias DueTask = (id: String, title: String, due: String, owner: String?)

extension Ledger {
    /// A report as Markdown that every network shows well.
    package func report(
        on range: Range<Int64>, as name: String, zone: Zone, of part: AnalyticsQuery.Part? = nil, prices: PriceTable
    ) throws -> String {
        let table = { (keys: [AnalyticsKey]) in
            try self.analytics(AnalyticsQuery(range, by: keys, zone: zone, of: part), prices: prices)
        }
        let people = part == nil ? try table([.user]) : nil
        let seen = people == nil ? [] : try self.sightings().map { ($0.sender.id, $0.sender.displayName) }
        let names = Dictionary(seen) { first, _ in first }.merging(try self.namesOfPeople()) { $1 }
        return ReportTexts.report(
            name, range, zone, totals: try table([]).totals, models: try table([.model]), people: people,
            names: names, repositories: try table([.repository]),
            currency: prices.currency)
    }

    /// The chart of a report, as SVG; nil if nothing was used, or for a day, which would be one bar.
    func reportPicture(
        on range: Range<Int64>, as name: String, zone: Zone, prices: PriceTable
    ) throws -> String? {
        let (first, last) = (zone.day(of: range.lowerBound), zone.day(of: range.upperBound - 1))
        guard first < last else { return nil }
        let table = try self.analytics(AnalyticsQuery(range, by: [.day], zone: zone), prices: prices)
        let known = Dictionary(uniqueKeysWithValues: table.items.map { ($0.key[0], $0.sums) })
        guard !known.isEmpty else { return nil }
        let days = (first...last).map { day in
            let date = CivilTime(milliseconds: day * 86_400_000).date
            return (date: date, sums: known[date] ?? UsageSums())
        }
        return ReportPicture.svg(name, days: days, currency: prices.currency)
    }

    /// The tasks of a repository that are not finished and are due after one day and not after another.
    func tasks(of repository: String, dueAfter first: String, to last: String) throws -> [DueTask] {
        try self.connection.query(
            """
            SELECT * FROM tasks WHERE repository = ? AND due > ? AND due <= ? AND state IN ('open', 'started')
            ORDER BY due, line
            """, [.text(repository), .text(first), .text(last)]
        ).map { row -> DueTask in
            let title = (try? JSON.parse(row.text("body")))?["text"]?.stringValue ?? ""
            return (try row.text("id"), title, try row.text("due"), try row.optionalText("owner"))
        }
    }

    /// The thread that has worked on a repository's tasks last, and still exists.
    func thread(ofTasksOf repository: String) throws -> SessionRecord? {
        try self.connection.query(
            """
            SELECT sessions.* FROM sessions JOIN tasks ON tasks.session = sessions.id
            WHERE tasks.repository = ? AND sessions.state <> 'deleted' ORDER BY sessions.active_at DESC, sessions.id LIMIT 1
            """, [.text(repository)]
        ).first.map(Self.session)
    }

    /// The period that a report was last posted about at a place; nil for none. One in the future was taken by a wrong clock,
    /// and does not count.
    func lastReport(_ report: String, to target: String, at now: Int64) throws -> Int64? {
        try self.connection.first(
            "SELECT since FROM report_posts WHERE report = ? AND target = ? AND since <= ?",
            [.text(report), .text(target), .integer(now)]
        )?.integer("since")
    }

    /// Takes a period for posting. False if it, or a later one before `now`, is taken.
    func take(_ report: String, to target: String, since: Int64, at now: Int64) throws -> Bool {
        try self.connection.rowsChanged(
            by: """
                INSERT INTO report_posts (report, target, since) VALUES (?, ?, ?)
                ON CONFLICT (report, target) DO UPDATE SET since = excluded.since
                WHERE report_posts.since < excluded.since OR report_posts.since > ?
                """, [.text(report), .text(target), .integer(since), .integer(now)]) > 0
    }
}
