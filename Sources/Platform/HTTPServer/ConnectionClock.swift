internal import EventLoop

/// A connection's deadlines on a single timer. Postponing one is free: the timer checks when it fires.
@Net
struct ConnectionClock {
    enum Phase {
        /// Work is in progress that has no deadline of its own.
        case busy
        case idle
        case head
        case lingering
    }

    private(set) var phase = Phase.busy
    private var phaseDeadline: LoopInstant?
    var exchange: ProgressMeter?
    var body: ProgressMeter?
    var output: ProgressMeter?
    /// Counts only while others wait.
    var crowd: ProgressMeter?
    private var timer: Timer?

    nonisolated init() {}

    /// Restarts the idle deadline from now.
    mutating func hasMoved() {
        self.phase = .busy
    }

    /// Enters `phase` with a deadline `limit` from now; does nothing if it is already current.
    mutating func enter(_ phase: Phase, limit: Duration?, now: LoopInstant) {
        guard phase != self.phase else { return }
        self.phase = phase
        self.phaseDeadline = limit.map { now.advanced(by: $0) }
    }

    var isPhaseOver: Bool {
        guard let deadline = self.phaseDeadline else { return false }
        return deadline <= EventLoop.shared.now
    }

    /// Makes the timer fire no later than the earliest deadline. It keeps the first handler until ``stop()``.
    mutating func arm(_ handler: @escaping @Net () -> Void) {
        var next = self.phase == .busy ? nil : self.phaseDeadline
        for deadline in [self.exchange?.deadline, self.body?.deadline, self.output?.deadline, self.crowd?.deadline] {
            if let deadline, next.map({ deadline < $0 }) ?? true { next = deadline }
        }
        guard let next else { return }
        let delay = EventLoop.shared.now.duration(to: next)
        if let timer = self.timer {
            if !timer.isPending || next < timer.deadline { timer.reschedule(after: delay) }
        } else {
            self.timer = EventLoop.shared.schedule(after: delay, handler)
        }
    }

    mutating func stop() {
        self.timer?.cancel()
        self.timer = nil
    }
}

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
