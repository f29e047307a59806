internal import Database
package import Store

extension Ledger {
    /// Replaces one for the same people.
    ///
    /// - Parameter token: The hash of a public page's token.
    func insert(_ share: Share, token: String?) throws {
        let (kind, person) = Self.stored(share.audience)
        try self.connection.execute(
            "DELETE FROM shares WHERE session = ? AND kind = ? AND person = ?",
            [.text(share.session), .text(kind), .text(person)])
        try self.connection.execute(
            """
            INSERT INTO shares (id, session, kind, person, name, role, maker, maker_name, created_at, expires_at, token)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(share.id), .text(share.session), .text(kind), .text(person), .optional(share.name),
                .text(share.right.rawValue), .text(share.maker), .text(share.makerName), .integer(share.createdAt),
                .optional(share.expiresAt), .optional(token),
            ])
    }

    /// Those of a session that have not expired, oldest first.
    package func shares(of session: String, at now: Int64) throws -> [Share] {
        try self.connection.query(
            """
            SELECT * FROM shares WHERE session = ? AND (expires_at IS NULL OR expires_at > ?) ORDER BY created_at, id
            """, [.text(session), .integer(now)]
        ).map(Self.share)
    }

    func deleteShare(_ id: String) throws {
        try self.connection.execute("DELETE FROM shares WHERE id = ?", [.text(id)])
    }

    func deleteExpiredShares(of session: String, at now: Int64) throws {
        try self.connection.execute(
            "DELETE FROM shares WHERE session = ? AND expires_at <= ?", [.text(session), .integer(now)])
    }

    /// Those of these sessions that are shared with somebody, by session, each with the share that gives the most.
    package func shares(
        with visitor: ThreadVisitor, among sessions: [String], at now: Int64
    ) throws -> [String: Share] {
        guard let last = sessions.last else { return [:] }
        // Few lengths, so that the statements stay prepared.
        let count = [1, 30, 50, 100, 200].first { $0 >= sessions.count } ?? sessions.count
        var values = (sessions + Array(repeating: last, count: count - sessions.count)).map(SQLValue.text)
        let list = (1...count).map { "?\($0)" }.joined(separator: ", ")
        let shared = visitor.sharedSessions(&values, at: now).replacing("SELECT session", with: "SELECT *")
        let rows = try self.connection.query("\(shared) AND session IN (\(list))", values)
        return Dictionary(
            try rows.map(Self.share).map { ($0.session, $0) }, uniquingKeysWith: { $0.right < $1.right ? $1 : $0 })
    }

    /// The session that a public page's token opens; nil for one that is unknown, has expired or was ended.
    ///
    /// - Parameter hash: The token's.
    package func session(ofPublicPage hash: String, at now: Int64) throws -> SessionRecord? {
        let row = try self.connection.first(
            "SELECT session FROM shares WHERE token = ? AND kind = 'public' AND (expires_at IS NULL OR expires_at > ?)",
            [.text(hash), .integer(now)])
        return try row.flatMap { try self.session(id: try $0.text("session")) }
    }

    private static func stored(_ audience: Share.Audience) -> (kind: String, person: String) {
        switch audience {
        case .person(let identity): ("person", identity)
        case .host: ("host", "")
        case .everybody: ("public", "")
        }
    }

    private static func share(_ row: Row) throws -> Share {
        let audience: Share.Audience =
            switch try row.text("kind") {
            case "host": .host
            case "public": .everybody
            default: .person(try row.text("person"))
            }
        return Share(
            id: try row.text("id"), session: try row.text("session"), audience: audience,
            name: try row.optionalText("name"),
            // A right that this release does not know is the least.
            right: try row.text("role") == ThreadRight.join.rawValue ? .join : .read, maker: try row.text("maker"),
            makerName: try row.text("maker_name"), createdAt: try row.integer("created_at"),
            expiresAt: try row.optionalInteger("expires_at"))
    }
}
