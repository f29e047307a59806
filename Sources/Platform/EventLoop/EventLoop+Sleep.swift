extension EventLoop {
    /// Sleeps on the loop's timers; throws `CancellationError` at once if the task is cancelled.
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
