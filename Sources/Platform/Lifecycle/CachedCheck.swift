internal import Primitives

/// Caches the result of a check that costs a round trip.
package actor CachedCheck {
    private let lifetime: Duration
    private let limit: Duration?
    private let late: String
    private let check: @Sendable () async throws -> Void
    private var last: (at: ContinuousClock.Instant, problem: String?)?
    /// When the check that runs was begun.
    private var started: ContinuousClock.Instant?
    private var waiters: [Signal] = []

    /// - Parameters:
    ///   - limit: A check that takes longer has failed; it is not begun again while it runs.
    ///   - late: The problem then.
    package init(
        lifetime: Duration, within limit: Duration? = nil, otherwise late: String = "",
        check: @escaping @Sendable () async throws -> Void
    ) {
        self.lifetime = lifetime
        self.limit = limit
        self.late = late
        self.check = check
    }

    /// Nil if the check passes, else the problem in one line.
    package func result() async -> String? {
        if let last = self.last, last.at + self.lifetime > .now { return last.problem }
        let started = self.started ?? self.begin()
        let waiter = Signal()
        self.waiters.append(waiter)
        if let limit = self.limit {
            await waiter.wait(upTo: started + limit - ContinuousClock.now)
        } else {
            await waiter.wait()
        }
        self.waiters.removeAll { $0 === waiter }
        if self.started == started, !Task.isCancelled { self.last = (.now, self.late) }
        return self.last?.problem
    }

    private func begin() -> ContinuousClock.Instant {
        let started = ContinuousClock.now
        self.started = started
        // Several callers wait for it, so the first one's cancellation must not end it.
        Task {
            do {
                try await self.check()
                self.end(nil)
            } catch {
                self.end("\(error)")
            }
        }
        return started
    }

    private func end(_ problem: String?) {
        let isLate = self.limit.flatMap { limit in self.started.map { ContinuousClock.now - $0 > limit } } ?? false
        self.last = (.now, problem ?? (isLate ? self.late : nil))
        self.started = nil
        for waiter in self.waiters { waiter.signal() }
    }
}
