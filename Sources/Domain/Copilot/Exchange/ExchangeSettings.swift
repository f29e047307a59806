/// How patient an exchange is.
struct ExchangeSettings: Sendable {
    /// The most time that one answer may take, waits and retries included.
    var turnTimeout: Duration
    /// How long the endpoint may be silent, before the first word as between two.
    var idleTimeout: Duration
    var retry: RetryPolicy
}
