internal import Database

extension SessionStore {
    /// Like `write`, but while the disk refuses it tries again, until the task is cancelled.
    ///
    /// - Parameter refused: gets each refusal.
    package func writeWhenPossible<T: Sendable>(
        refused: (any Error) -> Void, _ body: @escaping @Sendable (Ledger) throws -> T
    ) async throws -> T {
        var pause = StoragePause()
        while true {
            do {
                return try await self.write(body)
            } catch let error as DatabaseError where error.isPassing {
                refused(error)
                await pause.wait()
                try Task.checkCancellation()
            }
        }
    }
}
