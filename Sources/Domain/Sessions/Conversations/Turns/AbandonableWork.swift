internal import EventLoop
internal import Primitives

/// Work that is given up when it ignores its cancellation, so that `stop` always ends a turn.
enum AbandonableWork {
    /// Runs `body`. When the caller's task is cancelled, `body` has the time `grace` to end; after that
    /// `CancellationError` is thrown, and whatever `body` still does is ignored.
    static func run<Value: Sendable>(
        grace: Duration, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let result = SingleResult<Value>()
        // Unstructured, because a structured child would have to be awaited. It ends with `body`.
        let work = Task {
            do { result.resume(with: .success(try await body())) } catch { result.resume(with: .failure(error)) }
        }
        let alarm = Protected<Alarm?>(nil)
        defer { alarm.withLock { $0.take() }?.cancel() }
        return try await withTaskCancellationHandler {
            try await result.value()
        } onCancel: {
            work.cancel()
            let giveUp = Alarm(after: grace) { result.resume(with: .failure(CancellationError())) }
            alarm.withLock { $0 = giveUp }
        }
    }
}
