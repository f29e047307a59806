internal import Glibc
package import HTTP
internal import HTTPClient
package import JSON
internal import Lifecycle
package import Logging
internal import Primitives

/// Sends spans and metrics to a collector by OTLP over HTTP, in JSON. What the collector does not take in time is
/// dropped; nothing else waits for it.
package final class TelemetryExporter: Service {
    package let name = "telemetry"
    private let tracer: Tracer
    private let metrics: @Sendable () async -> [JSON]
    private let resource: JSON
    private let version: String
    private let logger: Logger
    private let client: HTTPClient
    private let isStopping = Protected(false)
    /// For the sending of spans and of metrics.
    private let (stopsSpans, stopsMetrics) = (Signal(), Signal())

    /// In bytes, as ``EndedSpan/size`` estimates them.
    private static let batchLimit = 512 << 10

    /// - Parameter metrics: The `metrics` of OTLP.
    package init(
        _ tracer: Tracer, service: String = "jetbridge", version: String, logger: Logger,
        metrics: @escaping @Sendable () async -> [JSON]
    ) {
        self.tracer = tracer
        self.metrics = metrics
        self.version = version
        self.logger = logger
        var client = HTTPClientSettings()
        client.allowsPlainHTTP = true
        client.userAgent = "jetbridge/\(version)"
        self.client = HTTPClient(client)
        self.resource = [
            "attributes": OTLP.attributes([
                "service.name": .string(service), "service.version": .string(version),
                "service.instance.id": .string(TraceContext.root().traceID), "process.pid": JSON(getpid()),
            ])
        ]
    }

    package func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask(name: "spans") { await self.sendSpans() }
            group.addTask(name: "metrics") { await self.sendMetrics() }
        }
        try Task.checkCancellation()
    }

    package func stop() async {
        self.isStopping.withLock { $0 = true }
        self.tracer.arrival.signal()
        self.stopsSpans.signal()
        self.stopsMetrics.signal()
    }

    private var mustEnd: Bool { self.isStopping.withLock { $0 } || Task.isCancelled }

    private func sendSpans() async {
        while true {
            await self.tracer.arrival.wait()
            if !self.mustEnd { await self.stopsSpans.wait(upTo: self.tracer.settings.linger) }
            while case let batch = self.tracer.batch(upTo: Self.batchLimit), !batch.isEmpty {
                await self.send(self.body(batch), to: "traces", untilStopped: self.stopsSpans)
            }
            if self.mustEnd { return }
        }
    }

    private func body(_ batch: [EndedSpan]) -> JSON {
        [
            "resourceSpans": [
                [
                    "resource": self.resource,
                    "scopeSpans": [["scope": self.scope, "spans": .array(batch.map(\.json))]],
                ]
            ]
        ]
    }

    private func sendMetrics() async {
        repeat {
            await self.stopsMetrics.wait(upTo: self.tracer.settings.metricsInterval)
            let body: JSON = [
                "resourceMetrics": [
                    [
                        "resource": self.resource,
                        "scopeMetrics": [["scope": self.scope, "metrics": .array(await self.metrics())]],
                    ]
                ]
            ]
            await self.send(body, to: "metrics", untilStopped: self.stopsMetrics)
        } while !self.mustEnd
    }

    private var scope: JSON { ["name": "jetbridge", "version": .string(self.version)] }

    // MARK: One request

    private enum Answer {
        case taken
        case refused(String)
        case later(String, after: Duration?)
    }

    /// Retries until the collector has taken or refused it, or until the host stops.
    private func send(_ body: JSON, to signal: String, untilStopped stops: Signal) async {
        let bytes = body.bytes
        var pause = self.tracer.settings.retryPause
        var hasFailed = false
        while true {
            switch await self.post(bytes, to: signal) {
            case .taken:
                if hasFailed {
                    self.logger.info(
                        "the collector takes \(signal) again", ["dropped_spans": JSON(self.tracer.dropped)])
                }
                return
            case .refused(let reason):
                return self.logger.warning("the collector refused \(signal)", ["reason": .string(reason)])
            case .later(let reason, let wait):
                if !hasFailed {
                    self.logger.warning("the collector does not take \(signal)", ["reason": .string(reason)])
                }
                hasFailed = true
                if self.mustEnd { return }
                await stops.wait(upTo: wait.map { min($0, .seconds(600)) } ?? pause)
                pause = min(pause * 2, .seconds(60))
            }
        }
    }

    private func post(_ bytes: [UInt8], to signal: String) async -> Answer {
        do {
            var request = HTTPClientRequest(
                .post, try Self.url(self.tracer.settings.endpoint, signal),
                headers: ["Content-Type": "application/json"],
                body: .bytes(bytes))
            for (name, value) in self.tracer.settings.headers { request.headers[name] = value.reveal() }
            request.totalTimeout = self.mustEnd ? .seconds(2) : self.tracer.settings.timeout
            let response = try await self.client.execute(request)
            let body = try await response.body.collect(upTo: 64 << 10)
            return self.answer(response.status, response.headers, body)
        } catch {
            return .later("\(error)", after: nil)
        }
    }

    private func answer(_ status: HTTPStatus, _ headers: HTTPHeaders, _ body: [UInt8]) -> Answer {
        switch status.code {
        case 200..<300:
            let partial = (try? JSON.parse(body))?["partialSuccess"]
            guard let message = partial?["errorMessage"]?.stringValue, !message.isEmpty else { return .taken }
            return .refused(String(message.prefix(200)))
        // Those after which the specification asks to try again.
        case 429, 502, 503, 504: return .later("HTTP \(status.code)", after: RetryAfter.read(headers, now: time(nil)))
        default: return .refused("HTTP \(status.code): \(String(decoding: body.prefix(200), as: UTF8.self))")
        }
    }

    package static func url(_ endpoint: HTTPURL, _ signal: String) throws -> HTTPURL {
        let base = endpoint.description
        return try HTTPURL((base.hasSuffix("/") ? base : base + "/") + "v1/" + signal)
    }

    /// What is wrong with the collector, found by sending it nothing; nil if it takes that.
    package static func problem(_ settings: TelemetrySettings) async -> String? {
        let exporter = TelemetryExporter(Tracer(settings), version: "0", logger: Logger(label: "telemetry")) { [] }
        switch await exporter.post(Array(#"{"resourceSpans":[]}"#.utf8), to: "traces") {
        case .taken: return nil
        case .refused(let reason), .later(let reason, _): return reason
        }
    }
}
