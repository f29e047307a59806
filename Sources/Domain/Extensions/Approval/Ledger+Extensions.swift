internal import Database
internal import JSON
package import Store

/// A stored list and what became of it, without the list itself.
package struct ExtensionListRecord: Sendable, Equatable {
    package enum State: String, Sendable {
        case waiting, approved, denied
    }

    package let server: String
    package let digest: String
    /// The digest of the server's command or address when it offered the list.
    package let place: String
    package let state: State
    /// The ask about it; nil before there is one.
    package let ask: String?
    /// Who decided; nil for nobody.
    package let decider: String?
    /// Milliseconds since 1970.
    package let decidedAt: Int64?
}

extension Ledger {
    private static let columns = "server, digest, place, state, ask, decider, decided_at"

    /// All lists, by server, the approved one first.
    package func extensionLists() throws -> [ExtensionListRecord] {
        try self.connection.query(
            "SELECT \(Self.columns) FROM extension_lists ORDER BY server, state, digest", []
        ).map(Self.list)
    }

    package func extensionList(server: String, digest: String) throws -> ExtensionList? {
        try self.connection.first(
            "SELECT list FROM extension_lists WHERE server = ? AND digest = ?", [.text(server), .text(digest)]
        ).flatMap { ExtensionList(try JSON.parse(try $0.text("list")), digest: digest) }
    }

    /// Stores what a server offers now as what waits for an owner; a list that waited before is replaced.
    func insert(_ list: ExtensionList, of server: String, place: String, at now: Int64) throws {
        try self.connection.execute(
            "DELETE FROM extension_lists WHERE server = ? AND state <> 'approved'", [.text(server)])
        try self.connection.execute(
            """
            INSERT INTO extension_lists (server, digest, place, list, state, seen_at) VALUES (?, ?, ?, ?, 'waiting', ?)
            """,
            [.text(server), .text(list.digest), .text(place), .text(list.json.text), .integer(now)])
    }

    /// Makes a list the approved one, and forgets the server's others.
    ///
    /// - Parameter decider: nil keeps who approved the list before it.
    func approve(server: String, digest: String, by decider: String?, at now: Int64) throws {
        let earlier = try self.extensionLists().first { $0.server == server && $0.state == .approved }
        try self.connection.execute(
            "DELETE FROM extension_lists WHERE server = ? AND digest <> ?", [.text(server), .text(digest)])
        try self.connection.execute(
            """
            UPDATE extension_lists SET state = 'approved', decider = ?, decided_at = ? WHERE server = ? AND digest = ?
            """,
            [
                .optional(decider ?? earlier?.decider), .integer(decider == nil ? earlier?.decidedAt ?? now : now),
                .text(server), .text(digest),
            ])
    }

    /// Records that owners were asked about a list.
    package func setAsk(_ ask: String, ofExtension server: String, digest: String) throws {
        try self.connection.execute(
            "UPDATE extension_lists SET ask = ? WHERE server = ? AND digest = ?",
            [.text(ask), .text(server), .text(digest)])
    }

    /// Applies what an owner said about the list with this digest, if that is still the one that waits.
    package func settleExtension(
        _ server: String, digest: String, isApproved: Bool, by decider: String, at now: Int64
    ) throws {
        let isWaiting = try self.extensionLists().contains {
            $0.server == server && $0.digest == digest && $0.state == .waiting
        }
        guard isWaiting else { return }
        if isApproved { return try self.approve(server: server, digest: digest, by: decider, at: now) }
        try self.connection.execute(
            "UPDATE extension_lists SET state = 'denied', decider = ?, decided_at = ? WHERE server = ? AND digest = ?",
            [.text(decider), .integer(now), .text(server), .text(digest)])
    }

    /// Drops what waits or was denied of a server that offers its approved list again.
    func forgetNewer(of server: String) throws {
        try self.connection.execute(
            "DELETE FROM extension_lists WHERE server = ? AND state <> 'approved'", [.text(server)])
    }

    private static func list(_ row: Row) throws -> ExtensionListRecord {
        ExtensionListRecord(
            server: try row.text("server"), digest: try row.text("digest"), place: try row.text("place"),
            state: ExtensionListRecord.State(rawValue: try row.text("state")) ?? .denied,
            ask: try row.optionalText("ask"), decider: try row.optionalText("decider"),
            decidedAt: try row.optionalInteger("decided_at"))
    }
}
