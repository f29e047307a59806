internal import Crypto
internal import Lifecycle
package import Logging
package import NATS
internal import Primitives

/// Tells the other hosts over NATS that something new is in the store. The store decides everything: a host that hears
/// nothing looks by itself, half a second later at most. Nothing here waits for NATS.
package final class ClusterBus: Service {
    package let name = "cluster bus"
    private let nats: NATSConnection
    private let key: ClusterKey
    private let host: String
    /// Begins with the cluster's name, so that clusters can share a server.
    private let subject: String
    private let logger: Logger
    private let woken: @Sendable () -> Void
    private let counted = Protected(BusCounts())

    /// - Parameters:
    ///   - host: This host's id.
    ///   - woken: Called when another host has stored something, or may have. Must return at once.
    package init(
        nats: NATSConnection, key: ClusterKey, host: String, logger: Logger, woken: @escaping @Sendable () -> Void
    ) {
        self.nats = nats
        self.key = key
        self.host = host
        self.subject = "jb.\(key.name).all"
        self.logger = logger
        self.woken = woken
    }

    package var status: NATSState { self.nats.status }

    /// Why the others hear nothing of this host; nil if they do.
    package var problem: String? {
        let status = self.status
        guard !status.isConnected else { return nil }
        return "NATS is away (\(status.lastError ?? "not connected yet")): hosts learn of changes more slowly"
    }

    package var counts: BusCounts { self.counted.withLock { $0 } }

    package func run() async throws {
        let wakes = try self.nats.subscribe(to: self.subject)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(name: "wakes") { for await delivery in wakes { self.take(delivery) } }
            try await self.nats.run()
            group.cancelAll()
        }
    }

    package func stop() async { await self.nats.stop() }

    /// Wakes all others.
    package func wake() {
        do throws(NATSError) {
            let message = BusEnvelope(host: self.host).sealed(with: self.key, for: self.subject)
            try self.nats.publish(message, to: self.subject)
            self.counted.withLock { $0.sent += 1 }
        } catch {
            self.counted.withLock { $0.unsent += 1 }
            self.logger.debug("the other hosts were not woken: \(error)")
        }
    }

    private func take(_ delivery: NATSDelivery) {
        guard case .message(let message) = delivery else { return self.woken() }
        do throws(BusEnvelope.Refusal) {
            let envelope = try BusEnvelope(opening: message.payload, with: self.key, from: message.subject)
            // Everybody gets what is sent to all, also who sends it.
            guard envelope.host != self.host else { return }
            self.counted.withLock { $0.received += 1 }
            self.woken()
        } catch {
            self.counted.withLock { counts in
                if error == .forged || error == .tooLarge { counts.forged += 1 } else { counts.unreadable += 1 }
            }
        }
    }
}

/// What a bus has done, for metrics.
package struct BusCounts: Sendable, Equatable {
    package internal(set) var sent = 0
    /// Not published, because NATS was away or too slow.
    package internal(set) var unsent = 0
    package internal(set) var received = 0
    /// Dropped because the signature is not the cluster's.
    package internal(set) var forged = 0
    /// Dropped because they are of a newer version, or make no sense.
    package internal(set) var unreadable = 0
}
