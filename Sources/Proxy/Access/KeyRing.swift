internal import EventLoop

/// Caches recently looked-up client keys, so that a request doesn't cost a query. A revoked key is refused after
/// ``lifetime`` at the latest, an expired one at once.
@Net
final class KeyRing {
    private struct Entry {
        let key: ClientKey
        let until: Int64?
        let at: LoopInstant
    }

    private let lookup: ClientKeyLookup
    private var known: [String: Entry] = [:]

    static let lifetime = Duration.seconds(2)
    private static let limit = 4_096

    nonisolated init(lookup: @escaping ClientKeyLookup) {
        self.lookup = lookup
    }

    /// - Parameter now: Milliseconds since 1970.
    func find(_ secret: String, at now: Int64) async throws -> ClientKeyFinding {
        if let known = self.known(secret, at: now) { return .valid(known, until: nil) }
        let finding = try await self.lookup(secret)
        guard case .valid(let key, let until) = finding else {
            self.known[secret] = nil
            return finding
        }
        if let until, until <= now { return .expired(at: until) }
        if self.known.count >= Self.limit { self.known.removeAll(keepingCapacity: true) }
        self.known[secret] = Entry(key: key, until: until, at: EventLoop.shared.now)
        return finding
    }

    /// The cached key, without a look-up; nil after its expiry.
    func known(_ secret: String, at now: Int64) -> ClientKey? {
        guard let found = self.known[secret], found.at.duration(to: EventLoop.shared.now) < Self.lifetime,
            (found.until ?? .max) > now
        else { return nil }
        return found.key
    }
}
