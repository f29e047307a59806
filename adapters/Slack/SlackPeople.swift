/// Display names of the people who write, for other people and for the model only: decisions are made by ids.
struct SlackPeople: Sendable {
    private static let limit = 2_000

    /// By user.
    private(set) var names: [String: String] = [:]
    /// Users whose names were requested.
    private var asked: Set<String> = []

    /// True once for each user: the caller looks up the name.
    mutating func needsLookUp(_ user: String) -> Bool {
        if self.asked.count >= Self.limit { (self.asked, self.names) = ([], [:]) }
        return !user.isEmpty && self.asked.insert(user).inserted
    }

    mutating func learn(_ name: String?, of user: String) { self.names[user] = name }

    /// Forgets a failed look-up, so that the user's next message repeats it.
    mutating func forgetLookUp(_ user: String) { self.asked.remove(user) }
}
