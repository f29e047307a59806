/// Runs cleanup that must finish even if the calling task is cancelled; cancels `body` only after `limit`.
package func withGrace<Value: Sendable, Failure: Error>(
    _ limit: Duration, clock: any Clock<Duration> = ContinuousClock(),
    _ body: @escaping @Sendable () async throws(Failure) -> Value
) async throws(Failure) -> Value {
    // Unstructured, because Swift 6.3 has no cancellation shield and no `await` in `defer`. The caller waits for it.
    let work = Task {
        await withTaskGroup(of: Result<Value, Failure>?.self) { group in
            group.addTask(name: "body") {
                do throws(Failure) {
                    return .success(try await body())
                } catch {
                    return .failure(error)
                }
            }
            group.addTask(name: "limit") {
                try? await clock.sleep(for: limit)
                return nil
            }
            var result: Result<Value, Failure>?
            for await end in group {
                group.cancelAll()
                result = end ?? result
            }
            return result
        }
    }
    guard let result = await work.value else { preconditionFailure("the body has ended") }
    return try result.get()
}
