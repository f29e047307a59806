import HTTP
import HTTPServer
import JSON
import Lifecycle
import Logging
import Primitives
import Telemetry
import TestSupport
import Testing

/// What is sent is judged by a receiver with OpenTelemetry's own types.
@Suite(.timeLimit(.minutes(2)))
struct TelemetryExporterTests {
    /// Runs `body` with an exporter, which has sent everything afterwards.
    private func exporting(
        to endpoint: String, content: Bool = false, pause: Duration = .milliseconds(1), logger: Logger = .silent,
        metrics: @escaping @Sendable () -> [JSON] = { [] }, _ body: (Tracer) async throws -> Void
    ) async throws {
        var settings = TelemetrySettings(
            endpoint: try HTTPURL(endpoint), headers: ["X-Key": Secret("k")], hasContent: content)
        settings.linger = .milliseconds(1)
        settings.retryPause = pause
        let tracer = Tracer(settings)
        let exporter = TelemetryExporter(tracer, version: "1", logger: logger, metrics: metrics)
        let running = Task { try await exporter.run() }
        do { try await body(tracer) } catch {
            running.cancel()
            throw error
        }
        await exporter.stop()
        try await running.value
    }

    @Test("spans arrive with their trace, parents, attributes and errors, and no text of people")
    func spans() async throws {
        let receiver = try await OTLPReceiver.started()
        let context = try #require(
            TraceContext(traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
        try await self.exporting(to: receiver.endpoint) { tracer in
            let root = tracer.span("receive irc:local", .consumer, parent: context)
            root.set("number", 9_007_199_254_740_993)
            root.set("share", 0.5)
            root.set("words", ["one", "two"])
            root.set("is", true)
            try await Span.$current.withValue(root) {
                try await traced("chat test", .client) { span in
                    expectEqual(Span.current?.context, span?.context)
                    await #expect(throws: CancellationError.self) {
                        try await traced("execute_tool read") { _ in throw CancellationError() }
                    }
                }
            }
            root.fail("timeout", "what Alice wrote")
            root.end()
            root.end()
        }
        // The receiver says what it got while it answers.
        let spans = await receiver.waitForSpans { $0.count >= 3 }
        let errors = await receiver.errors
        #expect(errors.isEmpty, "\(errors)")
        expectEqual(spans.map(\.name), ["execute_tool read", "chat test", "receive irc:local"])
        try #require(spans.count == 3)
        let (tool, chat, root) = (spans[0], spans[1], spans[2])
        expectEqual(Set(spans.map(\.trace)), ["0af7651916cd43dd8448eb211c80319c"])
        #expect(root.parent == "b7ad6b7169203331" && chat.parent == root.id && tool.parent == chat.id)
        #expect(root["number"] == 9_007_199_254_740_993 && root["share"] == 0.5 && root["is"] == true)
        #expect(root["words"] == ["one", "two"] && root["error.type"] == "timeout")
        #expect(root.json["kind"] == 5 && chat.json["kind"] == 3 && tool.json["kind"] == 1)
        #expect(root.json["status"] == 2 && root.json["message"] == "" && tool["error.type"] == "cancelled")
        expectEqual(root.json["service"], "jetbridge")
        let requests = await receiver.requests
        #expect(requests.allSatisfy { $0["type"] == "application/json" && $0["key"] == "k" })
        await receiver.stop()
    }

    @Test("without a span nothing is made, and what a caller does not sample is not sent")
    func nothing() async throws {
        try await traced("chat") { span in #expect(span == nil) }
        let receiver = try await OTLPReceiver.started()
        try await self.exporting(to: receiver.endpoint) { tracer in
            let context = TraceContext(traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")
            let span = tracer.span("POST /api", .server, parent: context)
            #expect(span.child("inner").context.traceparent.hasSuffix("-00"))
            span.end()
            tracer.span("ignored", parent: nil).drop()
        }
        #expect(await receiver.spans.isEmpty)
        await receiver.stop()
    }

    @Test("a collector that is busy gets the same spans later, as it asks for")
    func busy() async throws {
        let receiver = try await OTLPReceiver.started()
        try await receiver.answer(503, headers: ["Retry-After": "0"])
        try await self.exporting(to: receiver.endpoint) { tracer in
            tracer.span("one", parent: nil).end()
            await receiver.waitForRequests(3)
            try await receiver.answer(200)
            _ = await receiver.waitForSpans { !$0.isEmpty }
        }
        await expectEqual(receiver.waitForSpans { !$0.isEmpty }.map(\.name), ["one"])
        await receiver.stop()
    }

    @Test("what a collector refuses is dropped, and the next is sent")
    func refused() async throws {
        let receiver = try await OTLPReceiver.started()
        try await receiver.answer(400)
        try await self.exporting(to: receiver.endpoint) { tracer in
            tracer.span("one", parent: nil).end()
            await receiver.waitForRequests(1)
            try await receiver.answer(200)
            tracer.span("two", parent: nil).end()
            _ = await receiver.waitForSpans { !$0.isEmpty }
        }
        await expectEqual(receiver.waitForSpans { !$0.isEmpty }.map(\.name), ["two"])
        await receiver.stop()
    }

    /// How a collector in this process answers, and how often it has.
    private struct Collector {
        var status = HTTPStatus.ok
        var answer: JSON = [:]
        var count = 0
    }

    @Test("spans that a collector refuses are counted; that it does so is logged once, and a mere warning as such")
    func counted() async throws {
        let state = Protected(Collector())
        let server = HTTPServer(.standIn(port: 0, bodyLimit: 1 << 20), name: "collector", logger: .silent) { request in
            _ = try await request.body.collect()
            guard request.path == "/v1/traces" else { return .json([:]) }
            return state.withLock { state -> HTTPServerResponse in
                state.count += 1
                return .json(state.answer, state.status)
            }
        }
        try await server.start()
        let lines = Protected<[String]>([])
        let output = LogOutput(level: .info, format: .json) { line in
            lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
        }
        try await self.exporting(to: server.loopbackURL, logger: Logger(label: "telemetry", output: output)) { tracer in
            let steps: [(HTTPStatus, JSON, dropped: UInt64)] = [
                (.badRequest, [:], 1), (.badRequest, [:], 2), (.ok, [:], 2),
                (.ok, ["partialSuccess": ["rejectedSpans": "1", "errorMessage": "too old"]], 3),
                (.ok, ["partialSuccess": ["rejectedSpans": 1]], 4),
                (.ok, ["partialSuccess": ["rejectedSpans": 0, "errorMessage": "use gRPC"]], 4), (.ok, [:], 4),
            ]
            for (number, step) in steps.enumerated() {
                state.withLock { ($0.status, $0.answer) = (step.0, step.1) }
                tracer.span("one", parent: nil).end()
                while state.withLock({ $0.count }) <= number || tracer.dropped < step.dropped {
                    try await Task.sleep(for: .milliseconds(1))
                }
                expectEqual(tracer.dropped, step.dropped)
            }
        }
        await server.stop()
        let log = lines.withLock { $0 }
        for (text, count) in [("refused traces", 2), ("takes traces again", 1), ("with a warning", 1)] {
            expectEqual(log.count { $0.contains(text) }, count, "\(text): \(log)")
        }
        #expect(log.contains { $0.contains("1 rejected. too old") } && log.count == 4)
    }

    @Test("a collector that hangs delays the end by two seconds, also with a request under way")
    func hanging() async throws {
        let asked = Signal()
        let server = HTTPServer(.standIn(port: 0, bodyLimit: 1 << 20), name: "collector", logger: .silent) { _ in
            asked.signal()
            try await Task.sleep(for: .seconds(60))
            return .json([:])
        }
        try await server.start()
        let stopped = Protected(ContinuousClock.now)
        try await self.exporting(to: server.loopbackURL) { tracer in
            tracer.span("one", parent: nil).end()
            await asked.wait()
            stopped.withLock { $0 = .now }
        }
        #expect(stopped.withLock { $0.duration(to: .now) } < .seconds(5))
        await server.stop()
    }

    @Test("a dead collector costs no more than 2 MB; what is newer is dropped and counted; the stop does not hang")
    func dead() async throws {
        let before = try Self.residentMemory()
        try await self.exporting(to: "http://127.0.0.1:1", content: true, pause: .seconds(600)) { tracer in
            let text = String(repeating: "long ", count: 2_000)
            for number in 0..<20_000 {
                let span = tracer.span("chat", .client, parent: nil)
                span.set("gen_ai.output.messages", .string("\(number) \(text)"))
                span.end()
            }
            #expect(tracer.dropped > 19_000)
        }
        let grown = try Self.residentMemory() - before
        #expect(grown < 12 << 20, "\(grown >> 10) KB")
    }

    @Test("what waits for a turn's messages is bounded, and the newest stays")
    func contexts() throws {
        let tracer = Tracer(TelemetrySettings(endpoint: try HTTPURL("http://127.0.0.1:1")))
        for number in 0..<10_000 { tracer.keep(tracer.span("t", parent: nil).context, for: "op_\(number)") }
        expectEqual(tracer.context(for: "op_0"), nil)
        #expect(tracer.context(for: "op_9999") != nil && tracer.context(for: "op_9000") != nil)
    }

    private static func residentMemory() throws -> Int {
        let fields = String(decoding: ProcessTable.read("/proc/self/statm"), as: UTF8.self).split(separator: " ")
        return (Int(fields[1]) ?? 0) * 4_096
    }
}
