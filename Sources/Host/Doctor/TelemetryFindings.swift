internal import HTTP
internal import Telemetry

/// The doctor's check of the collector of traces and metrics.
enum TelemetryFindings {
    /// Nil without one.
    static func finding(_ configuration: Configuration) async -> Finding? {
        guard let settings = configuration.telemetry else { return nil }
        let origin = settings.endpoint.origin
        if let problem = await TelemetryExporter.problem(settings) {
            return Finding(
                "telemetry", .warning,
                "the collector at \(origin) does not take traces: \(problem); check telemetry.otlp.endpoint, which "
                    + "is written without /v1/traces, and the collector's receiver of OTLP over HTTP")
        }
        guard settings.endpoint.isSecure || settings.endpoint.isLoopback else {
            return Finding(
                "telemetry", .warning, "what goes to \(origin) can be read on the way: use https://, or a tunnel")
        }
        return Finding("telemetry", .ok, "\(origin) takes traces\(settings.hasContent ? ", with texts" : "")")
    }
}
