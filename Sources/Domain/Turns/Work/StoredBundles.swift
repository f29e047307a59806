package import Chat
internal import Primitives
package import Sessions
internal import Work

/// Keeps in the store what bundles of workspaces there are.
package struct StoredBundles: BundleLog {
    let store: SessionStore

    package init(store: SessionStore) { self.store = store }

    package func bundles(of session: String) async throws -> [WorkspaceBundle] {
        try await self.store.read { ledger in try ledger.bundles(of: session) }
    }

    package func beginEpoch(of session: String, isFull: Bool, repository: String?) async throws -> Int {
        let now = WallClock.now()
        return try await self.store.write { ledger in
            try ledger.beginBundleEpoch(of: session, isFull: isFull, repository: repository, at: now)
        }
    }

    package func add(_ bundle: WorkspaceBundle) async throws -> Bool {
        try await self.store.write { ledger in try ledger.add(bundle) }
    }

    package func remove(_ bundles: [WorkspaceBundle]) async throws {
        try await self.store.write { ledger in try ledger.remove(bundles) }
    }
}
