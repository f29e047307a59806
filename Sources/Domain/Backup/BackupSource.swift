/// What is backed up.
package struct BackupSource: Sendable {
    package struct Repository: Sendable, Equatable {
        package let name: String
        package let path: String

        package init(name: String, path: String) {
            self.name = name
            self.path = path
        }
    }

    /// The data directory.
    package let directory: String
    /// The SQLite file; nil where the store is a database of PostgreSQL.
    package let store: String?
    /// For people; without a password.
    package let storeName: String
    /// The local ones, wherever they are.
    package let repositories: [Repository]
    /// What else is left out, as whole sentences.
    package let remarks: [String]
    package let release: String
    /// The last step of the schema of a store that is not in the backup. It may block.
    package let schema: (@Sendable () throws -> Int)?

    package init(
        directory: String, store: String?, storeName: String, repositories: [Repository], remarks: [String],
        release: String, schema: (@Sendable () throws -> Int)? = nil
    ) {
        self.directory = directory
        self.store = store
        self.storeName = storeName
        self.repositories = repositories
        self.remarks = remarks
        self.release = release
        self.schema = schema
    }

    /// Local repositories outside of the data directory.
    var elsewhere: [Repository] { self.repositories.filter { !$0.path.hasPrefix(self.directory + "/") } }
}
