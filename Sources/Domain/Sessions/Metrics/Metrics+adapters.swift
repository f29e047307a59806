package import Chat

extension Metrics {
    /// Reads what the networks say of themselves at each scrape.
    package func follow(_ adapters: [any ChatAdapter]) {
        for adapter in adapters {
            self.gauge(.adapterUp, Self.labels(adapter)) { adapter.status.state == .up ? 1 : 0 }
        }
        let encrypted = adapters.compactMap { $0 as? any VerifyingAdapter }
        for adapter in encrypted {
            self.gauge(.oneTimeKeys, Self.labels(adapter)) { adapter.encryptionCounts?.oneTimeKeys.map(Double.init) }
        }
        self.counters(.undecryptableMessages) { Self.values(of: encrypted) { $0.undecryptable } }
        self.counters(.failedKeyShares) { Self.values(of: encrypted) { $0.failedShares } }
    }

    private static func values(
        of adapters: [any VerifyingAdapter], _ value: (EncryptionCounts) -> Int
    ) -> [(labels: [String: String], value: UInt64)] {
        adapters.compactMap { adapter in
            adapter.encryptionCounts.map { (Self.labels(adapter), UInt64(max(0, value($0)))) }
        }
    }

    private static func labels(_ adapter: any ChatAdapter) -> [String: String] { ["adapter": adapter.id.rawValue] }
}
