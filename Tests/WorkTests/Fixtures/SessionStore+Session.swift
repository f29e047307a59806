import Database
import Store
import TestSupport

extension SessionStore {
    /// A store with one session.
    static func made(in directory: TemporaryDirectory, session: String) async throws -> SessionStore {
        let store = SessionStore(
            database: try TestDatabase.open(path: "\(directory.path)/store", migrations: StoreSchema.migrations))
        try await store.write { ledger in
            try ledger.connection.execute(
                """
                INSERT INTO sessions (id, adapter, thread, title, owner, route, state, epoch, created_at, active_at)
                VALUES (?, 'fake:one', '#x', '', 'fake:one/alice', '', 'active', 0, 1, 1)
                """, [.text(session)])
        }
        return store
    }
}
