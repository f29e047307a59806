internal import Chat
internal import Database
internal import Store
internal import Threads

/// Strangers who were answered within a day.
extension Ledger {
    /// Whether somebody was not answered yet; they are from now on.
    func noteStranger(_ identity: String, on network: AdapterID, at now: Int64) throws -> Bool {
        let changed = try self.connection.rowsChanged(
            by: "INSERT INTO strangers (identity, adapter, met_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            [.text(identity), .text(network.rawValue), .integer(now)])
        return changed > 0
    }

    /// A time in the future is of a wrong clock, and does not count.
    func forgetStrangers(before time: Int64, after now: Int64) throws {
        try self.connection.execute(
            "DELETE FROM strangers WHERE met_at <= ? OR met_at > ?", [.integer(time), .integer(now)])
    }

    /// How many asks of a kind are open on a network.
    func openAsks(_ kind: AskRecord.Kind, on network: AdapterID) throws -> Int64 {
        try self.connection.query(
            "SELECT COUNT(*) AS n FROM asks WHERE state = 'open' AND adapter = ? AND kind = ?",
            [.text(network.rawValue), .text(kind.rawValue)]
        ).first?.integer("n") ?? 0
    }
}
