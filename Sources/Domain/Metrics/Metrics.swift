internal import Primitives

/// Counters, gauges and histograms in the text format of Prometheus. Names omit the prefix `jetbridge_` and the suffix
/// of the kind.
package final class Metrics: Sendable {
    private struct Series: Hashable {
        let name: String
        var labels: [String: String] = [:]
    }

    struct Histogram {
        /// Each with those of the buckets before it.
        var buckets: [UInt64]
        var count: UInt64 = 0
        var sum = 0.0
    }

    /// The values of series with one name.
    typealias Family<Value> = (name: String, entries: [(labels: [String: String], value: Value)])

    /// All values at one moment.
    struct Reading {
        let counters: [Family<UInt64>]
        let gauges: [Family<Double>]
        let histograms: [Family<Histogram>]
    }

    private struct State {
        var counters: [Series: UInt64] = [:]
        var gauges: [Series: @Sendable () -> Double?] = [:]
        var readCounters: [MetricName: @Sendable () -> [(labels: [String: String], value: UInt64)]] = [:]
        var levels: [Series: Double] = [:]
        var histograms: [Series: Histogram] = [:]
        var announced: [MetricName] = []
        /// The values of the label `model`.
        var models: Set<String> = []

        mutating func admits(_ model: String) -> Bool {
            if self.models.contains(model) { return true }
            guard self.models.count < Metrics.mostModels, model.utf8.count <= 200 else { return false }
            self.models.insert(model)
            return true
        }
    }

    /// How many models have series of their own; further ones are `other`. Clients can invent names.
    private static let mostModels = 500

    /// Upper bounds in seconds; the last bucket has none.
    static let bounds = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600,
    ]

    private let state = Protected(State())

    package init() {}

    /// Lists metrics from the start, so that who watches them finds their names, and sees the first change: those without
    /// labels with a zero, and those with labels by their description.
    package func announce(_ names: [MetricName]) {
        self.state.withLock { state in
            state.announced += names
            let empty = Histogram(buckets: Array(repeating: 0, count: Self.bounds.count))
            for name in names where !name.hasLabels {
                let series = Series(name: name.rawValue)
                switch name.kind {
                case .counter: state.counters[series] = 0
                case .gauge: state.levels[series] = 0
                case .histogram: state.histograms[series] = empty
                }
            }
        }
    }

    package func count(_ name: MetricName, _ labels: [String: String] = [:], by amount: UInt64 = 1) {
        var series = Series(name: name.rawValue, labels: labels)
        self.state.withLock { state in
            if let model = labels["model"], !state.admits(model) { series.labels["model"] = "other" }
            state.counters[series, default: 0] += amount
        }
    }

    /// Counters that are kept elsewhere, because they change too often for this, and are read at each scrape.
    package func counters(
        _ name: MetricName, values: @escaping @Sendable () -> [(labels: [String: String], value: UInt64)]
    ) {
        self.state.withLock { $0.readCounters[name] = values }
    }

    /// A value that is read at each scrape; nil omits the series.
    package func gauge(_ name: MetricName, _ labels: [String: String] = [:], value: @escaping @Sendable () -> Double?) {
        let series = Series(name: name.rawValue, labels: labels)
        self.state.withLock { $0.gauges[series] = value }
    }

    /// A value that is kept here and changes by `amount`.
    package func adjust(_ name: MetricName, by amount: Double) {
        let series = Series(name: name.rawValue)
        self.state.withLock { $0.levels[series, default: 0] += amount }
    }

    package func set(_ name: MetricName, to value: Double) {
        let series = Series(name: name.rawValue)
        self.state.withLock { $0.levels[series] = value }
    }

    package func observe(_ name: MetricName, _ labels: [String: String] = [:], seconds: Double) {
        let series = Series(name: name.rawValue, labels: labels)
        self.state.withLock { state in
            var histogram =
                state.histograms[series] ?? Histogram(buckets: Array(repeating: 0, count: Self.bounds.count))
            for (index, bound) in Self.bounds.enumerated() where seconds <= bound { histogram.buckets[index] += 1 }
            histogram.count += 1
            histogram.sum += seconds
            state.histograms[series] = histogram
        }
    }

    func read() -> Reading {
        let (kept, read, asked, histograms, levels) = self.state.withLock {
            ($0.counters, $0.readCounters, $0.gauges, $0.histograms, $0.levels)
        }
        var counters = kept
        for (name, values) in read {
            for (labels, value) in values() { counters[Series(name: name.rawValue, labels: labels)] = value }
        }
        let gauges = asked.compactMapValues { $0() }.merging(levels) { first, _ in first }
        return Reading(
            counters: Self.grouped(counters), gauges: Self.grouped(gauges), histograms: Self.grouped(histograms))
    }

    static func fullName(ofGauge name: String) -> String {
        name.hasPrefix("process_") ? name : "jetbridge_\(name)"
    }

    /// The whole exposition.
    package func text() -> String {
        let reading = self.read()
        var lines: [String] = []
        for (name, entries) in reading.counters {
            lines += Self.header("jetbridge_\(name)_total", of: name, "counter")
            for (labels, value) in Self.sorted(entries) {
                lines.append("jetbridge_\(name)_total\(Self.braced(labels)) \(value)")
            }
        }
        for (name, entries) in reading.gauges {
            let full = Self.fullName(ofGauge: name)
            lines += Self.header(full, of: name, "gauge")
            for (labels, value) in Self.sorted(entries) {
                lines.append("\(full)\(Self.braced(labels)) \(Self.number(value))")
            }
        }
        for (name, entries) in reading.histograms {
            lines += Self.header("jetbridge_\(name)", of: name, "histogram")
            for (labels, histogram) in Self.sorted(entries) {
                lines += Self.lines(of: histogram, name: name, labels: labels)
            }
        }
        let known = Set(reading.counters.map(\.name) + reading.gauges.map(\.name) + reading.histograms.map(\.name))
        for name in self.state.withLock({ $0.announced }) where !known.contains(name.rawValue) {
            let (raw, kind) = (name.rawValue, name.kind)
            let full =
                kind == .gauge ? Self.fullName(ofGauge: raw) : "jetbridge_\(raw)\(kind == .counter ? "_total" : "")"
            lines += Self.header(full, of: raw, kind.rawValue)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func header(_ full: String, of name: String, _ type: String) -> [String] {
        ["# HELP \(full) \(MetricName(rawValue: name)?.help ?? "")", "# TYPE \(full) \(type)"]
    }

    private static func lines(of histogram: Histogram, name: String, labels: String) -> [String] {
        let comma = labels.isEmpty ? "" : ","
        var lines = zip(Self.bounds, histogram.buckets).map { bound, count in
            "jetbridge_\(name)_bucket{\(labels)\(comma)le=\"\(Self.number(bound))\"} \(count)"
        }
        lines.append("jetbridge_\(name)_bucket{\(labels)\(comma)le=\"+Inf\"} \(histogram.count)")
        lines.append("jetbridge_\(name)_sum\(Self.braced(labels)) \(histogram.sum)")
        lines.append("jetbridge_\(name)_count\(Self.braced(labels)) \(histogram.count)")
        return lines
    }

    private static func grouped<Value>(_ series: [Series: Value]) -> [Family<Value>] {
        Dictionary(grouping: series, by: { $0.key.name })
            .sorted { $0.key < $1.key }
            .map { name, entries in (name, entries.map { ($0.key.labels, $0.value) }) }
    }

    private static func sorted<Value>(_ entries: [(labels: [String: String], value: Value)]) -> [(String, Value)] {
        entries.map { (Self.text($0.labels), $0.value) }.sorted { $0.0 < $1.0 }
    }

    private static func text(_ labels: [String: String]) -> String {
        labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
    }

    private static func escaped(_ value: String) -> String {
        var result = ""
        for character in value.unicodeScalars {
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    private static func braced(_ labels: String) -> String { labels.isEmpty ? "" : "{\(labels)}" }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }
}
