import Testing

@testable import Sessions

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
        #expect(text.contains("# TYPE jetbridge_turns_total counter\njetbridge_turns_total{state=\"complete\"} 2\n"))
        #expect(text.contains("jetbridge_outbox_pending 3\n"))
        #expect(text.contains("\nprocess_resident_memory_bytes 1024\n"))
        #expect(text.contains("jetbridge_turn_seconds_bucket{le=\"0.25\"} 1\n"))
        #expect(text.contains("jetbridge_turn_seconds_bucket{le=\"0.1\"} 0\n"))
        #expect(text.contains("jetbridge_turn_seconds_count 1\n"))
    }

    @Test("a label cannot break out of its quotes")
    func labels() {
        let metrics = Metrics()
        metrics.count(.turns, ["a": "\"\n\\"])
        #expect(metrics.text().contains("jetbridge_turns_total{a=\"\\\"\\n\\\\\"} 1"))
    }
}
