internal import EventLoop
internal import HTTP
internal import HTTPClient
internal import JSON

/// Simulates `count` people with the web chat open, each with one streaming answer.
///
/// Prints `{"event":"streaming"}` once all of them have text, `{"event":"measured",…}` after the window, and
/// `{"event":"ended",…}` when every answer is complete.
struct LiveLoad: Sendable {
    private let address: String
    private let token: String
    private let count: Int
    private let seconds: Int

    /// The number that start at once.
    private static let beginners = 16

    init(_ arguments: BenchArguments) throws {
        self.address = try arguments.text("address")
        self.token = try arguments.text("token")
        self.count = arguments.number("count", default: 1_000)
        self.seconds = arguments.number("seconds", default: 15)
    }

    @Net func run() async throws {
        let tally = LiveWatcher.Tally()
        let watchers = try await self.begin(tally)
        defer { for watcher in watchers { watcher.close() } }
        while watchers.contains(where: { !$0.hasText }) {
            guard tally.lost == 0 else { throw BenchFailure("\(tally.lost) connections or turns failed") }
            try await EventLoop.shared.sleep(for: .milliseconds(20))
        }
        BenchOutput.line(["event": "streaming"])
        // Leaves the start-up phase out of the measurement.
        try await EventLoop.shared.sleep(for: .seconds(2))
        (tally.lateness, tally.frames) = ([], 0)
        tally.lateness.reserveCapacity(1 << 20)
        BenchOutput.line(["event": "begun"])
        let started = EventLoop.shared.now
        try await EventLoop.shared.sleep(for: .seconds(self.seconds))
        let elapsed = started.duration(to: EventLoop.shared.now) / .seconds(1)
        BenchOutput.line(self.report(tally, seconds: elapsed))
        while tally.ended + tally.lost < self.count { try await EventLoop.shared.sleep(for: .milliseconds(50)) }
        BenchOutput.line([
            "event": "ended", "complete": .integer(Int64(tally.ended)), "lost": .integer(Int64(tally.lost)),
            "gaps": .integer(Int64(tally.gaps)),
        ])
    }

    @Net private func report(_ tally: LiveWatcher.Tally, seconds: Double) -> JSONObject {
        let sorted = tally.lateness.sorted()
        func milliseconds(_ share: Double) -> JSON {
            sorted.isEmpty ? .null : .number(Double(sorted[Int(Double(sorted.count - 1) * share)]) / 1_000)
        }
        return [
            "event": "measured", "chunks_per_second": .number(Double(sorted.count) / seconds),
            "frames_per_second": .number(Double(tally.frames) / seconds), "p50": milliseconds(0.5),
            "p99": milliseconds(0.99), "max": milliseconds(1), "gaps": .integer(Int64(tally.gaps)),
        ]
    }

    @Net private func begin(_ tally: LiveWatcher.Tally) async throws -> [LiveWatcher] {
        var settings = HTTPClientSettings()
        settings.maxConnections = 16
        let client = HTTPClient(settings)
        let parts = self.address.split(separator: ":")
        guard let host = parts.first, let port = parts.last.flatMap({ UInt16($0) }),
            let address = SocketAddress(host: String(host), port: port)
        else { throw BenchFailure("\(self.address) is not a valid address") }
        var watchers: [LiveWatcher] = []
        // In groups, as people arrive: if they started one by one, early answers would end before the last ones start.
        while watchers.count < self.count {
            let group = min(Self.beginners, self.count - watchers.count)
            let begun = (0..<group).map { _ in
                // Unstructured: a task group's children cannot share the loop's state. All are awaited below.
                Task { @Net in try await self.beginOne(address, client, tally) }
            }
            for task in begun { watchers.append(try await task.value) }
        }
        return watchers
    }

    @Net private func beginOne(
        _ address: SocketAddress, _ client: HTTPClient, _ tally: LiveWatcher.Tally
    ) async throws -> LiveWatcher {
        let thread = try await self.post("/api/v1/threads", [:], client)["id"]?.stringValue ?? ""
        let watcher = try await LiveWatcher.open(
            address, host: self.address, token: self.token, thread: thread, tally: tally)
        _ = try await self.post("/api/v1/threads/\(thread)/messages", ["text": "Tell me the time."], client)
        return watcher
    }

    @Net private func post(_ path: String, _ body: JSON, _ client: HTTPClient) async throws -> JSON {
        var request = HTTPClientRequest(.post, try HTTPURL("http://\(self.address)\(path)"), body: .bytes(body.bytes))
        request.headers = ["Content-Type": "application/json", "Authorization": "Bearer \(self.token)"]
        let response = try await client.execute(request)
        let bytes = try await response.body.collect(upTo: 1 << 20)
        guard response.status.isSuccess else {
            throw BenchFailure("\(path): \(response.status.code) \(String(decoding: bytes, as: UTF8.self))")
        }
        return try JSON.parse(bytes)
    }
}
