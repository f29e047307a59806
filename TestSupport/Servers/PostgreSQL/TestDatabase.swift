package import Database
internal import Glibc
internal import Primitives

/// The store of a test: a file, or with JETBRIDGE_TEST_STORE=postgresql a database for each path.
package enum TestDatabase {
    package static let isPostgreSQL = getenv("JETBRIDGE_TEST_STORE").map { String(cString: $0) } == "postgresql"

    private struct Made {
        /// Databases by path.
        var names: [String: String] = [:]
        /// Databases that have the tables, by the steps that made them.
        var templates: [String: String] = [:]
    }

    private static let made = Protected(Made())

    package static func open(
        path: String, migrations: [Migration], settings: DatabaseSettings = DatabaseSettings()
    ) throws -> Database {
        guard self.isPostgreSQL else { return try Database(path: path, migrations: migrations, settings: settings) }
        return try Database(postgreSQL: self.place(of: path, migrations), migrations: migrations, settings: settings)
    }

    private static func place(of path: String, _ migrations: [Migration]) throws -> PostgreSQLSettings {
        let server = PostgreSQLServer.shared
        return try self.made.withLock { made in
            if let name = made.names[path] { return server.settings(of: name) }
            let steps = migrations.map { "\($0.number) \($0.name)" }.joined(separator: ",")
            let template = made.templates[steps] ?? "template_\(made.templates.count)"
            if made.templates[steps] == nil {
                let place = try server.database(template)
                // Its connections end with it, and a template must have none.
                _ = try Database(postgreSQL: place, migrations: migrations)
                made.templates[steps] = template
            }
            let name = "store_\(made.names.count)"
            made.names[path] = name
            try server.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(template)'", in: "postgres")
            return try server.database(name, template: template)
        }
    }
}
