/// How long to wait before a read is repeated whose answer was lost. Pure.
enum GitHubBackoff {
    static let maximumTries = 5

    /// Milliseconds after try number `tries` (from 1): half a second, doubled, half of it random.
    ///
    /// - Parameter jitter: in 0..<1.
    static func delay(afterTry tries: Int, jitter: Double) -> Int64 {
        let doubled = Double(min(500 << min(tries - 1, 10), 20_000))
        return Int64(doubled * (0.5 + 0.5 * jitter))
    }
}
