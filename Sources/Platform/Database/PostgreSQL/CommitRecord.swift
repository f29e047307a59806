/// A row that each transaction stores with its changes, so that its outcome can be found if the connection is lost in the
/// commit.
///
/// The transaction's own number (`pg_xact_status`) does not suffice: after a crash, and on a standby that takes over, the
/// server gives numbers out again whose transactions it does not know. The row is where the changes are. Whoever asks
/// inserts it too, marked as refused: that waits for a transaction that still runs, and one whose statements are still on
/// their way then fails. On a server that took over without it, the transaction is not stored, and so is run again.
struct CommitRecord {
    /// The connection, among all that have ever written to the database.
    let writer = Int64.random(in: 1...Int64.max)
    private var number: Int64 = 0

    private static let insertion = "INSERT INTO store_commits (writer, number) VALUES ($1, $2)"
    /// Not those that were refused, whose statements may still arrive.
    private static let deletion =
        "DELETE FROM store_commits WHERE writer = $1 AND number >= $2 AND number < $3 AND NOT is_refused"
    private static let batch: Int64 = 64

    /// Changes the row in any case, so that its commit waits for a synchronous standby like every other: after a crash
    /// the server also shows transactions that no standby has.
    static let claim = """
        INSERT INTO store_commits (writer, number, is_refused) VALUES ($1, $2, true)
        ON CONFLICT (writer, number) DO UPDATE SET asked_at = now() RETURNING is_refused
        """

    var values: [SQLValue] { [.integer(self.writer), .integer(self.number)] }

    /// What the next transaction begins with.
    mutating func next() -> [(sql: String, values: [SQLValue])] {
        self.number += 1
        let insertion = (sql: Self.insertion, values: self.values)
        guard self.number % Self.batch == 0 else { return [insertion] }
        let past: [SQLValue] = [
            .integer(self.writer), .integer(self.number - Self.batch), .integer(self.number),
        ]
        return [insertion, (sql: Self.deletion, values: past)]
    }
}

extension PostgreSQLConnection {
    /// Makes the table of ``CommitRecord``s, and deletes what connections of the past have left. Their statements may arrive
    /// for as long as a network holds them, which is minutes.
    func prepareRecords() throws(DatabaseError) {
        try self.transaction { () throws(DatabaseError) in
            if try self.hasTable("store_commits") {
                try self.execute("DELETE FROM store_commits WHERE asked_at < now() - interval '30 days'", [])
            } else {
                try self.script(
                    """
                    CREATE TABLE store_commits (writer BIGINT NOT NULL, number BIGINT NOT NULL,
                    is_refused BOOLEAN NOT NULL DEFAULT false, asked_at TIMESTAMPTZ NOT NULL DEFAULT now(),
                    PRIMARY KEY (writer, number))
                    """)
            }
        }
    }
}
