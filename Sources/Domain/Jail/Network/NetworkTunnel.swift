internal import EventLoop

/// Copies bytes in both directions, each until its end.
@Net
enum NetworkTunnel {
    /// Returns once both sides have closed; throws if one of them broke.
    ///
    /// - Parameter early: What the client sent before it got the answer.
    static func run(
        early: [UInt8], client: NetworkSocket, server: NetworkSocket, traffic: NetworkTraffic
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.send(early, client, server, traffic) }
            group.addTask { try await self.deliver(client, server, traffic) }
            // Unlike `waitForAll`, this ends the other direction at the first error.
            while try await group.next() != nil {}
        }
    }

    private static func send(
        _ early: [UInt8], _ client: NetworkSocket, _ server: NetworkSocket, _ traffic: NetworkTraffic
    ) async throws {
        var piece: [UInt8]? = early
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
