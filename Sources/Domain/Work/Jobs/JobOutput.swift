internal import Chat
internal import Primitives

/// The last output of one job, for those who follow it.
final class JobOutput: Sendable {
    /// In bytes of text.
    private static let limit = 32 << 10

    private struct State {
        /// With ``dropped`` pieces at the beginning that are not kept any more.
        var pieces: [CommandOutput] = []
        var dropped = 0
        /// The position of the first kept piece.
        var start = 0
        var bytes = 0
        var ending: String?
        /// Of those who wait for more.
        var waiters: [Signal] = []

        var end: Int { self.start + self.pieces.count - self.dropped }

        /// Drops the first pieces while there is too much text.
        mutating func drop(to limit: Int) {
            while self.bytes > limit, self.dropped < self.pieces.count - 1 {
                self.bytes -= self.pieces[self.dropped].text.utf8.count
                self.dropped += 1
                self.start += 1
            }
            // All others move, so not each time.
            guard self.dropped > self.pieces.count / 2 else { return }
            self.pieces.removeFirst(self.dropped)
            self.dropped = 0
        }

        mutating func takeWaiters() -> [Signal] {
            defer { self.waiters = [] }
            return self.waiters
        }
    }

    private let state = Protected(State())

    func append(_ output: CommandOutput) {
        let waiters = self.state.withLock { state in
            state.pieces.append(output)
            state.bytes += output.text.utf8.count
            state.drop(to: Self.limit)
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.signal() }
    }

    /// Nothing more comes.
    func end(_ ending: String) {
        let waiters = self.state.withLock { state in
            state.ending = ending
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.signal() }
    }

    func progress(after position: Int, isWaiting: Bool) async -> JobProgress {
        if isWaiting { await self.wait(after: position) }
        return self.state.withLock { state in
            JobProgress(
                position: state.end,
                output: Array(state.pieces.dropFirst(state.dropped + max(0, position - state.start))),
                ending: state.ending)
        }
    }

    /// Returns when there is something after `position`, when the job has ended or when the task is cancelled.
    private func wait(after position: Int) async {
        let waiter = Signal()
        let isReady = self.state.withLock { state in
            if state.end > position || state.ending != nil { return true }
            state.waiters.append(waiter)
            return false
        }
        guard !isReady else { return }
        await waiter.wait()
        // One that was cancelled is still there.
        self.state.withLock { $0.waiters.removeAll { $0 === waiter } }
    }
}
