internal import Glibc

/// Commits on one of several writing connections.
struct PostgreSQLWriter {
    /// The writes of one commit, all of one key: all of them wait for the slowest, and for one another's locks. Those of
    /// several keys would lock the same rows as another lane's in another order, and wait for each other.
    static let groupLimit = 8
    /// Begins every transaction of writes without a key: they run one after the other, also among several hosts.
    static let order = ["SELECT pg_advisory_xact_lock(7017304421)"]
    /// How often a write is repeated that ran into another one, or whose connection was lost before its commit.
    private static let attempts = 8

    let doubts: CommitDoubts
    let observer: (@Sendable (CommitReport) -> Void)?

    func commit(_ writes: [PendingWrite], on connection: PostgreSQLConnection) {
        var groups: [[PendingWrite]] = []
        for write in writes {
            if let index = groups.firstIndex(where: { $0[0].key == write.key }) {
                groups[index].append(write)
            } else {
                groups.append([write])
            }
        }
        for group in groups { self.commit(group: group, on: connection) }
    }

    private func commit(group writes: [PendingWrite], on connection: PostgreSQLConnection) {
        let group = WriteGroup(connection, observer: self.observer)
        for write in group.run(writes, isLast: false) {
            var attempt = 1
            // While the store closes, many may wait for a server that is away.
            while !group.run([write], isLast: attempt >= (self.doubts.isClosing ? 2 : Self.attempts)).isEmpty {
                // At random, so that two that wait for each other do not meet again.
                usleep(.random(in: 0...(UInt32(attempt) * 10_000)))
                attempt += 1
            }
        }
    }
}

extension PostgreSQLConnection {
    /// Checks what a server must have, before anything is stored there.
    func checkServer() throws(DatabaseError) {
        try self.begin(.read)
        defer { self.giveUpTransaction() }
        let row = try self.first(
            """
            SELECT current_setting('server_version_num') AS version, current_setting('server_encoding') AS encoding
            """, [])
        let version = Int(try row?.text("version") ?? "") ?? 0
        guard version >= 140_000 else {
            throw DatabaseError(
                code: .cannotOpen,
                message: "the database server is PostgreSQL \(version / 10_000): 14 or later is needed")
        }
        guard try row?.text("encoding") == "UTF8" else {
            throw DatabaseError(
                code: .cannotOpen,
                message:
                    "the database's encoding is not UTF8: create it with `createdb --encoding=UTF8 --template=template0`"
            )
        }
    }
}
