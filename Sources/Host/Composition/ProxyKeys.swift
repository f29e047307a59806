internal import Gateway
internal import Primitives
internal import Proxy
internal import Sessions

/// Client keys of the proxy: tokens with the scope `proxy`, or `admin`, which allows everything.
struct ProxyKeys: Sendable {
    private let store: SessionStore
    /// When each key's last use was written down.
    private let touched = Protected<[String: Int64]>([:])

    /// Uses closer together than this, in milliseconds, are one.
    private static let touchInterval: Int64 = 60_000

    init(store: SessionStore) {
        self.store = store
    }

    @concurrent func key(for secret: String) async throws -> ClientKey? {
        let hash = CredentialSecret.hash(of: secret)
        let now = WallClock.now()
        let found = try await self.store.read { ledger in try ledger.credential(hash: hash, at: now) }
        guard let found, found.kind == .token,
            !Set(found.scopes).isDisjoint(with: [Scope.proxy.rawValue, Scope.admin.rawValue])
        else { return nil }
        try await self.touch(found.id, at: now)
        return ClientKey(id: found.id)
    }

    private func touch(_ id: String, at now: Int64) async throws {
        let isDue = self.touched.withLock { touched in
            guard now - (touched[id] ?? 0) >= Self.touchInterval else { return false }
            touched[id] = now
            return true
        }
        if isDue { try await self.store.write { ledger in try ledger.touchCredential(id: id, at: now) } }
    }
}
