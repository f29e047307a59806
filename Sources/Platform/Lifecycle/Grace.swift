/// Runs cleanup that must finish even if the calling task is cancelled; cancels `body` only after `limit`.
///
/// Its tasks are unstructured because Swift 6.3 has no cancellation shield and no `await` in `defer`.
package func withGrace<Value: Sendable>(
    _ limit: Duration, clock: any Clock<Duration> = ContinuousClock(),
    _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    let work = Task { try await body() }
    let watchdog = Task {
        try await clock.sleep(for: limit)
        work.cancel()
    }
    defer { watchdog.cancel() }
    return try await work.value
}

/// ``withGrace(_:clock:_:)`` for a body that does not throw; its tasks are unstructured for the same reason.
package func withGrace<Value: Sendable>(
    _ limit: Duration, clock: any Clock<Duration> = ContinuousClock(),
    _ body: @escaping @Sendable () async -> Value
) async -> Value {
    let work = Task { await body() }
    let watchdog = Task {
        try await clock.sleep(for: limit)
        work.cancel()
    }
    defer { watchdog.cancel() }
    return await work.value
}
