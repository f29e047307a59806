internal import Primitives
internal import TestSupport

/// Creates networks. Bots on Matrix share one server.
struct BenchNetworks: Sendable {
    let hasLimits: Bool
    /// Synapse's rate limit; nil for its default of one event in five seconds, at which 200 answers take a quarter of
    /// an hour.
    let eventsPerSecond: Double?
    private let synapse = Protected<Synapse?>(nil)

    init(hasLimits: Bool, eventsPerSecond: Double? = nil) {
        self.hasLimits = hasLimits
        self.eventsPerSecond = eventsPerSecond
    }

    func make(_ name: String, rooms: Int, bot: String) async throws -> any BenchNetwork {
        switch name {
        case "telegram":
            let digits = bot == "ours" ? 1_000 : 2_000
            return try await BenchTelegram(
                rooms: rooms, hasLimits: self.hasLimits, token: "\(digits):AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0")
        case "slack": return try await BenchSlack(rooms: rooms, hasLimits: self.hasLimits)
        case "matrix":
            return try await BenchMatrix(
                try await self.server(), rooms: rooms, bot: bot,
                eventsPerSecond: self.hasLimits ? self.eventsPerSecond ?? 0.2 : nil)
        default: throw BenchFailure("unknown network '\(name)'")
        }
    }

    func stop() async { await self.synapse.withLock { $0.take() }?.remove() }

    private func server() async throws -> Synapse {
        if let synapse = self.synapse.withLock({ $0 }) { return synapse }
        let limits = self.eventsPerSecond.map { Synapse.Limits.messages(perSecond: $0, burst: 10) } ?? .synapseDefaults
        let synapse = try await Synapse(limits: self.hasLimits ? limits : .off)
        self.synapse.withLock { $0 = synapse }
        return synapse
    }
}
