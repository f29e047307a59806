/// Caches the result of a check that costs a round trip.
actor CachedCheck {
    private let lifetime: Duration
    private let check: @Sendable () async throws -> Void
    private var last: (at: ContinuousClock.Instant, problem: String?)?
    private var running: Task<String?, Never>?

    init(lifetime: Duration, check: @escaping @Sendable () async throws -> Void) {
        self.lifetime = lifetime
        self.check = check
    }

    /// Nil if the check passes, else the problem in one line.
    func result() async -> String? {
        if let last = self.last, last.at + self.lifetime > .now { return last.problem }
        if let running = self.running { return await running.value }
        // Several callers wait for it, so the first one's cancellation must not end it.
        let task = Task { [check] () -> String? in
            do {
                try await check()
                return nil
            } catch {
                return "\(error)"
            }
        }
        self.running = task
        let problem = await task.value
        self.running = nil
        self.last = (.now, problem)
        return problem
    }
}
