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
    /// For the sending of spans, of metrics, and of both.
    private let (stopsSpans, stopsMetrics, stopsAll) = (Signal(), Signal(), Signal())

    /// How long the host's end may wait for the collector.
    private static let farewell = Duration.seconds(2)
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
            group.addTask(name: "sending") {
                await withTaskGroup(of: Void.self) { group in
                    group.addTask(name: "spans") { await self.sendSpans() }
                    group.addTask(name: "metrics") { await self.sendMetrics() }
                }
            }
            group.addTask(name: "farewell") {
                await self.stopsAll.wait()
                try? await Task.sleep(for: Self.farewell)
            }
            // Ends the requests under way too: a collector that hangs must not delay the host's end.
            await group.next()
            group.cancelAll()
        }
        try Task.checkCancellation()
    }

    package func stop() async {
        self.isStopping.withLock { $0 = true }
        self.tracer.arrival.signal()
        self.stopsSpans.signal()
        self.stopsMetrics.signal()
        self.stopsAll.signal()
    }

    private var mustEnd: Bool { self.isStopping.withLock { $0 } || Task.isCancelled }

    private func sendSpans() async {
        var standing = Standing.taking
        while true {
            await self.tracer.arrival.wait()
            if !self.mustEnd { await self.stopsSpans.wait(upTo: self.tracer.settings.linger) }
            while !Task.isCancelled, case let batch = self.tracer.batch(upTo: Self.batchLimit), !batch.isEmpty {
                standing = await self.send(
                    self.body(batch), to: "traces", spans: batch.count, untilStopped: self.stopsSpans, after: standing)
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
        var standing = Standing.taking
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
            standing = await self.send(
                body, to: "metrics", spans: 0, untilStopped: self.stopsMetrics, after: standing)
        } while !self.mustEnd
    }

    private var scope: JSON { ["name": "jetbridge", "version": .string(self.version)] }

    // MARK: One request

    private enum Answer {
        /// How much of it was rejected all the same, and what the collector says about it.
        case taken(rejected: Int, message: String)
        case refused(String)
        case later(String, after: Duration?)
    }

    /// What the collector did last. Only a change is logged: a refusal may last for days.
    private enum Standing { case taking, warning, refusing, late }

    /// Retries until the collector has taken or refused it, or until the host stops.
    ///
    /// - Parameter spans: How many are lost if it is not taken.
    private func send(
        _ body: JSON, to signal: String, spans: Int, untilStopped stops: Signal, after standing: Standing
    ) async -> Standing {
        let bytes = body.bytes
        var pause = self.tracer.settings.retryPause
        var standing = standing
        while true {
            switch await self.post(bytes, to: signal) {
            case .taken(let rejected, let message):
                self.tracer.drop(min(rejected, spans))
                let next: Standing = rejected > 0 ? .refusing : message.isEmpty ? .taking : .warning
                self.tell(
                    next, of: signal, rejected > 0 ? "\(rejected) rejected. \(message)" : message, after: standing)
                return next
            case .refused(let reason):
                self.tracer.drop(spans)
                self.tell(.refusing, of: signal, reason, after: standing)
                return .refusing
            case .later(let reason, let wait):
                self.tell(.late, of: signal, reason, after: standing)
                standing = .late
                if self.mustEnd {
                    self.tracer.drop(spans)
                    return standing
                }
                await stops.wait(upTo: wait.map { min($0, .seconds(600)) } ?? pause)
                pause = min(pause * 2, .seconds(60))
            }
        }
    }

    private func tell(_ standing: Standing, of signal: String, _ reason: String, after last: Standing) {
        guard standing != last else { return }
        switch standing {
        case .taking where last == .warning: break
        case .taking:
            self.logger.info("the collector takes \(signal) again", ["dropped_spans": JSON(self.tracer.dropped)])
        case .warning:
            self.logger.warning("the collector takes \(signal) with a warning", ["reason": .string(reason)])
        case .refusing:
            self.logger.warning("the collector refused \(signal)", ["reason": .string(reason)])
        case .late:
            self.logger.warning("the collector does not take \(signal)", ["reason": .string(reason)])
        }
    }

    private func post(_ bytes: [UInt8], to signal: String) async -> Answer {
        do {
            var request = HTTPClientRequest(
                .post, try Self.url(self.tracer.settings.endpoint, signal),
                headers: ["Content-Type": "application/json"],
                body: .bytes(bytes))
            for (name, value) in self.tracer.settings.headers { request.headers[name] = value.reveal() }
            request.totalTimeout = self.tracer.settings.timeout
            let response = try await self.client.execute(request)
            let body = try await response.body.collect(upTo: 64 << 10)
            return self.answer(response.status, response.headers, body)
        } catch is CancellationError {
            return .later("it did not answer before the host's end", after: nil)
        } catch {
            return .later("\(error)", after: nil)
        }
    }

    private func answer(_ status: HTTPStatus, _ headers: HTTPHeaders, _ body: [UInt8]) -> Answer {
        switch status.code {
        case 200..<300:
            let partial = (try? JSON.parse(body))?["partialSuccess"]
            // 64 bits are text in protobuf's JSON, but not every collector keeps to it.
            let rejected = partial?["rejectedSpans"] ?? partial?["rejectedDataPoints"]
            let count = rejected?.intValue ?? rejected?.stringValue.flatMap { Int($0) } ?? 0
            // Without a count, the message is a warning about something that was taken.
            return .taken(
                rejected: max(0, count), message: String((partial?["errorMessage"]?.stringValue ?? "").prefix(200)))
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
