/// Calls a handler after a delay, once or repeatedly, like a sleeping task but without a task's memory.
///
/// Releasing it cancels it. Created and cancelled on any thread; the handler runs on the loop.
package final class Alarm: Sendable {
    @Net private final class Box {
        var timer: Timer?

        nonisolated init() {}
    }

    private let box = Box()

    package init(after delay: Duration, isRepeating: Bool = false, _ handler: @escaping @Net @Sendable () -> Void) {
        let box = self.box
        EventLoop.shared.execute {
            box.timer = EventLoop.shared.schedule(after: delay) { [weak box] in
                handler()
                if isRepeating { box?.timer?.reschedule(after: delay) }
            }
        }
    }

    deinit { self.cancel() }

    /// Prevents further calls of the handler; a running call completes.
    package func cancel() {
        let box = self.box
        EventLoop.shared.execute {
            box.timer?.cancel()
            box.timer = nil
        }
    }
}
