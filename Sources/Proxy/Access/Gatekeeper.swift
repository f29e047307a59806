internal import EventLoop
internal import HTTP
internal import HTTPServer

/// Lets clients in: by key, by place, by rate.
@Net
final class Gatekeeper {
    private let keys: KeyRing
    nonisolated let requiresKey: Bool
    private var allowance: RequestAllowance

    nonisolated init(lookup: @escaping ClientKeyLookup, requiresKey: Bool, requestsPerMinute: Int) {
        self.keys = KeyRing(lookup: lookup)
        self.requiresKey = requiresKey
        self.allowance = RequestAllowance(perMinute: requestsPerMinute)
    }

    /// Who makes a request. Throws a ``ProxyRefusal`` for somebody who may not.
    func admit(_ headers: HTTPHeaders, at now: Int64) async throws -> ClientKey {
        let key = try await self.identify(headers)
        if let wait = self.allowance.take(key, at: now) { throw ProxyRefusal.tooManyRequests(wait) }
        return key
    }

    /// ``admit(_:at:)`` where nothing has to be looked up; nil where it has.
    func admitKnown(_ headers: HTTPHeaders, at now: Int64) throws(ProxyRefusal) -> ClientKey? {
        guard let key = try self.known(headers) else { return nil }
        if let wait = self.allowance.take(key, at: now) { throw .tooManyRequests(wait) }
        return key
    }

    private func identify(_ headers: HTTPHeaders) async throws -> ClientKey {
        if let known = try self.known(headers) { return known }
        guard let secret = Self.secret(in: headers), let key = try await self.keys.key(for: secret) else {
            throw ProxyRefusal.invalidKey
        }
        return key
    }

    /// Nil where the key has to be looked up.
    private func known(_ headers: HTTPHeaders) throws(ProxyRefusal) -> ClientKey? {
        let secret = Self.secret(in: headers)
        if let secret, self.requiresKey || secret.hasPrefix(Self.keyPrefix) { return self.keys.known(secret) }
        guard !self.requiresKey else { throw ProxyRefusal.missingKey }
        // A page of the web could use the account of whoever looks at it: browsers send such requests without asking.
        if let origin = headers["origin"], !Self.isLoopback(origin) { throw ProxyRefusal.foreignOrigin }
        return .local
    }

    /// How tokens of `jetbridge token create` begin. Other texts on loopback are what clients show that insist on a key.
    private static let keyPrefix = "jb_"

    private static func secret(in headers: HTTPHeaders) -> String? {
        guard let authorization = headers["authorization"] else { return nil }
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].equalsIgnoringCase("bearer") else { return nil }
        return String(parts[1].utf8.trimmingBlanks())
    }

    private static func isLoopback(_ origin: String) -> Bool {
        (try? HTTPURL(origin))?.isLoopback ?? false
    }
}
