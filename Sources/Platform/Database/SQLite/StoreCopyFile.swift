internal import Glibc

/// A copy of an SQLite file for a backup. Blocks.
package enum StoreCopyFile {
    /// Copies the file at `path` as it is now into the new file `target`, while others write, and checks the copy.
    package static func make(of path: String, at target: String) throws(DatabaseError) {
        let source = try SQLiteConnection(path: path, role: .reader, busyTimeout: .seconds(5))
        let file = unsafe open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw DatabaseError(
                code: errno == ENOSPC ? .full : .cannotOpen,
                message: "\(target) cannot be written: \(unsafe String(cString: strerror(errno)))")
        }
        close(file)
        let copy = try SQLiteConnection(path: target, role: .writer, busyTimeout: .zero)
        try source.copy(into: copy)
        try copy.checkIntegrity()
    }

    /// The number of the schema's last step in the undamaged file at `path`.
    package static func schema(of path: String) throws(DatabaseError) -> Int {
        let file = try SQLiteConnection(path: path, role: .writer, busyTimeout: .zero)
        try file.checkIntegrity()
        guard try file.hasTable("schema_migrations") else { return 0 }
        return try file.first("SELECT MAX(number) AS last FROM schema_migrations", [])?.int("last") ?? 0
    }

    /// Removes rows of a table from the file at `path`, if it has the table.
    package static func delete(from table: String, where condition: String, at path: String) throws(DatabaseError) {
        let file = try SQLiteConnection(path: path, role: .writer, busyTimeout: .zero)
        if try file.hasTable(table) { try file.execute("DELETE FROM \(table) WHERE \(condition)", []) }
    }
}
