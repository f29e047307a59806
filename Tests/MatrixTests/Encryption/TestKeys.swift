import Chat
import Database
import Foundation
import Store
import TestSupport

@testable import Matrix

/// The keys of a device in a test: files in a folder, or with JETBRIDGE_TEST_STORE=postgresql rows of a store that hosts
/// share. The files go with the last device that uses them.
final class TestKeys: Sendable {
    /// Of the folder, or of the account in the store.
    let name: String

    private static let store: SessionStore? = {
        guard TestDatabase.isPostgreSQL else { return nil }
        do {
            return SessionStore(
                database: try TestDatabase.open(path: "matrix keys", migrations: StoreSchema.migrations))
        } catch {
            fatalError("the store of keys does not open: \(error)")
        }
    }()

    init() throws {
        self.name = Self.newName()
        if Self.store == nil {
            try FileManager.default.createDirectory(atPath: self.name, withIntermediateDirectories: true)
        }
    }

    private init(existing name: String) { self.name = name }

    deinit { try? FileManager.default.removeItem(atPath: self.name) }

    private static func newName() -> String { NSTemporaryDirectory() + "keys-\(UUID().uuidString)" }

    private var files: MatrixKeyFiles { MatrixKeyFiles(database: self.name + "/keys", key: self.name + "/key") }

    var place: any MatrixKeyPlace {
        guard let store = Self.store else { return self.files }
        return Self.shared(self.name, in: store, takingOver: self.files)
    }

    /// Keys in a store that hosts share.
    static func shared(_ account: String, in store: SessionStore, takingOver files: MatrixKeyFiles) -> MatrixSharedKeys
    {
        MatrixSharedKeys(of: account, sealedWith: Array(repeating: 7, count: 32), takingOver: files) {
            PlaceTables(of: .network(AdapterID("matrix:test")), in: store)
        }
    }

    /// A copy of them as they are now, as after a power cut.
    func copy() async throws -> TestKeys {
        let path = Self.newName()
        guard let store = Self.store else {
            try FileManager.default.copyItem(atPath: self.name, toPath: path)
            return TestKeys(existing: path)
        }
        let name = self.name
        try await store.database.write { connection in
            for table in MatrixKeyTable.allCases {
                for row in try connection.query(
                    "SELECT * FROM matrix_\(table.rawValue) WHERE account = $1", .text(name))
                {
                    let columns = row.names.map { "\"\($0)\"" }.joined(separator: ", ")
                    let places = (1...row.names.count).map { "$\($0)" }.joined(separator: ", ")
                    try connection.execute(
                        "INSERT INTO matrix_\(table.rawValue) (\(columns)) VALUES (\(places))",
                        zip(row.names, row.values).map { $0 == "account" ? .text(path) : $1 })
                }
            }
        }
        return TestKeys(existing: path)
    }
}
