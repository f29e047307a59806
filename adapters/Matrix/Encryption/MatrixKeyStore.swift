internal import Crypto
internal import Database
internal import JSON
internal import Lifecycle
internal import Olm
internal import Primitives

/// The keys of one account's encryption, in an SQLite file whose secrets are encrypted with a key in another file.
///
/// What leaves the machine is stored before: see ``MatrixEncryption``.
struct MatrixKeyStore: Sendable {
    private let database: Database
    let pickleKey: PickleKey
    private let sealKey: [UInt8]

    /// Opens or creates the files. Blocks.
    ///
    /// - Throws: ``MatrixKeyStoreError``, `DatabaseError`.
    init(_ files: MatrixKeyFiles) throws {
        let key = try Self.key(files)
        self.pickleKey = PickleKey(bytes: hkdfSHA256(key, salt: [], info: Array("pickles".utf8), count: 32))
        self.sealKey = hkdfSHA256(key, salt: [], info: Array("secrets".utf8), count: 32)
        var settings = DatabaseSettings()
        settings.readers = 1
        self.database = try Database(
            path: files.database, migrations: MatrixKeySchema.migrations, settings: settings)
    }

    private static func key(_ files: MatrixKeyFiles) throws -> [UInt8] {
        if let contents = PrivateFile.read(files.key, limit: 4_096) {
            guard let key = decodeBase64(String(decoding: contents.bytes, as: UTF8.self).trimmed), key.count == 32
            else {
                throw MatrixKeyStoreError(
                    "\(files.key) does not contain a key of 32 bytes: restore it from a backup, or remove it together "
                        + "with \(files.database) to begin with a new device")
            }
            return key
        }
        guard !PrivateFile.Stamp(of: files.key).isAbsent || PrivateFile.Stamp(of: files.database).isAbsent else {
            throw MatrixKeyStoreError(
                "\(files.key) is missing, and \(files.database) cannot be read without it: restore it from a backup, or "
                    + "remove the database to begin with a new device")
        }
        let key = randomBytes(32)
        try PrivateFile.write(Array(base64(key).utf8), to: files.key)
        return key
    }

    func close() async { await self.database.close() }

    func read<Value: Sendable>(_ body: @escaping @Sendable (any Connection) throws -> Value) async throws -> Value {
        try await self.database.read(body)
    }

    /// Makes changes durable, all or none.
    func commit(_ changes: MatrixKeyChanges) async throws {
        guard !changes.statements.isEmpty else { return }
        try await self.database.write { connection in
            for (sql, values) in changes.statements { try connection.execute(sql, values) }
        }
    }

    // MARK: Secrets

    func sealed(_ secret: [UInt8]) -> [UInt8] { sealAES256GCM(secret, key: self.sealKey) }

    func secret(_ name: String) async throws -> [UInt8]? {
        let row = try await self.read { try $0.first("SELECT value FROM secrets WHERE name = $1", SQLValue(name)) }
        guard let row else { return nil }
        guard let secret = openAES256GCM(try row.bytes("value"), key: self.sealKey) else {
            throw MatrixKeyStoreError("the secret \(name) of the key database does not belong to its key file")
        }
        return secret
    }

    func fact(_ name: String) async throws -> String? {
        try await self.read { try $0.first("SELECT value FROM facts WHERE name = $1", SQLValue(name))?.text("value") }
    }
}

extension String {
    fileprivate var trimmed: String { String(self.filter { !$0.isWhitespace }) }
}
