internal import Crypto
internal import Database
internal import Olm

/// The keys of one account's encryption, in a database whose secrets are encrypted with a key that is kept apart.
///
/// What leaves the machine is stored before: see ``MatrixEncryption``.
package struct MatrixKeyStore: Sendable {
    private let database: any DatabaseAccess
    private let scope: MatrixKeyScope
    let pickleKey: PickleKey
    private let sealKey: [UInt8]

    /// - Parameter key: 32 bytes.
    init(_ database: any DatabaseAccess, of scope: MatrixKeyScope, key: [UInt8]) {
        self.database = database
        self.scope = scope
        self.pickleKey = PickleKey(bytes: hkdfSHA256(key, salt: [], info: Array("pickles".utf8), count: 32))
        self.sealKey = hkdfSHA256(key, salt: [], info: Array("secrets".utf8), count: 32)
    }

    func close() async { await self.database.close() }

    /// Whether the hosts of a cluster share it.
    var isShared: Bool { self.scope.account != nil }

    /// Whether what was encrypted may leave now: no other host has the keys.
    var isHeld: Bool { self.database.isHeld }

    func read<Value: Sendable>(_ body: @escaping @Sendable (MatrixKeyRows) throws -> Value) async throws -> Value {
        let scope = self.scope
        return try await self.database.read { try body(MatrixKeyRows(connection: $0, scope: scope)) }
    }

    /// Whether there is such a row.
    func has(_ sql: String, _ value: String) async throws -> Bool {
        try await self.read { try $0.first(sql, SQLValue(value)) != nil }
    }

    /// Passes all rows of a table to `body`, in parts.
    func read(
        _ table: MatrixKeyTable, inPartsOf limit: Int, _ body: ([Row]) async throws -> Void
    ) async throws {
        var last: [SQLValue] = []
        while true {
            let after = last
            let rows = try await self.read { try $0.rows(of: table, after: after, limit: limit) }
            guard let end = rows.last else { return }
            try await body(rows)
            last = table.key.map { end[$0] }
        }
    }

    /// Makes changes durable, all or none.
    func commit(_ changes: MatrixKeyChanges) async throws {
        guard !changes.changes.isEmpty else { return }
        let statements = changes.changes.map(self.scope.statement)
        try await self.database.commit { connection in
            for (sql, values) in statements { try connection.execute(sql, values) }
        }
    }

    // MARK: Secrets

    func sealed(_ secret: [UInt8]) -> [UInt8] { sealAES256GCM(secret, key: self.sealKey) }

    func secret(_ name: String) async throws -> [UInt8]? {
        let row = try await self.read { try $0.first("SELECT value FROM {secrets} WHERE name = $1", SQLValue(name)) }
        guard let row else { return nil }
        guard let secret = openAES256GCM(try row.bytes("value"), key: self.sealKey) else {
            throw MatrixKeyStoreError("the secret \(name) of the key database does not belong to its key file")
        }
        return secret
    }

    func fact(_ name: String) async throws -> String? {
        try await self.read { try $0.first("SELECT value FROM {facts} WHERE name = $1", SQLValue(name))?.text("value") }
    }
}

/// One account's rows of ``MatrixKeyStore``, in a transaction that reads.
struct MatrixKeyRows {
    let connection: any Connection
    let scope: MatrixKeyScope

    /// - Parameter sql: With the tables in braces, see ``MatrixKeyScope``.
    func query(_ sql: String, _ values: SQLValue...) throws(DatabaseError) -> [Row] {
        let statement = self.scope.reading(sql, values)
        return try self.connection.query(statement.sql, statement.values)
    }

    func first(_ sql: String, _ values: SQLValue...) throws(DatabaseError) -> Row? {
        let statement = self.scope.reading(sql, values)
        return try self.connection.first(statement.sql, statement.values)
    }

    /// A part of a table in the order of its key, after the row with the key `last`; from the first one if it is empty.
    func rows(of table: MatrixKeyTable, after last: [SQLValue], limit: Int) throws(DatabaseError) -> [Row] {
        let key = table.key.map { "\"\($0)\"" }.joined(separator: ", ")
        let places = (1...table.key.count).map { "$\($0)" }.joined(separator: ", ")
        let condition = last.isEmpty ? "" : "WHERE (\(key)) > (\(places))"
        let sql = "SELECT * FROM {\(table.rawValue)} \(condition) ORDER BY \(key) LIMIT \(limit)"
        let statement = self.scope.reading(sql, last)
        return try self.connection.query(statement.sql, statement.values)
    }
}

/// Why the keys cannot be used: what, why, and what to do.
package struct MatrixKeyStoreError: Error, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
