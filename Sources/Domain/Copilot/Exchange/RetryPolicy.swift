/// When a request that failed before its first word is tried again.
package struct RetryPolicy: Sendable, Equatable {
    /// How often a request is sent at most, the first time included.
    package var maximumTries: Int
    /// The first wait; each further one is twice as long.
    package var baseDelay: Duration
    /// The longest wait that the backoff itself chooses.
    package var maximumDelay: Duration
    /// An endpoint that asks for a longer wait than this is not waited for: people would rather know.
    package var longestRetryAfter: Duration

    package init(
        maximumTries: Int = 5, baseDelay: Duration = .milliseconds(500), maximumDelay: Duration = .seconds(20),
        longestRetryAfter: Duration = .seconds(60)
    ) {
        self.maximumTries = maximumTries
        self.baseDelay = baseDelay
        self.maximumDelay = maximumDelay
        self.longestRetryAfter = longestRetryAfter
    }

    /// How long to wait after try number `tries` (from 1) failed, or nil when the failure should be told instead.
    ///
    /// - Parameters:
    ///   - retryAfter: what the endpoint asks for; it is obeyed exactly, never shortened.
    ///   - remaining: what is left of the turn's time; a wait that would use it up is not begun.
    ///   - jitter: a random number in 0..<1. Half of a wait is random, so that many turns do not come back together.
    package func delay(
        afterTry tries: Int, retryAfter: Duration? = nil, remaining: Duration, jitter: Double
    ) -> Duration? {
        guard tries < self.maximumTries else { return nil }
        if let retryAfter, retryAfter > self.longestRetryAfter { return nil }
        let doubled = self.baseDelay * (1 << min(tries - 1, 16))
        let backoff = min(doubled, self.maximumDelay) * (0.5 + 0.5 * jitter)
        let delay = max(retryAfter ?? .zero, backoff)
        return delay < remaining ? delay : nil
    }
}
