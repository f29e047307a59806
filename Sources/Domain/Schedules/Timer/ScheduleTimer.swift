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
    /// Schedules of one look. All of them are stored before the first turn begins.
    private static let page = 10_000

    /// This host's holds of the places that something is due in.
    package typealias Holds = [Place: PlaceHold]
    /// Runs what is due.
    package typealias Running = @Sendable (_ due: [DueSchedule], _ holds: Holds) async throws -> Void

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
    /// - Parameter run: Runs what is due in places of this host. If it throws, whatever is still due is tried again later.
    package func run(_ run: Running) async throws {
        while true {
            try Task.checkCancellation()
            let wait = await self.look(run)
            await self.changed.wait(upTo: .milliseconds(wait))
        }
    }

    /// Runs what is due. Returns how long to wait for the next one, in milliseconds.
    func look(_ run: Running) async -> Int64 {
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
    private func perform(_ due: [DueSchedule], _ run: Running) async throws -> Bool {
        let held = self.store.held
        let strange = Dictionary(grouping: due, by: \.place).filter { place, _ in
            if case .web = place { !held.contains(place) } else { false }
        }
        // In a cluster nobody may have a thread in which nothing happens. Whoever has it is quicker.
        let now = self.now()
        let overdue = strange.filter { $0.value.contains { now - $0.nextAt >= Self.retry } }
        await withTaskGroup(of: Void.self) { group in
            for place in overdue.keys { group.addTask { await held.tenancy.claim(place) } }
        }
        var holds: Holds = [:]
        for place in Set(due.map(\.place)) where held.contains(place) {
            let hold = held.hold(of: place)
            if held.isCurrent(hold) { holds[place] = hold }
        }
        let isDone = overdue.count == strange.count
        do {
            try await run(due.filter { holds[$0.place] != nil }, holds)
            return isDone
        } catch is PlaceLost {
            return isDone
        } catch is CancellationError {
            return isDone
        } catch {
            return false
        }
    }
}
