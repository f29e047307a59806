/// How much is done within ten minutes for messages that cost their sender nothing: each costs a question to the server.
struct StrangerBudget: Sendable {
    /// In milliseconds.
    static let window: Int64 = 600_000

    /// The most of all, and of one user.
    let ofAll: Int
    let ofUser: Int
    /// Within the last ``window``, oldest first.
    private var admitted: [(user: String, at: Int64)] = []

    init(ofAll: Int, ofUser: Int = 10) {
        self.ofAll = ofAll
        self.ofUser = ofUser
    }

    /// Counts a message of a user; false if too many came lately.
    mutating func admits(_ user: String, at now: Int64) -> Bool {
        self.admitted.removeAll { $0.at <= now - Self.window }
        guard self.admitted.count < self.ofAll, self.admitted.count(where: { $0.user == user }) < self.ofUser
        else { return false }
        self.admitted.append((user, now))
        return true
    }
}
