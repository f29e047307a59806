/// Decides when the log reports forged requests. Pure.
struct SlackForgeries: Sendable {
    /// Between two log lines, in milliseconds.
    static let interval: Int64 = 60_000

    private var count = 0
    private var lastReport: Int64?

    /// Counts a request; returns the count since the last log line when another one is due.
    mutating func note(at now: Int64) -> Int? {
        self.count += 1
        if let lastReport = self.lastReport, now - lastReport < Self.interval { return nil }
        defer { (self.count, self.lastReport) = (0, now) }
        return self.count
    }
}
