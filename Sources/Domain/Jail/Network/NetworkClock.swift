internal import EventLoop

/// The one time limit that a connection has at any moment.
@Net
final class NetworkClock {
    private var timer: Timer?
    private var limit = Duration.zero
    private let expired: @Net () -> Void

    init(_ expired: @escaping @Net () -> Void) {
        self.expired = expired
    }

    /// Calls `expired` in `limit`, unless it is started, moved or stopped before.
    func start(_ limit: Duration) {
        self.limit = limit
        if let timer = self.timer {
            timer.reschedule(after: limit)
        } else {
            self.timer = EventLoop.shared.schedule(after: limit, self.expired)
        }
    }

    /// Something has moved: the limit starts anew.
    func move() {
        guard let timer = self.timer, timer.isPending else { return }
        timer.reschedule(after: self.limit)
    }

    func stop() {
        self.timer?.cancel()
        self.timer = nil
    }
}
