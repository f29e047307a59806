internal import Gateway
internal import Primitives
internal import Proxy
internal import Sessions

/// The proxy's client keys: tokens with the scope `proxy`, or `admin`, which allows everything.
struct ProxyKeys: Sendable {
    private let credentials: CredentialLookup

    init(store: SessionStore) {
        self.credentials = CredentialLookup(store: store)
    }

    @concurrent func find(_ secret: String) async throws -> ClientKeyFinding {
        let now = WallClock.now()
        guard let found = try await self.credentials.stored(secret: secret, kind: .token),
            !Set(found.scopes).isDisjoint(with: [Scope.proxy.rawValue, Scope.admin.rawValue])
        else { return .unknown }
        if let end = found.expiresAt, end <= now { return .expired(at: end) }
        try await self.credentials.noteUse(of: found.id, at: now)
        let key = ClientKey(
            id: found.id, models: found.models.map { Set($0) }, tokensPerDay: found.tokensPerDay.map { Int($0) })
        return .valid(key, until: found.expiresAt)
    }
}
