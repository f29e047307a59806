internal import EventLoop

/// A client of the proxy: the holder of a token with the scope `proxy`. The id alone decides whether two are equal.
package struct ClientKey: Sendable, Hashable {
    /// Identifies the client in limits, usage and the log; not a secret.
    package let id: String
    /// The models that it may use; nil for all.
    package let models: Set<String>?
    /// The tokens that it may use a day, input and output together; nil without a limit.
    package let tokensPerDay: Int?

    package init(id: String, models: Set<String>? = nil, tokensPerDay: Int? = nil) {
        self.id = id
        self.models = models
        self.tokensPerDay = tokensPerDay
    }

    /// The identity of whoever uses the key.
    package var person: String { self == .local ? "local" : "web:\(self.id)" }

    /// All clients on this machine without a key, if none is required.
    package static let local = ClientKey(id: "local")

    package static func == (left: ClientKey, right: ClientKey) -> Bool { left.id == right.id }

    package func hash(into hasher: inout Hasher) { hasher.combine(self.id) }
}

/// What a secret that a client sent as its key stands for. Times are milliseconds since 1970.
package enum ClientKeyFinding: Sendable {
    /// `until` is when it expires; nil if it does not.
    case valid(ClientKey, until: Int64?)
    case expired(at: Int64)
    /// Unknown, revoked, or not for the proxy.
    case unknown
}

/// Finds the client that a key belongs to.
package typealias ClientKeyLookup = @concurrent @Sendable (_ secret: String) async throws -> ClientKeyFinding

/// The tokens of a client on a day, counted in UTC from 1970, without those that this process has reported itself.
package typealias DailyUseLookup = @concurrent @Sendable (_ client: String, _ day: Int64) async throws -> Int

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
