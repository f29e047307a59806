internal import Primitives

/// Work for sessions, one run of each at a time. However often it is asked for during a run, it is done once more.
final class RepeatedWork: Sendable {
    private let running = Protected<[String: (task: Task<Void, Never>, isBehind: Bool)]>([:])

    /// Begins the work of a session, or has it done once more; returns at once.
    func begin(_ session: String, _ body: @escaping @Sendable () async -> Void) {
        self.running.withLock { running in
            if running[session] != nil {
                running[session]?.isBehind = true
            } else {
                // Unstructured: nobody waits for it but `flush()`.
                running[session] = (Task { await self.run(session, body) }, false)
            }
        }
    }

    private func run(_ session: String, _ body: @Sendable () async -> Void) async {
        repeat {
            self.running.withLock { $0[session]?.isBehind = false }
            await body()
        } while self.isBehind(session)
    }

    /// If not, the work is over.
    private func isBehind(_ session: String) -> Bool {
        self.running.withLock { running in
            if running[session]?.isBehind == true { return true }
            running[session] = nil
            return false
        }
    }

    /// Waits until all that was asked for so far is done.
    func flush() async {
        while let task = self.running.withLock({ $0.values.first?.task }) { await task.value }
    }
}
