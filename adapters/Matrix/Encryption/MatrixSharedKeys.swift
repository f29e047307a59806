internal import Crypto
package import Database
internal import Primitives

/// The keys of a Matrix connection in the store that the hosts of a cluster share. The host that serves the network writes
/// them; a host that takes over uses them too, and so stays the same device.
package struct MatrixSharedKeys: MatrixKeyPlace {
    /// The connection, such as `matrix:home`.
    private let account: String
    /// Seals what encrypts the keys; all hosts have it.
    private let sealKey: [UInt8]
    /// What this host kept before it was in a cluster.
    private let files: MatrixKeyFiles
    private let database: @Sendable () throws -> any DatabaseAccess

    /// In ``MatrixKeyTable/secrets``.
    private static let keyName = "key"
    /// Rows of one transaction while files are taken over.
    private static let batch = 500

    /// - Parameter database: With `matrix_device` and the other tables; each time for a new hold of the network.
    package init(
        of account: String, sealedWith sealKey: [UInt8], takingOver files: MatrixKeyFiles,
        database: @escaping @Sendable () throws -> any DatabaseAccess
    ) {
        self.account = account
        self.sealKey = sealKey
        self.files = files
        self.database = database
    }

    package var name: String { "the store, for \(self.account)" }
    package var isShared: Bool { true }

    private var scope: MatrixKeyScope { MatrixKeyScope(account: self.account) }

    package func hasKeys() async throws -> Bool {
        let database = try self.database()
        do {
            let sealed = try await self.sealedKey(in: database)
            await database.close()
            return sealed != nil
        } catch {
            await database.close()
            throw error
        }
    }

    package func open() async throws -> MatrixKeyStore {
        let database = try self.database()
        do {
            return MatrixKeyStore(database, of: self.scope, key: try await self.key(in: database))
        } catch {
            await database.close()
            throw error
        }
    }

    private func sealedKey(in database: any DatabaseAccess) async throws -> [UInt8]? {
        let scope = self.scope
        return try await database.read { connection in
            try MatrixKeyRows(connection: connection, scope: scope)
                .first("SELECT value FROM {secrets} WHERE name = $1", SQLValue(Self.keyName))?.bytes("value")
        }
    }

    private func key(in database: any DatabaseAccess) async throws -> [UInt8] {
        if let sealed = try await self.sealedKey(in: database) {
            guard let key = openAES256GCM(sealed, key: self.sealKey) else {
                throw MatrixKeyStoreError(
                    "the keys of \(self.account) were sealed with another cluster.key: give all hosts the same one")
            }
            return key
        }
        // Rows without the key are what a host left that ended while it took its files over.
        try await self.commit(MatrixKeyChanges { $0.forgetAll() }, in: database)
        let key: [UInt8]
        if self.files.hasKeys() {
            key = try self.files.readKey()
            try await self.copyFiles(to: database)
        } else {
            key = randomBytes(32)
        }
        let sealed = sealAES256GCM(key, key: self.sealKey)
        try await self.commit(MatrixKeyChanges { $0.setSecret(Self.keyName, sealed) }, in: database)
        return key
    }

    /// Another host that has an older copy of the files finds out from the server that they are old.
    private func copyFiles(to database: any DatabaseAccess) async throws {
        let store = try await self.files.open()
        do {
            for table in MatrixKeyTable.allCases {
                try await store.read(table, inPartsOf: Self.batch) { rows in
                    try await self.commit(MatrixKeyChanges { $0.take(rows, of: table) }, in: database)
                }
            }
            await store.close()
        } catch {
            await store.close()
            throw error
        }
    }

    private func commit(_ changes: MatrixKeyChanges, in database: any DatabaseAccess) async throws {
        let statements = changes.changes.map(self.scope.statement)
        try await database.commit { connection in
            for (sql, values) in statements { try connection.execute(sql, values) }
        }
    }
}
