extension Database {
    /// Looks through the whole file, indexes too: one text for each problem, none when it is sound. Takes a while.
    package func integrityProblems() async throws -> [String] {
        try await self.read { connection in
            do {
                // Makes the connection see tables that others have made: the checks look only at what it knows.
                _ = try connection.query("SELECT name FROM sqlite_schema")
                let rows = try connection.control("PRAGMA foreign_key_check")
                let orphans = Set(rows.compactMap { $0[0].text }).sorted()
                return try connection.problems(isFull: true, limit: 100)
                    + orphans.map { "rows of \($0) refer to what is not there" }
            } catch let error as DatabaseError where error.code == .corrupt {
                // Some damage stops the check itself.
                return [error.message]
            }
        }
    }

    /// The number of the last migration that the file has.
    package func schemaVersion() async throws -> Int {
        try await self.read { connection in
            try connection.first("SELECT max(number) AS number FROM schema_migrations")?["number"].int ?? 0
        }
    }

    /// Writes a compact copy of the present state into a new file (mode 0600), while the store goes on.
    ///
    /// An existing file is not overwritten. Cancelling leaves no half copy behind.
    package func backup(to target: String) async throws {
        let source = self.path
        try await self.read(isTransaction: false) { connection in
            try StoreFile.make(target)
            do {
                // Otherwise nothing may be written on this connection, not even into another file.
                try connection.control("PRAGMA query_only = OFF")
                defer { _ = try? connection.control("PRAGMA query_only = ON") }
                try connection.control("VACUUM INTO $1", .text(target))
                try StoreFile.synchronise(target)
            } catch {
                StoreFile.remove(target)
                throw Self.backupError(error, source: source, target: target)
            }
        }
    }

    private static func backupError(_ error: any Error, source: String, target: String) -> any Error {
        // SQLite names only the store, but most often the place of the copy is the trouble.
        guard let error = error as? DatabaseError, error.code != .interrupted else { return error }
        return DatabaseError(
            code: error.code, message: "the backup of \(source) to \(target) failed: \(error.message)",
            resultCode: error.resultCode)
    }
}
