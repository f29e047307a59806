/// Calls a handler after a delay, once or again and again: what a sleeping task would do, without a task's memory.
///
/// Letting it go cancels it. Made and cancelled on any thread; the handler is called on the loop.
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

    /// The handler is not called any more; one that is under way goes on.
    package func cancel() {
        let box = self.box
        EventLoop.shared.execute {
            box.timer?.cancel()
            box.timer = nil
        }
    }
}
