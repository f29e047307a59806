/// Display names of the people who write, for other people and for the model only: decisions are made by ids.
struct SlackPeople: Sendable {
    private static let limit = 2_000

    /// By user.
    private(set) var names: [String: String] = [:]
    /// Users whose names were requested.
    private var asked: Set<String> = []
    /// Until when nobody is looked up, in monotonic milliseconds.
    private var pauseEnd = Int64.min

    /// True once for each user: the caller looks up the name.
    mutating func needsLookUp(_ user: String, at now: Int64) -> Bool {
        guard now >= self.pauseEnd else { return false }
        if self.asked.count >= Self.limit { (self.asked, self.names) = ([], [:]) }
        return !user.isEmpty && self.asked.insert(user).inserted
    }

    mutating func learn(_ name: String?, of user: String) { self.names[user] = name }

    /// Forgets a failed look-up, so that the user's next message repeats it.
    mutating func forgetLookUp(_ user: String) { self.asked.remove(user) }

    /// Slack did not answer in time. Messages in a queue would each wait as long for their names.
    mutating func pauseLookUps(at now: Int64) { self.pauseEnd = now + 60_000 }
}
