package import Chat
internal import Database

/// What adapters persist, where several hosts share the store.
extension Ledger {
    package func memory(of adapter: AdapterID) throws -> [UInt8]? {
        try self.connection.first("SELECT value FROM adapter_memory WHERE adapter = ?", [.text(adapter.rawValue)])?
            .bytes("value")
    }

    package func setMemory(_ bytes: [UInt8], of adapter: AdapterID, at now: Int64) throws {
        try self.connection.execute(
            """
            INSERT INTO adapter_memory (adapter, value, updated_at) VALUES (?, ?, ?)
            ON CONFLICT (adapter) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at
            """, [.text(adapter.rawValue), .blob(bytes), .integer(now)])
    }
}
