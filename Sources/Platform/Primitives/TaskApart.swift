/// Runs `body` in a separate task, which begins at once on the caller's thread, and returns its result.
///
/// A task keeps the memory that it needed at its greatest depth until it ends. A long-waiting task therefore runs deep
/// but short steps in another one. Cancelling the caller cancels `body`.
package func runApart<Value: Sendable>(
    _ body: @escaping @Sendable @isolated(any) () async throws -> Value
) async throws -> Value {
    // Unstructured, because a child task would begin on the pool. The caller waits for it.
    let task = Task.immediate(operation: body)
    return try await withTaskCancellationHandler {
        try await task.value
    } onCancel: {
        task.cancel()
    }
}

extension Task where Failure == any Error {
    /// The result of a task that others wait for too. A caller that is cancelled leaves at once, and the task continues.
    /// Throws what the task throws, and `CancellationError`.
    package func sharedValue() async throws -> Success {
        let ended = Signal()
        // Unstructured: a wait for the result cannot be cancelled.
        Task<Void, Never> {
            _ = await self.result
            ended.signal()
        }
        await ended.wait()
        try Task<Never, Never>.checkCancellation()
        return try await self.value
    }
}
