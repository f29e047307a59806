internal import Database
internal import Primitives
package import Store

extension Ledger {
    /// Usage as it was stored, with what it cost by the prices of its days.
    ///
    /// - Parameter limit: With more items it throws ``AnalyticsQuery/Problem``; nil for any number.
    package func analytics(
        _ query: AnalyticsQuery, prices: PriceTable, limit: Int? = nil
    ) throws -> AnalyticsTable {
        var table = AnalyticsTable(query, currency: prices.currency)
        for reading in self.readings(of: query, prices, limit) {
            if let hours = reading.hours {
                try self.add(hours, reading, prices, to: &table)
                let floor = try self.connection.first("SELECT id FROM floors WHERE name = 'usage_hours'", [])
                let last = try floor?.integer("id") ?? 0
                try self.add(reading.records(after: last), reading, prices, to: &table)
            } else {
                try self.add(reading.records(after: nil), reading, prices, to: &table)
            }
        }
        table.sort()
        return table
    }

    /// Whether the sums by hour and day have what is asked, but for parts of hours at the ends of the range. If not, all
    /// records of the range are read.
    package func hasSums(of query: AnalyticsQuery, prices: PriceTable) -> Bool {
        self.readings(of: query, prices, nil).contains { $0.hours != nil }
    }

    /// What answers a query together: whole hours, which the sums may have, and the parts of hours before and after them.
    private func readings(of query: AnalyticsQuery, _ prices: PriceTable, _ limit: Int?) -> [UsageReading] {
        let reading = { (range: Range<Int64>) in
            UsageReading(
                AnalyticsQuery(range, by: query.keys, zone: query.zone, of: query.part), changes: prices.changes,
                limit: limit, dialect: self.connection.dialect)
        }
        let (range, hour) = (query.range, UsageReading.hour)
        let first = (range.lowerBound + hour - 1) / hour * hour
        let last = range.upperBound / hour * hour
        // Hours of a zone may begin at the half hour.
        guard range.lowerBound >= 0, first < last, !query.keys.contains(.hour) else { return [reading(range)] }
        let whole = reading(first..<last)
        guard whole.hours != nil else { return [reading(range)] }
        return [whole] + [range.lowerBound..<first, last..<range.upperBound].filter { !$0.isEmpty }.map(reading)
    }

    private func add(
        _ statement: (sql: String, values: [SQLValue]), _ reading: UsageReading, _ prices: PriceTable,
        to table: inout AnalyticsTable
    ) throws {
        let rows = try self.connection.query(statement.sql, statement.values)
        try reading.check(items: 0, rows: rows.count)
        // By position: a year by hour has many rows.
        for row in rows {
            let count = reading.query.keys.count
            let number = { (place: Int) in row[count + 2 + place].int64 ?? 0 }
            var sums = UsageSums()
            (sums.turns, sums.failed, sums.stopped) = (number(0), number(1), number(2))
            sums.tokens = TokenSums(
                calls: number(3), input: number(4), cached: number(5), written: number(6), output: number(7))
            (sums.milliseconds, sums.toolCalls) = (number(8), number(9))
            (sums.commands, sums.commits) = (number(10), number(11))
            (sums.thumbsUp, sums.thumbsDown, sums.tasksDone) = (number(12), number(13), number(14))
            sums.latencies = LatencyScale.Counts(row[count + 17].text ?? "")
            sums.times = LatencyScale.Counts(row[count + 18].text ?? "")
            let day = reading.moment(ofEpoch: row[count + 1].int ?? 0)
            sums.price(by: prices.price(of: row[count].text ?? "", at: day))
            let key = (0..<count).map { reading.word(of: row[$0], as: reading.query.keys[$0]) }
            table.add(sums, to: key)
            try reading.check(items: table.items.count, rows: rows.count)
        }
    }
}

/// The statements that answer a query: from the sums by day or hour where these have what is asked, else from the records. Both
/// give the keys, the model, the number of the time between two changes of prices, and the sums.
private struct UsageReading {
    let query: AnalyticsQuery
    /// The most items; nil for any number.
    let limit: Int?
    private let dialect: SQLDialect
    /// Changes of prices within the query's range.
    private let changes: [Int64]
    /// How hours of the zone lie beside those of UTC.
    private let shift: Int64

    static let hour: Int64 = 3_600_000
    /// How many rows an item may have, on average: one for each of its models, and again where prices have changed.
    private static let rowsOfItem = 5

    init(_ query: AnalyticsQuery, changes: [Int64], limit: Int?, dialect: SQLDialect) {
        self.query = query
        self.limit = limit
        self.dialect = dialect
        self.changes = changes.filter { query.range.lowerBound < $0 && $0 < query.range.upperBound }
        self.shift = query.zone.offset(at: query.range.lowerBound) % Self.hour
    }

    /// Throws if these are too many. All rows of a statement are in memory together.
    func check(items: Int, rows: Int) throws(AnalyticsQuery.Problem) {
        guard let limit, items > limit || rows > limit * Self.rowsOfItem else { return }
        throw AnalyticsQuery.Problem(
            parameter: "by",
            description:
                "These are more than \(limit) items, or \(limit * Self.rowsOfItem) with their models; ask for less.")
    }

    func moment(ofEpoch number: Int) -> Int64 {
        number > 0 && number <= self.changes.count ? self.changes[number - 1] : self.query.range.lowerBound
    }

    func word(of value: SQLValue, as key: AnalyticsKey) -> String {
        switch key {
        case .day: return CivilTime(milliseconds: (value.int64 ?? 0) * 86_400_000).date
        case .hour:
            let start = (value.int64 ?? 0) * Self.hour - self.shift
            let (local, minutes) = (self.query.zone.local(start), abs(self.query.zone.offset(at: start)) / 60_000)
            guard minutes > 0 else { return local.rfc3339Seconds }
            let digits = { (number: Int64) in number < 10 ? "0\(number)" : "\(number)" }
            let sign = self.query.zone.offset(at: start) < 0 ? "-" : "+"
            return "\(local.date)T\(local.clock)\(sign)\(digits(minutes / 60)):\(digits(minutes % 60))"
        case .user, .thread, .model, .repository, .tool, .network, .persona: return value.text ?? ""
        }
    }

    // MARK: Statements

    /// Nil if the sums by day and hour do not have what is asked.
    var hours: (sql: String, values: [SQLValue])? {
        let range = self.query.range
        let offsets = ([range.lowerBound] + self.query.zone.changes(from: range.lowerBound, to: range.upperBound)).map {
            self.query.zone.offset(at: $0)
        }
        let isByTime = self.query.keys.contains(.day) || self.query.keys.contains(.hour)
        let moments = [range.lowerBound, range.upperBound] + (isByTime ? offsets : []) + self.changes
        guard moments.allSatisfy({ $0 % Self.hour == 0 }) else { return nil }
        let isDaily = !self.query.keys.contains(.hour) && moments.allSatisfy { $0 % (24 * Self.hour) == 0 }
        var dimensions: Set<String> = []
        for key in self.query.keys {
            switch key {
            case .day, .hour, .model: break
            case .user, .repository, .network, .persona: dimensions.insert(key.rawValue)
            case .thread, .tool: return nil
            }
        }
        var values: [SQLValue] = [.integer(range.lowerBound / Self.hour), .integer(range.upperBound / Self.hour)]
        var part = ""
        switch self.query.part {
        case nil: break
        case .user(let person):
            dimensions.insert("user")
            values.append(.text(person))
            part = " AND key IN (\(Ledger.samePerson(as: "$3")))"
        case .repository(let name):
            dimensions.insert("repository")
            values.append(.text(name))
            part = " AND key = $3"
        case .thread: return nil
        }
        guard dimensions.count <= 1 else { return nil }
        let dimension = dimensions.first ?? ""
        // `key` of the primary key comes before the hours: without a dimension there is only one.
        let condition =
            "dimension = '\(isDaily ? Ledger.daily : "")\(dimension)'\(dimension.isEmpty ? " AND key = ''" : part) AND hour >= $1 AND hour < $2"
        return (
            self.select(
                time: "(hour * \(Self.hour))", key: "key", sums: Ledger.sums, from: "usage_hours WHERE \(condition)"),
            values
        )
    }

    /// - Parameter last: The last record that the sums by hour have, if only those after it are asked for.
    func records(after last: Int64?) -> (sql: String, values: [SQLValue]) {
        var values: [SQLValue] = [.integer(self.query.range.lowerBound), .integer(self.query.range.upperBound)]
        var conditions = ["at >= $1", "at < $2"]
        if let last {
            // These are few. SQLite would rather use an index of times or people, and read the whole range.
            conditions = ["at + 0 >= $1", "at + 0 < $2", "id > $3"]
            values.append(.integer(last))
        }
        let part: (String, String)? =
            switch self.query.part {
            case nil: nil
            case .user(let person): ("person", person)
            case .repository(let name): ("repository", name)
            case .thread(let id): ("session", id)
            }
        if let (column, value) = part {
            values.append(.text(value))
            let place = "$\(values.count)"
            let name = "\(column)\(last == nil ? "" : " || ''")"
            conditions.append(
                column == "person" ? "\(name) IN (\(Ledger.samePerson(as: place)))" : "\(name) = \(place)")
        }
        var sums = Ledger.sums
        if self.query.keys.contains(.tool) {
            conditions.append("tool <> ''")
            // Of a tool: the turns that have called it, its failed calls and its time.
            sums[1] = "tool_failures"
            sums[8] = "tool_duration"
        }
        let sql = self.select(
            time: "at", key: nil, sums: sums,
            from: "usage_records WHERE \(conditions.joined(separator: " AND "))")
        return (sql, values)
    }

    private func select(time: String, key: String?, sums: [String], from source: String) -> String {
        // The sums have it already.
        let model = key == nil ? Ledger.model : "model"
        let keys = self.query.keys.map { word in
            switch word {
            case .day: "(\(time) + \(self.offset(at: time))) / 86400000"
            case .hour: "(\(time) + \(self.shift)) / \(Self.hour)"
            case .user: key ?? "person"
            case .repository: key ?? "repository"
            case .network: key ?? "network"
            case .persona: key ?? "persona"
            case .thread: "session"
            case .model: model
            case .tool: "tool"
            }
        }
        let epoch = self.steps(at: time, self.changes, (0...self.changes.count).map(Int64.init))
        var columns = sums.map { "CAST(SUM(\($0)) AS BIGINT)" }
        if self.query.keys.contains(.tool) { columns[0] = "COUNT(DISTINCT operation)" }
        let letters = ["latency", "lasting"].map { self.dialect.joined($0) }
        let groups = (1...keys.count + 2).map(String.init).joined(separator: ", ")
        let limit = self.limit.map { " LIMIT \($0 * Self.rowsOfItem + 1)" } ?? ""
        return """
            SELECT \((keys + [model, epoch] + columns + letters).joined(separator: ", "))
            FROM \(source) GROUP BY \(groups)\(limit)
            """
    }

    private func offset(at time: String) -> String {
        let changes = self.query.zone.changes(from: self.query.range.lowerBound, to: self.query.range.upperBound)
        return self.steps(
            at: time, changes, ([self.query.range.lowerBound] + changes).map { self.query.zone.offset(at: $0) })
    }

    /// The value that a time has, of those between some moments.
    private func steps(at time: String, _ moments: [Int64], _ values: [Int64]) -> String {
        // Not a constant: grouping by one is grouping by the column with that number.
        guard !moments.isEmpty else { return "CAST(\(values[0]) AS BIGINT)" }
        let cases = zip(moments, values).map { "WHEN \(time) < \($0) THEN \($1)" }.joined(separator: " ")
        return "CASE \(cases) ELSE \(values[moments.count]) END"
    }
}
