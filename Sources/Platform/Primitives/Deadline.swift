/// Runs `body`, but no longer than `limit`: nil once that has passed, or when the calling task is cancelled first.
///
/// `body` is a child task: it is cancelled at the deadline and awaited, so it must react to cancellation.
package func withDeadline<Value: Sendable, Failure: Error>(
    _ limit: Duration, _ body: @escaping @Sendable () async throws(Failure) -> Value
) async throws(Failure) -> Value? {
    let result = await withTaskGroup(of: Result<Value, Failure>?.self) { group in
        group.addTask(name: "body") {
            do throws(Failure) {
                return .success(try await body())
            } catch {
                return .failure(error)
            }
        }
        group.addTask(name: "deadline") {
            try? await Task.sleep(for: limit)
            return nil
        }
        let first = await group.next() ?? nil
        group.cancelAll()
        return first
    }
    return try result?.get()
}
