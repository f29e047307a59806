import Logging
import NATS
import TestSupport

/// A connection that runs until ``stop()``.
struct RunningNATS {
    let nats: NATSConnection
    private let running: Task<Void, any Error>

    init(_ settings: NATSSettings) {
        let nats = NATSConnection(settings, logger: .silent)
        self.nats = nats
        self.running = Task { try await nats.run() }
    }

    /// Returns once it is connected.
    init(to server: NATSServer) async throws {
        self.init(NATSSettings(servers: [server.url]))
        try await self.connected()
    }

    /// Returns after the next confirmation of the server.
    func connected() async throws {
        for await delivery in try self.nats.subscribe(to: "test.connected") where delivery == .gap { return }
    }

    func stop() async {
        await self.nats.stop()
        _ = await self.running.result
    }
}

extension NATSDelivery {
    var text: String? {
        guard case .message(let message) = self else { return nil }
        return String(decoding: message.payload, as: UTF8.self)
    }
}

extension NATSConnection {
    func publish(_ text: String, to subject: String) throws(NATSError) {
        try self.publish(Array(text.utf8), to: subject)
    }
}
