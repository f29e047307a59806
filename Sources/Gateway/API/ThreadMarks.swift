internal import Database
internal import Store

/// What a list of threads says about one beside its session.
struct ThreadMarks: Sendable {
    /// The running turn, or else the first queued one.
    var activeTurn: String?
    /// Whether an ask waits for an answer.
    var isWaiting = false
    var isPinned = false
}

extension Ledger {
    /// By session; those without any mark are missing. Three statements, however many sessions there are.
    ///
    /// - Parameter person: Whose pins count; nil where they do not matter.
    func marks(of sessions: [String], for person: String?, at now: Int64) throws -> [String: ThreadMarks] {
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
        guard let person else { return marks }
        let pins = try self.connection.query("SELECT session FROM pins WHERE person = ?", [.text(person)])
        for row in pins { marks[try row.text("session"), default: ThreadMarks()].isPinned = true }
        return marks
    }
}
