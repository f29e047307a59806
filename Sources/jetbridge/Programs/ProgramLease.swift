internal import Chat
internal import People
internal import Primitives
internal import Store

/// A program's token. It is valid for a moment, and is extended while this process runs: it ends with it however it ends.
struct ProgramLease: Sendable {
    let token: String
    private let id: String
    private let store: SessionStore

    private static let term: Int64 = 15_000
    private static let interval = Duration.seconds(4)

    init(_ store: SessionStore, name: String, scopes: [String], identity: Identity) async throws {
        let (credential, token) = try await store.makeToken(
            name, scopes, limits: TokenLimits(expiresAt: WallClock.now() + Self.term), identity: identity)
        self.token = token
        self.id = credential.id
        self.store = store
    }

    /// Extends the token until the task is cancelled, or somebody has revoked it.
    func keep() async {
        while true {
            guard (try? await Task.sleep(for: Self.interval)) != nil else { return }
            let isThere = try? await self.store.write { [id] ledger in
                try ledger.extendCredential(id: id, until: WallClock.now() + Self.term)
            }
            // What cannot be stored now is tried again.
            if isThere == false { return }
        }
    }

    func end() async throws {
        _ = try await self.store.write { [id] ledger in try ledger.revokeCredential(id: id) }
    }
}
