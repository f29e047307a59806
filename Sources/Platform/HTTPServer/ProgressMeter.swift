internal import EventLoop

/// Checks that at least `minimum` bytes move in each window.
struct ProgressMeter: Sendable {
    private let window: Duration
    private let minimum: Int
    private var mark: Int
    private(set) var deadline: LoopInstant

    init(window: Duration, minimum: Int, total: Int, now: LoopInstant) {
        self.window = window
        self.minimum = minimum
        self.mark = total
        self.deadline = now.advanced(by: window)
    }

    /// Whether enough bytes moved in the last window; starts the next one. `total` only grows.
    mutating func isAlive(at now: LoopInstant, total: Int) -> Bool {
        guard now >= self.deadline else { return true }
        guard total - self.mark >= self.minimum else { return false }
        self.mark = total
        self.deadline = now.advanced(by: self.window)
        return true
    }
}
