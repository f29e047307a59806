internal import EventLoop

extension Alarm {
    /// Performs `body` after `delay`, unless the alarm is cancelled or gone by then. What has begun completes.
    package convenience init(after delay: Duration, _ body: @escaping @Sendable () async -> Void) {
        // The alarm fires on the event loop, so an actor is entered by a task. It ends with `body`.
        self.init(after: delay, isRepeating: false) { Task { await body() } }
    }
}
