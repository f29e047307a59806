package import Audit
package import Database
internal import Lifecycle
package import Metrics
package import People
internal import Primitives
package import Store
package import Threads
internal import Turns

/// Opens the store, for the host and for commands that run alongside it.
package enum Stores {
    package static func open(
        _ configuration: Configuration, metrics: Metrics? = nil
    ) throws(DatabaseError) -> Database {
        var settings = DatabaseSettings()
        settings.commitObserver = { metrics?.observe(.storeCommitSeconds, seconds: $0.duration / .seconds(1)) }
        // A store without work is a host without work.
        settings.idleObserver = { ProgramPages.release() }
        return try self.open(configuration.store, settings)
    }

    /// The steps of the schema that the store lacks, without changing it. Throws where ``open(_:metrics:)`` would.
    package static func missing(in store: Configuration.Store) throws(DatabaseError) -> [Migration] {
        switch store {
        case .file(let path): return try Database.missing(StoreSchema.migrations, path: path)
        case .postgreSQL(let place): return try Database.missing(StoreSchema.migrations, postgreSQL: place)
        }
    }

    package static func open(
        _ store: Configuration.Store, _ settings: DatabaseSettings = DatabaseSettings()
    ) throws(DatabaseError) -> Database {
        switch store {
        case .file(let path): return try Database(path: path, migrations: StoreSchema.migrations, settings: settings)
        case .postgreSQL(let place):
            return try Database(postgreSQL: place, migrations: StoreSchema.migrations, settings: settings)
        }
    }
}

/// What a command does in the store itself.
extension Configuration {
    /// Everybody with access.
    package func people(in store: SessionStore) async throws -> PeopleDesk.Listing {
        try await PeopleDesk(policy: self.access.policy) { _, _ in }.listing(of: store, at: WallClock.now())
    }

    /// Changes who has access, and records that.
    package func peopleDesk(in store: SessionStore) async throws -> PeopleDesk {
        PeopleDesk(policy: self.access.policy, audit: try await self.decisionAudit(in: store))
    }

    /// Appends a decision to the audit, in its transaction.
    package func decisionAudit(
        in store: SessionStore
    ) async throws -> @Sendable (Ledger, AuditEntry) throws -> Void {
        DecisionAudit.appending(to: try await AuditLog.open(store.database, keyIn: self.dataDirectory).chain)
    }

    /// Deletes sessions, also while a host runs.
    package func deletion(in store: SessionStore) -> SessionDeletion {
        SessionDeletion(store: store, filesDirectory: self.filesDirectory, objects: self.sharedObjects)
    }
}
