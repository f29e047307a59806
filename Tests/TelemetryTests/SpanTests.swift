import HTTP
import Primitives
import Telemetry
import TestSupport
import Testing

struct SpanTests {
    @Test("A span lasts no time where the clock was set back")
    func clockSetBack() throws {
        let time = Protected<UInt64>(5_000_000_000)
        let tracer = Tracer(TelemetrySettings(endpoint: try HTTPURL("http://127.0.0.1:4318"))) {
            time.withLock { $0 }
        }
        let span = tracer.span("a", parent: nil)
        time.withLock { $0 = 6_500_000_000 }
        expectEqual(span.seconds, 1.5)
        time.withLock { $0 = 1_000_000_000 }
        expectEqual(span.seconds, 0)
        span.end()
    }
}
