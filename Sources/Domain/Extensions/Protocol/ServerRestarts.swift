internal import EventLoop

/// Decides when a program that has ended by itself is started again. Pure.
struct ServerRestarts: Equatable {
    static let limit = 5
    static let window = Duration.seconds(600)
    private static let longest = Duration.seconds(60)

    /// The pause after the first end.
    private let first: Duration
    /// When it ended, within the window.
    private var ends: [LoopInstant] = []

    /// Whether it is not started again until somebody asks.
    private(set) var isFailed = false

    init(first: Duration = .milliseconds(500)) {
        self.first = first
    }

    mutating func ended(at now: LoopInstant) {
        self.ends.removeAll { $0.duration(to: now) > Self.window }
        self.ends.append(now)
        if self.ends.count >= Self.limit { self.isFailed = true }
    }

    /// Somebody has asked for it: everything is forgotten.
    mutating func reset() { self = ServerRestarts(first: self.first) }

    /// How long the next start waits: after each end twice as long as before.
    func delay(at now: LoopInstant) -> Duration {
        let ends = self.ends.filter { $0.duration(to: now) <= Self.window }
        guard let last = ends.last else { return .zero }
        let pause = min(Self.longest, self.first * (1 << min(ends.count - 1, 10)))
        return max(.zero, pause - last.duration(to: now))
    }
}

/// Lets at most four reports of progress a second through. Pure.
struct ProgressPace: Equatable {
    private static let interval = Duration.milliseconds(250)

    private var last: LoopInstant?

    mutating func passes(at now: LoopInstant) -> Bool {
        if let last = self.last, last.duration(to: now) < Self.interval { return false }
        self.last = now
        return true
    }
}
