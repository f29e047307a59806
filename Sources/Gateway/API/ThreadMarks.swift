internal import Database
internal import Store
internal import Threads

/// What a list of threads says about one beside its session.
struct ThreadMarks: Sendable {
    /// The running turn, or else the first queued one.
    var activeTurn: String?
    /// Whether an ask waits for an answer.
    var isWaiting = false
    var isPinned = false
    /// The number of its newest message.
    var lastMessage: Int64?
    /// By which others' share the person sees it.
    var share: Share?
    var right = ThreadRight.own
}

extension Ledger {
    /// By session; those without any mark are missing. Few statements, however many sessions there are.
    ///
    /// - Parameter visitor: Who sees the list; nil where that does not matter.
    func marks(
        of records: [SessionRecord], for visitor: ThreadVisitor?, at now: Int64
    ) throws -> [String: ThreadMarks] {
        let sessions = records.map(\.id)
        guard let last = sessions.last else { return [:] }
        var marks: [String: ThreadMarks] = [:]
        // Few lengths, so that the statements stay prepared.
        let count = [1, 30, 50, 100].first { $0 >= sessions.count } ?? sessions.count
        let ids = (sessions + Array(repeating: last, count: count - sessions.count)).map(SQLValue.text)
        let list = (1...count).map { "$\($0)" }.joined(separator: ", ")
        let turns = try self.connection.query(
            "SELECT session, id FROM turns WHERE state IN ('queued', 'running') AND session IN (\(list)) "
                + "ORDER BY number DESC", ids)
        for row in turns { marks[try row.text("session"), default: ThreadMarks()].activeTurn = try row.text("id") }
        let asks = try self.connection.query(
            "SELECT DISTINCT session FROM asks WHERE state = 'open' AND session IN (\(list)) "
                + "AND expires_at > $\(count + 1)", ids + [.integer(now)])
        for row in asks { marks[try row.text("session"), default: ThreadMarks()].isWaiting = true }
        let messages = try self.connection.query(
            """
            SELECT sessions.id AS session,
            (SELECT id FROM messages WHERE session = sessions.id ORDER BY id DESC LIMIT 1) AS last
            FROM sessions WHERE sessions.id IN (\(list))
            """, ids)
        for row in messages {
            marks[try row.text("session"), default: ThreadMarks()].lastMessage = try row.optionalInteger("last")
        }
        guard let visitor else { return marks }
        let pins = try self.connection.query("SELECT session FROM pins WHERE person = ?", [.text(visitor.identity)])
        for row in pins { marks[try row.text("session"), default: ThreadMarks()].isPinned = true }
        let others = records.filter { !visitor.began(threadOf: $0.owner) }.map(\.id)
        for (session, share) in try self.shares(with: visitor, among: others, at: now) {
            marks[session, default: ThreadMarks()].share = share
            if !visitor.seesEverything { marks[session]?.right = share.right }
        }
        return marks
    }
}
