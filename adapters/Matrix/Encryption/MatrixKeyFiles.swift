internal import Crypto
internal import Database
package import Lifecycle
internal import Primitives

/// The files with the keys of a Matrix connection.
package struct MatrixKeyFiles: MatrixKeyPlace {
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

    package var name: String { self.database }
    package var isShared: Bool { false }

    package func hasKeys() -> Bool { !PrivateFile.Stamp(of: self.database).isAbsent }

    /// Beside a database that was restored from a backup and not opened since. The host that made the backup used the
    /// keys after it, even in the same run, and nothing in the database tells.
    package var restoredMark: String { self.database + ".restored" }

    /// Opens or creates the files. Blocks.
    package func open() async throws -> MatrixKeyStore {
        let key = try self.readKey()
        var settings = DatabaseSettings()
        settings.readers = 1
        let store = MatrixKeyStore(
            try Database(path: self.database, migrations: MatrixKeySchema.migrations, settings: settings),
            of: MatrixKeyScope(account: nil), key: key)
        guard !PrivateFile.Stamp(of: self.restoredMark).isAbsent else { return store }
        do {
            // Without its keys, the device is signed out and another one made.
            try await store.commit(MatrixKeyChanges { $0.forgetDevice() })
            try PrivateFile.remove(self.restoredMark)
        } catch {
            await store.close()
            throw error
        }
        return store
    }

    /// The key in its file, or a new one if both files are missing.
    func readKey() throws -> [UInt8] {
        if let contents = PrivateFile.read(self.key, limit: 4_096) {
            let text = String(String(decoding: contents.bytes, as: UTF8.self).filter { !$0.isWhitespace })
            guard let key = decodeBase64(text), key.count == 32 else {
                throw MatrixKeyStoreError(
                    "\(self.key) does not contain a key of 32 bytes: restore it from a backup, or remove it together "
                        + "with \(self.database) to begin with a new device")
            }
            return key
        }
        guard !PrivateFile.Stamp(of: self.key).isAbsent || PrivateFile.Stamp(of: self.database).isAbsent else {
            throw MatrixKeyStoreError(
                "\(self.key) is missing, and \(self.database) cannot be read without it: restore it from a backup, or "
                    + "remove the database to begin with a new device")
        }
        let key = randomBytes(32)
        try PrivateFile.write(Array(base64(key).utf8), to: self.key)
        return key
    }
}
