package import JSON
internal import Logging
package import Telemetry

extension Metrics {
    /// Sends these metrics, and the tracer's spans.
    ///
    /// - Parameter refresh: Called before they are read.
    package func exporter(
        for tracer: Tracer, service: String = "jetbridge", version: String,
        refresh: @escaping @Sendable () async -> Void = {}
    ) -> TelemetryExporter {
        let start = Tracer.time()
        self.counters(.droppedSpans) { [(labels: [:], value: tracer.dropped)] }
        return TelemetryExporter(
            tracer, service: service, version: version, logger: Logger(label: "telemetry")
        ) {
            await refresh()
            return self.otlp(since: start, at: Tracer.time())
        }
    }

    /// The metrics in OTLP's JSON, with the names that Prometheus gives them.
    ///
    /// - Parameters:
    ///   - start: When counting began, in nanoseconds since 1970.
    package func otlp(since start: UInt64, at now: UInt64) -> [JSON] {
        let reading = self.read()
        let times: JSONObject = ["startTimeUnixNano": .string("\(start)"), "timeUnixNano": .string("\(now)")]
        func points<Value>(_ family: Family<Value>, _ members: (Value) -> JSONObject) -> JSON {
            .array(
                family.entries.map { labels, value in
                    var point = times
                    point["attributes"] = OTLP.attributes(
                        JSONObject(dictionary: labels.mapValues { .string($0) }))
                    point.merge(members(value))
                    return .object(point)
                })
        }
        let counters = reading.counters.map { family in
            Self.metric(
                family.name, "jetbridge_\(family.name)_total",
                [
                    "sum": [
                        "isMonotonic": true, "aggregationTemporality": 2,
                        "dataPoints": points(family) { ["asInt": .string("\($0)")] },
                    ]
                ])
        }
        let gauges = reading.gauges.map { family in
            Self.metric(
                family.name, Self.fullName(ofGauge: family.name),
                ["gauge": ["dataPoints": points(family) { ["asDouble": .number($0)] }]])
        }
        let histograms = reading.histograms.map { family in
            Self.metric(
                family.name, "jetbridge_\(family.name)",
                ["histogram": ["aggregationTemporality": 2, "dataPoints": points(family, Self.members)]])
        }
        return counters + gauges + histograms
    }

    private static func metric(_ name: String, _ full: String, _ data: JSONObject) -> JSON {
        var metric = data
        metric["name"] = .string(full)
        metric["description"] = .string(MetricName(rawValue: name)?.help ?? "")
        if name.hasSuffix("seconds") { metric["unit"] = "s" }
        return .object(metric)
    }

    private static func members(of histogram: Histogram) -> JSONObject {
        // OTLP's buckets have only their own values, and the last one has no bound.
        let before = [0] + histogram.buckets
        let counts = zip(histogram.buckets + [histogram.count], before).map { JSON.string("\($0 - $1)") }
        return [
            "count": .string("\(histogram.count)"), "sum": .number(histogram.sum),
            "bucketCounts": .array(counts), "explicitBounds": .array(Self.bounds.map { .number($0) }),
        ]
    }
}
