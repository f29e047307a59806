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
