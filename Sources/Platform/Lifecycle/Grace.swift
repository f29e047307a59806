/// Runs `body` to its end even when the calling task is cancelled, for cleanup that must finish; cancels it after `limit`.
///
/// The task is unstructured because Swift 6.3 has no shield against cancellation and no `await` in `defer`.
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

/// ``withGrace(_:clock:_:)`` for a body that can't fail.
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
