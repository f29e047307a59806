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
        return try Database(
            path: configuration.store.path, migrations: Schema.migrations, settings: settings)
    }
}
