internal import Chat
internal import Primitives

/// The last output of one job, for those who follow it.
final class JobOutput: Sendable {
    /// In bytes of text.
    private static let limit = 32 << 10

    private struct State {
        var pieces: [CommandOutput] = []
        /// The position of the first kept piece.
        var start = 0
        var bytes = 0
        var ending: String?
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var lastWaiter: UInt64 = 0

        var end: Int { self.start + self.pieces.count }

        mutating func takeWaiters() -> [CheckedContinuation<Void, Never>] {
            defer { self.waiters = [:] }
            return Array(self.waiters.values)
        }
    }

    private let state = Protected(State())

    func append(_ output: CommandOutput) {
        let waiters = self.state.withLock { state in
            state.pieces.append(output)
            state.bytes += output.text.utf8.count
            var dropped = 0
            while state.bytes > Self.limit, dropped < state.pieces.count - 1 {
                state.bytes -= state.pieces[dropped].text.utf8.count
                dropped += 1
            }
            state.pieces.removeFirst(dropped)
            state.start += dropped
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Nothing more comes.
    func end(_ ending: String) {
        let waiters = self.state.withLock { state in
            state.ending = ending
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume() }
    }

    func progress(after position: Int, isWaiting: Bool) async -> JobProgress {
        if isWaiting { await self.wait(after: position) }
        return self.state.withLock { state in
            JobProgress(
                position: state.end, output: Array(state.pieces.dropFirst(max(0, position - state.start))),
                ending: state.ending)
        }
    }

    /// Returns when there is something after `position`, when the job has ended or when the task is cancelled.
    private func wait(after position: Int) async {
        let id = self.state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = self.state.withLock { state in
                    if state.end > position || state.ending != nil || Task.isCancelled { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            self.state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }
}
