/// Requests that are not Slack's: when the log tells of them. Pure.
struct SlackForgeries: Sendable {
    /// At most this often, in milliseconds.
    static let interval: Int64 = 60_000

    private var count = 0
    private var told: Int64?

    /// Counts one; how many there were since the last word about them, when there is to be another one now.
    mutating func note(at now: Int64) -> Int? {
        self.count += 1
        if let told = self.told, now - told < Self.interval { return nil }
        defer { (self.count, self.told) = (0, now) }
        return self.count
    }
}
