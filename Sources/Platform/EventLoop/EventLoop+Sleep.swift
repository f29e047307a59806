extension EventLoop {
    /// Waits on the loop's own timers; throws `CancellationError` at once when the task is cancelled.
    @Net package func sleep(for duration: Duration) async throws {
        let changed = WaitList()
        var isOver = false
        let timer = self.schedule(after: duration) {
            isOver = true
            changed.wakeAll()
        }
        defer { timer.cancel() }
        while !isOver { try await changed.wait() }
    }
}
