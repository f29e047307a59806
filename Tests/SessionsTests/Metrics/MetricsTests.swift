import Metrics
import TestSupport
import Testing

@testable import Threads

@Suite("Metrics")
struct MetricsTests {
    @Test("counters, gauges and histograms in Prometheus' text form")
    func exposition() {
        let metrics = Metrics()
        metrics.count(.turns, ["state": "complete"])
        metrics.count(.turns, ["state": "complete"])
        metrics.gauge(.outboxPending) { 3 }
        metrics.gauge(.residentMemory) { 1024 }
        metrics.observe(.turnSeconds, seconds: 0.2)
        let text = metrics.text()
        #expect(text.hasPrefix("# HELP jetbridge_turns_total Turns that ended, by their final state.\n"))
        #expect(text.contains("\n# TYPE jetbridge_turns_total counter\njetbridge_turns_total{state=\"complete\"} 2\n"))
        #expect(text.contains("jetbridge_outbox_pending 3\n"))
        #expect(text.contains("\nprocess_resident_memory_bytes 1024\n"))
        #expect(text.contains("jetbridge_turn_seconds_bucket{le=\"0.25\"} 1\n"))
        #expect(text.contains("jetbridge_turn_seconds_bucket{le=\"0.1\"} 0\n"))
        #expect(text.contains("jetbridge_turn_seconds_count 1\n"))
    }

    @Test("models beyond a limit, and long names, share one series, so that nobody can fill the memory with names")
    func models() {
        let metrics = Metrics()
        for number in 0..<600 {
            metrics.count(.modelTokens, ["model": "m\(number)", "direction": "in"], by: 2)
        }
        metrics.count(.modelTokens, ["model": "m1", "direction": "in"])
        metrics.count(.modelTokens, ["model": String(repeating: "x", count: 201), "direction": "out"])
        let series = metrics.text().split(separator: "\n").filter { $0.hasPrefix("jetbridge_model_tokens_total{") }
        #expect(series.count == 502 && series.contains { $0.contains("\"m1\"") && $0.hasSuffix(" 3") })
        #expect(series.contains { $0.contains("\"other\"") && $0.hasSuffix(" 200") })
    }

    /// The rules of `promtool check metrics`, from client_golang's package `promlint`.
    @Test("every metric has a help and a type, and a name that Prometheus's own check accepts")
    func rules() throws {
        let metrics = Metrics()
        let counters: Set<MetricName> = [
            .inboundEvents, .turns, .outbound, .rateLimited, .modelTokens, .proxyRequests, .asks, .jailCommands,
            .undecryptableMessages, .failedKeyShares,
        ]
        for name in MetricName.allCases {
            if counters.contains(name) {
                metrics.count(name, ["adapter": "a"])
            } else if name.rawValue.hasSuffix("_seconds") {
                metrics.observe(name, seconds: 1)
            } else {
                metrics.gauge(name) { 1 }
            }
        }
        let lines = metrics.text().split(separator: "\n").map(String.init)
        let types = lines.filter { $0.hasPrefix("# TYPE ") }.map { $0.split(separator: " ").map(String.init) }
        #expect(types.count == MetricName.allCases.count && Set(types.map { $0[2] }).count == types.count)
        for type in types {
            let name = type[2], words = Set(name.split(separator: "_"))
            let help = try #require(lines.first { $0.hasPrefix("# HELP \(name) ") })
            #expect(help.count > "# HELP \(name) ".count + 10 && help.hasSuffix("."))
            expectEqual(name.hasSuffix("_total"), type[3] == "counter", "\(name)")
            #expect(name.allSatisfy { $0.isLowercase || $0 == "_" || $0.isNumber }, "\(name)")
            #expect(["bucket", "count", "sum"].allSatisfy { !name.hasSuffix("_\($0)") }, "\(name)")
            // Types, abbreviated units and those that are not base units.
            #expect(
                words.isDisjoint(with: [
                    "counter", "gauge", "histogram", "summary", "s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb",
                    "m",
                    "h", "d", "milliseconds", "microseconds", "nanoseconds", "minutes", "hours", "days", "kilobytes",
                    "megabytes", "bits", "percent",
                ]), "\(name)")
        }
        // No name is another one's with a suffix that a histogram adds.
        let names = Set(types.map { $0[2] })
        for type in types where type[3] == "histogram" {
            #expect(["bucket", "count", "sum"].allSatisfy { !names.contains("\(type[2])_\($0)") })
        }
    }

    @Test("a label cannot break out of its quotes")
    func labels() {
        let metrics = Metrics()
        metrics.count(.turns, ["a": "\"\n\\"])
        #expect(metrics.text().contains("jetbridge_turns_total{a=\"\\\"\\n\\\\\"} 1"))
    }
}
