/// Retries `body` until it succeeds, with delays that start at `first` and double up to `longest`.
///
/// - Parameter mayRetry: Called after each failure with the error, the number of failures and the next delay. If it
///   returns false, the result is nil.
/// - Throws: `CancellationError` only.
package func persistently<Value>(
    first: Duration = .milliseconds(200), longest: Duration, _ body: () async throws -> Value,
    mayRetry: (_ error: any Error, _ failures: Int, _ delay: Duration) -> Bool
) async throws -> Value? {
    var delay = first
    var failures = 0
    while true {
        do {
            return try await body()
        } catch let error as CancellationError {
            throw error
        } catch {
            failures += 1
            guard mayRetry(error, failures, delay) else { return nil }
            try await Task.sleep(for: delay)
            delay = min(delay * 2, longest)
        }
    }
}
