internal import Chat
package import Metrics
package import Store

extension Metrics {
    /// Reads what the networks say of themselves at each scrape. What another host has is not missing here.
    package func follow(_ adapters: AdapterRegistry, _ held: HeldPlaces) {
        for id in adapters.all.map(\.id) {
            self.count(.rateLimited, Self.labels(id), by: 0)
            self.gauge(.adapterUp, Self.labels(id)) {
                guard id == Place.webAdapter || held.contains(.network(id)) else { return nil }
                return adapters[id]?.status.state == .up ? 1 : 0
            }
        }
        for id in Self.encrypted(adapters).map(\.id) {
            self.gauge(.oneTimeKeys, Self.labels(id)) {
                (adapters[id] as? any VerifyingAdapter)?.encryptionCounts?.oneTimeKeys.map(Double.init)
            }
        }
        self.counters(.undecryptableMessages) { Self.values(of: adapters) { $0.undecryptable } }
        self.counters(.failedKeyShares) { Self.values(of: adapters) { $0.failedShares } }
    }

    private static func encrypted(_ adapters: AdapterRegistry) -> [any VerifyingAdapter] {
        adapters.all.compactMap { $0 as? any VerifyingAdapter }
    }

    private static func values(
        of adapters: AdapterRegistry, _ value: (EncryptionCounts) -> Int
    ) -> [(labels: [String: String], value: UInt64)] {
        Self.encrypted(adapters).compactMap { adapter in
            adapter.encryptionCounts.map { (Self.labels(adapter.id), UInt64(max(0, value($0)))) }
        }
    }

    private static func labels(_ adapter: AdapterID) -> [String: String] { ["adapter": adapter.rawValue] }
}
