/// When to retry a request that failed before its first word.
package struct RetryPolicy: Sendable, Equatable {
    /// The maximum number of tries, including the first.
    package var maximumTries: Int
    /// The first wait; each further one doubles.
    package var baseDelay: Duration
    /// The longest wait that the backoff itself chooses.
    package var maximumDelay: Duration
    /// When an endpoint asks for a longer wait, the request fails instead: people would rather know.
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

    /// How long to wait after try number `tries` (from 1) failed; nil when the failure should be reported instead.
    ///
    /// - Parameters:
    ///   - retryAfter: the wait that the endpoint asks for, which is never shortened.
    ///   - remaining: the rest of the turn's time; a wait that would use it up is not begun.
    ///   - jitter: a random number in 0..<1. Half of a wait is random, so that many turns do not retry together.
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
