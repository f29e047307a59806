import HTTP
import JSON
import Logging
import Metrics
import Telemetry
import TestSupport
import Testing
import Threads

@Suite(.timeLimit(.minutes(1)))
struct MetricsOTLPTests {
    @Test("metrics arrive with the names, labels and values that Prometheus gets")
    func metrics() async throws {
        let receiver = try await OTLPReceiver.started()
        let metrics = Metrics()
        metrics.count(.turns, ["state": "complete"], by: 3)
        metrics.count(.turns, ["state": "failed"])
        metrics.adjust(.turnsActive, by: 2)
        for seconds in [0.0005, 0.2, 7, 1_000] { metrics.observe(.turnSeconds, seconds: seconds) }
        let tracer = Tracer(TelemetrySettings(endpoint: try HTTPURL(await receiver.endpoint)))
        let exporter = metrics.exporter(for: tracer, version: "1")
        let running = Task { try await exporter.run() }
        await exporter.stop()
        try await running.value
        let sent = await receiver.waitForMetrics { !$0.isEmpty }
        let errors = await receiver.errors
        #expect(errors.isEmpty, "\(errors)")
        func value(_ name: String, _ labels: JSON = [:]) -> JSON? {
            sent.first { $0["name"]?.stringValue == name && $0["labels"] == labels }
        }
        expectEqual(value("jetbridge_turns_total", ["state": "complete"])?["value"], 3)
        expectEqual(value("jetbridge_turns_total", ["state": "failed"])?["kind"], "sum")
        expectEqual(value("jetbridge_turns_active")?["value"]?.doubleValue, 2)
        let seconds = try #require(value("jetbridge_turn_seconds"))
        #expect(seconds["count"] == 4 && abs((seconds["sum"]?.doubleValue ?? 0) - 1_007.2005) < 0.001)
        let text = metrics.text()
        for line in ["jetbridge_turns_total{state=\"complete\"} 3", "jetbridge_turn_seconds_count 4"] {
            #expect(text.contains(line))
        }
        await receiver.stop()
    }
}
