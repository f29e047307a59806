internal import EventLoop

/// Counts the bytes of one request, and restarts its idle limit.
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
        // Between two fast ends this task would never suspend, and the loop must serve others.
        guard self.sinceYield >= 1024 * 1024 else { return }
        self.sinceYield = 0
        await Task.yield()
    }
}

/// The time limit of a connection; only one applies at any time.
@Net
final class NetworkClock {
    private var timer: Timer?
    private var limit = Duration.zero
    private let expired: @Net () -> Void

    init(_ expired: @escaping @Net () -> Void) {
        self.expired = expired
    }

    /// Calls `expired` in `limit`, unless it is started, moved or stopped before.
    func start(_ limit: Duration) {
        self.limit = limit
        if let timer = self.timer {
            timer.reschedule(after: limit)
        } else {
            self.timer = EventLoop.shared.schedule(after: limit, self.expired)
        }
    }

    /// Restarts the limit after data has moved.
    func move() {
        guard let timer = self.timer, timer.isPending else { return }
        timer.reschedule(after: self.limit)
    }

    func stop() {
        self.timer?.cancel()
        self.timer = nil
    }
}

/// Copies bytes in both directions, each until its end.
@Net
enum NetworkTunnel {
    /// Returns once both sides have closed; throws if one of them broke.
    ///
    /// - Parameter first: What the client sends first.
    static func run(
        client: NetworkSocket, server: NetworkSocket, traffic: NetworkTraffic,
        first: @escaping @Net () async throws -> [UInt8]
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.send(first(), client, server, traffic) }
            group.addTask { try await self.deliver(client, server, traffic) }
            // Unlike `waitForAll`, this ends the other direction at the first error.
            while try await group.next() != nil {}
        }
    }

    private static func send(
        _ first: [UInt8], _ client: NetworkSocket, _ server: NetworkSocket, _ traffic: NetworkTraffic
    ) async throws {
        var piece: [UInt8]? = first
        while let bytes = piece {
            try await traffic.send(bytes, to: server)
            piece = try await client.read()
        }
        server.shutdownWrite()
    }

    private static func deliver(
        _ client: NetworkSocket, _ server: NetworkSocket, _ traffic: NetworkTraffic
    ) async throws {
        while let bytes = try await server.read() { try await traffic.deliver(bytes, to: client) }
        client.shutdownWrite()
    }
}
