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

    @concurrent func key(for secret: String) async throws -> ClientKey? {
        let now = WallClock.now()
        guard let found = try await self.credentials.credential(secret: secret, kind: .token, at: now),
            !Set(found.scopes).isDisjoint(with: [Scope.proxy.rawValue, Scope.admin.rawValue])
        else { return nil }
        try await self.credentials.noteUse(of: found.id, at: now)
        return ClientKey(id: found.id)
    }
}
