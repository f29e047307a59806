package import Database
internal import Lifecycle
package import Metrics
internal import Store

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
