/// How much is done within ten minutes for messages that anybody can send: each costs a question to the server.
struct StrangerBudget: Sendable {
    /// In milliseconds.
    static let window: Int64 = 600_000
    /// The most of one user.
    private static let ofUser = 10

    /// The most of all.
    let ofAll: Int
    /// Within the last ``window``, oldest first.
    private var admitted: [(user: String, at: Int64)] = []

    init(ofAll: Int) { self.ofAll = ofAll }

    /// Counts a message of a user; false if too many came lately.
    mutating func admits(_ user: String, at now: Int64) -> Bool {
        self.admitted.removeAll { $0.at <= now - Self.window }
        guard self.admitted.count < self.ofAll, self.admitted.count(where: { $0.user == user }) < Self.ofUser
        else { return false }
        self.admitted.append((user, now))
        return true
    }
}
