internal import EventLoop

/// The result of work that doesn't react to cancellation; nil after `limit`. Throws `CancellationError` at once when
/// the calling task is cancelled.
///
/// The work's task is unstructured, so that it can be left behind: `getaddrinfo` takes as long as it likes.
@Net
func abandonable<Value: Sendable>(
    after limit: Duration?, _ work: @escaping @Sendable () async -> Value
) async throws -> Value? {
    let (results, continuation) = AsyncStream.makeStream(of: Value.self, bufferingPolicy: .bufferingOldest(1))
    let task = Task {
        continuation.yield(await work())
        continuation.finish()
    }
    let timer = limit.map { EventLoop.shared.schedule(after: $0) { continuation.finish() } }
    defer {
        timer?.cancel()
        task.cancel()
    }
    for await result in results { return result }
    try Task.checkCancellation()
    return nil
}
