internal import Primitives
package import Store

/// Wakes when the next schedule is due. One timer for the whole host; each place's schedules are run by the host that has it.
package struct ScheduleTimer: Sendable {
    private let store: SessionStore
    private let now: @Sendable () -> Int64
    /// Something has changed: look again.
    private let changed = Signal()

    /// The longest wait: clocks are set. Milliseconds.
    private static let patience: Int64 = 600_000
    /// After an error, or while a place has no host. Milliseconds.
    private static let retry: Int64 = 500
    /// Schedules of one look.
    private static let page = 500

    /// - Parameter now: Milliseconds since 1970.
    package init(store: SessionStore, now: @escaping @Sendable () -> Int64) {
        self.store = store
        self.now = now
        store.held.observe { [changed] in changed.signal() }
    }

    /// A schedule was set, changed or made due by another host, or in a place of this one.
    package func wake() { self.changed.signal() }

    /// A schedule was set, changed or made due, in a place of any host.
    package func wakeAll() async {
        self.wake()
        await self.store.held.tenancy.wake([])
    }

    /// Runs until it is cancelled.
    ///
    /// - Parameter run: Runs what is due in one place; the first argument is this host's hold of it. What throws is tried
    ///   again later, without keeping other places from theirs.
    package func run(_ run: @escaping @Sendable (PlaceHold, [DueSchedule]) async throws -> Void) async throws {
        while true {
            try Task.checkCancellation()
            let wait = await self.look(run)
            await self.changed.wait(upTo: .milliseconds(wait))
        }
    }

    /// Runs what is due. Returns how long to wait for the next one, in milliseconds.
    func look(_ run: @escaping @Sendable (PlaceHold, [DueSchedule]) async throws -> Void) async -> Int64 {
        let now = self.now()
        do {
            var hasFailed = false
            var last: DueSchedule?
            repeat {
                let after = last
                let page = try await self.store.read { ledger in
                    try ledger.dueSchedules(at: now, after: after, limit: Self.page)
                }
                last = page.count == Self.page ? page.last : nil
                if try await !self.perform(page, run) { hasFailed = true }
            } while last != nil
            let next = try await self.store.read { ledger in try ledger.nextScheduleTime(after: now) }
            let wait = hasFailed ? Self.retry : Self.patience
            return min(wait, next.map { max(0, $0 - self.now()) } ?? wait)
        } catch {
            return Self.retry
        }
    }

    /// Returns whether all could be run.
    private func perform(
        _ due: [DueSchedule], _ run: @escaping @Sendable (PlaceHold, [DueSchedule]) async throws -> Void
    ) async throws -> Bool {
        let byPlace = Dictionary(grouping: due, by: \.place)
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            for (place, schedules) in byPlace {
                group.addTask {
                    do {
                        if !self.store.held.contains(place) {
                            guard case .web = place else { return true }
                            // In a cluster nobody may have a thread in which nothing happens. Whoever has it is quicker.
                            let overdue = schedules.map(\.nextAt).min().map { self.now() - $0 } ?? 0
                            guard overdue >= Self.retry else { return false }
                            await self.store.held.tenancy.claim(place)
                        }
                        let hold = self.store.held.hold(of: place)
                        guard self.store.held.isCurrent(hold) else { return true }
                        try await run(hold, schedules)
                        return true
                    } catch is PlaceLost {
                        return true
                    } catch is CancellationError {
                        return true
                    } catch {
                        return false
                    }
                }
            }
            return try await group.reduce(true) { $0 && $1 }
        }
    }
}
