internal import Database
internal import Lifecycle

extension SessionStore {
    /// Like `write`, but while the disk refuses it tries again, until the task is cancelled.
    ///
    /// - Parameters:
    ///   - turn: Of the place to which it belongs.
    ///   - refused: gets each refusal.
    package func writeWhenPossible<T: Sendable>(
        ofTurn turn: String, refused: (any Error) -> Void, _ body: @escaping @Sendable (Ledger) throws -> T
    ) async throws -> T {
        var pause = StoragePause()
        while true {
            do {
                return try await self.write(ofTurn: turn, body)
            } catch let error as DatabaseError where error.isPassing {
                refused(error)
                await pause.wait()
                try Task.checkCancellation()
            }
        }
    }
}

/// The wait before a failed write is retried: longer each time, up to ten seconds.
package struct StoragePause {
    private var next = Duration.milliseconds(200)

    package init() {}

    package mutating func wait() async {
        let pause = self.next
        self.next = min(pause * 2, .seconds(10))
        // Not shortened by cancellation: these writes must succeed even during a shutdown.
        await withGrace(pause + .seconds(1)) { _ = try? await Task.sleep(for: pause) }
    }
}
