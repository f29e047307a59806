package import Database
internal import Glibc
internal import Primitives

/// The store of a test: a file, or with JETBRIDGE_TEST_STORE=postgresql a database for each path.
package enum TestDatabase {
    package static let isPostgreSQL = getenv("JETBRIDGE_TEST_STORE").map { String(cString: $0) } == "postgresql"

    private struct Made {
        /// Databases by path.
        var names: [String: String] = [:]
        /// How many there have been.
        var count = 0
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
            let name = "store_\(made.count)"
            made.count += 1
            try self.removeOld(&made, on: server)
            made.names[path] = name
            return try server.database(name, template: template)
        }
    }

    /// Each takes 8 MB, and a run makes a thousand. Those whose folder has gone are of tests that have ended.
    private static func removeOld(_ made: inout Made, on server: PostgreSQLServer) throws {
        guard made.names.count >= 40 else { return }
        let old = made.names.filter { path, _ in
            let folder = path.prefix(upTo: path.lastIndex(of: "/") ?? path.endIndex)
            return !folder.isEmpty && access(String(folder), F_OK) != 0
        }
        guard !old.isEmpty else { return }
        try server.run(old.values.map { "DROP DATABASE \($0) WITH (FORCE)" }, in: "postgres")
        for path in old.keys { made.names[path] = nil }
    }
}
