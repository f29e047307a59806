internal import EventLoop

/// What passed through during one request, and its idle limit.
@Net
final class NetworkTraffic {
    private(set) var sent = 0
    private(set) var received = 0
    private var sinceYield = 0
    private let clock: NetworkClock

    init(clock: NetworkClock) {
        self.clock = clock
    }

    func send(_ bytes: [UInt8], to server: NetworkSocket) async throws {
        try await server.write(bytes)
        self.sent += bytes.count
        await self.moved(bytes.count)
    }

    func deliver(_ bytes: [UInt8], to client: NetworkSocket) async throws {
        try await client.write(bytes)
        self.received += bytes.count
        await self.moved(bytes.count)
    }

    private func moved(_ count: Int) async {
        self.clock.move()
        self.sinceYield += count
        // Two fast ends would never make this task wait, and the loop has others to serve.
        guard self.sinceYield >= 1024 * 1024 else { return }
        self.sinceYield = 0
        await Task.yield()
    }
}
