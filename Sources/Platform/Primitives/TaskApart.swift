/// Runs `body` in a task of its own, which begins at once on the caller's thread, and returns its result.
///
/// A task keeps the memory that it needed at its greatest depth until it ends. One that waits for long therefore leaves
/// steps that are deep but short to another. Cancelling the caller cancels `body`.
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
