package import EventLoop
package import JSON
internal import Primitives
internal import Processes

/// A collector of traces and metrics, with OpenTelemetry's own types. See `otlp/receive.py`.
@Net package final class OTLPReceiver {
    package struct Span: Sendable {
        package let json: JSON
        package var name: String { self.json["name"]?.stringValue ?? "" }
        package var trace: String { self.json["trace"]?.stringValue ?? "" }
        package var id: String { self.json["id"]?.stringValue ?? "" }
        package var parent: String { self.json["parent"]?.stringValue ?? "" }
        package subscript(attribute: String) -> JSON? { self.json["attributes"]?[attribute] }
    }

    private let process: Process
    private var reader: Task<Void, Never>?
    private var lines: [JSON] = []
    private let changed = Signal()
    package private(set) var port = 0

    /// Starts one that ends with ``stop()``.
    package static func started() async throws -> OTLPReceiver {
        let receiver = OTLPReceiver(
            try Process.spawn(PythonClients.telemetry.plan(script: "TestSupport/Servers/otlp/receive.py", [])))
        // Unstructured: it ends with the process's output.
        receiver.reader = Task { @Net in await receiver.read() }
        let first = await receiver.wait { !$0.isEmpty }
        receiver.port = first[0]["port"]?.intValue ?? 0
        return receiver
    }

    private init(_ process: Process) { self.process = process }

    private func read() async {
        var rest: [UInt8] = []
        while let bytes = try? await self.process.output.read() {
            rest += bytes
            while let end = rest.firstIndex(of: 0x0A) {
                let line = Array(rest[..<end])
                self.lines.append((try? JSON.parse(line)) ?? ["error": .string(String(decoding: line, as: UTF8.self))])
                rest.removeFirst(end + 1)
            }
            self.changed.signal()
        }
        self.lines.append(["error": "the receiver ended; scripts/setup test installs what it needs"])
        self.changed.signal()
    }

    private func wait(until isMet: ([JSON]) -> Bool) async -> [JSON] {
        while !isMet(self.lines), !Task.isCancelled, self.lines.last?["error"] == nil { await self.changed.wait() }
        return self.lines
    }

    package nonisolated static func address(_ port: Int) -> String { "http://127.0.0.1:\(port)" }
    package var endpoint: String { Self.address(self.port) }

    /// What it could not read.
    package var errors: [JSON] { self.lines.compactMap { $0["error"] } }
    package var requests: [JSON] { self.lines.filter { $0["path"] != nil } }

    package var spans: [Span] { Self.items(self.lines, "/v1/traces").map { Span(json: $0) } }
    package var metrics: [JSON] { Self.items(self.lines, "/v1/metrics") }

    private static func items(_ lines: [JSON], _ path: String) -> [JSON] {
        lines.filter { $0["path"]?.stringValue == path }.flatMap { $0["items"]?.arrayValue ?? [] }
    }

    package func waitForSpans(_ isMet: ([Span]) -> Bool) async -> [Span] {
        Self.items(await self.wait { isMet(Self.items($0, "/v1/traces").map { Span(json: $0) }) }, "/v1/traces")
            .map { Span(json: $0) }
    }

    package func waitForMetrics(_ isMet: ([JSON]) -> Bool) async -> [JSON] {
        Self.items(await self.wait { isMet(Self.items($0, "/v1/metrics")) }, "/v1/metrics")
    }

    package func waitForRequests(_ count: Int) async {
        _ = await self.wait { $0.count { $0["path"] != nil } >= count }
    }

    /// How it answers from now on.
    package func answer(_ status: Int, headers: JSON = [:]) async throws {
        let answers = self.lines.count { $0["answers"] != nil }
        let answer: JSON = ["status": JSON(status), "headers": headers]
        try await self.process.input.write(answer.bytes + [0x0A])
        _ = await self.wait { $0.count { $0["answers"] != nil } > answers }
    }

    package func stop() async {
        self.process.input.close()
        await self.process.stop(patience: .seconds(2), grace: .seconds(2))
        await self.reader?.value
    }
}
