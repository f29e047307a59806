package import Database
package import Sessions

/// Opens the store, for the host and for commands that run alongside it.
package enum Stores {
    package static func open(
        _ configuration: Configuration, metrics: Metrics? = nil
    ) throws(DatabaseError) -> Database {
        var settings = DatabaseSettings()
        if let metrics {
            settings.commitObserver = { report in
                metrics.observe(.storeCommitSeconds, seconds: report.duration / .seconds(1))
            }
        }
        switch configuration.store {
        case .file(let path): return try Database(path: path, migrations: Schema.migrations, settings: settings)
        case .postgreSQL(let place):
            return try Database(postgreSQL: place, migrations: Schema.migrations, settings: settings)
        }
    }
}
