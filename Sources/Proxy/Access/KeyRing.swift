internal import EventLoop

/// Caches recently looked-up client keys, so that a request doesn't cost a query. A revoked key is refused after
/// ``lifetime`` at the latest.
@Net
final class KeyRing {
    private let lookup: ClientKeyLookup
    private var known: [String: (key: ClientKey, at: LoopInstant)] = [:]

    static let lifetime = Duration.seconds(2)
    private static let limit = 4_096

    nonisolated init(lookup: @escaping ClientKeyLookup) {
        self.lookup = lookup
    }

    func key(for secret: String) async throws -> ClientKey? {
        if let known = self.known(secret) { return known }
        guard let key = try await self.lookup(secret) else {
            self.known[secret] = nil
            return nil
        }
        if self.known.count >= Self.limit { self.known.removeAll(keepingCapacity: true) }
        self.known[secret] = (key, EventLoop.shared.now)
        return key
    }

    /// The cached key, without a look-up.
    func known(_ secret: String) -> ClientKey? {
        guard let found = self.known[secret], found.at.duration(to: EventLoop.shared.now) < Self.lifetime else {
            return nil
        }
        return found.key
    }
}
