package import Lifecycle

/// Where a Matrix connection keeps its keys.
package struct MatrixKeyFiles: Sendable {
    /// The database.
    package var database: String
    /// The file with the key that encrypts the database's secrets, mode 0600; created when missing.
    package var key: String

    package init(database: String, key: String) {
        self.database = database
        self.key = key
    }

    /// Those of the connection with this configured id.
    package init(of id: String, in directory: DataDirectory) {
        self.init(database: directory.path(of: "matrix-\(id).keys"), key: directory.path(of: "matrix-\(id).key"))
    }
}
