internal import Primitives

/// A clock that a test moves by hand: nothing waits for real time.
///
/// ```swift
/// let clock = ManualClock()
/// async let result = client.answer(clock: clock)
/// await clock.sleepers(1)          // until the client waits
/// clock.advance(by: .seconds(30))  // its time is over
/// ```
public final class ManualClock: Clock, Sendable {
    /// A point on the clock, counted from its start.
    public struct Instant: InstantProtocol {
        /// Since the clock was made.
        public let offset: Duration

        /// The point `offset` after the start.
        public init(offset: Duration) { self.offset = offset }

        /// The point `duration` later.
        public func advanced(by duration: Duration) -> Instant { Instant(offset: self.offset + duration) }
        /// From this point to `other`.
        public func duration(to other: Instant) -> Duration { other.offset - self.offset }
        /// Earlier first.
        public static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private struct Sleeper {
        let deadline: Instant
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct Waiter {
        let count: Int
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var now = Instant(offset: .zero)
        var nextID = 0
        var sleepers: [Int: Sleeper] = [:]
        var cancelled: Set<Int> = []
        var waiters: [Waiter] = []

        mutating func readyWaiters() -> [Waiter] {
            let ready = self.waiters.filter { $0.count <= self.sleepers.count }
            self.waiters.removeAll { $0.count <= self.sleepers.count }
            return ready
        }
    }

    private let state = Protected(State())

    /// Makes a clock that stands at zero.
    public init() {}

    /// Where the clock stands.
    public var now: Instant { self.state.withLock { $0.now } }
    /// There is none.
    public var minimumResolution: Duration { .zero }

    /// Waits until the clock has been moved to `deadline`; throws `CancellationError` when the task is cancelled.
    public func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
        let id = self.state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        defer { self.state.withLock { _ = $0.cancelled.remove(id) } }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                self.add(Sleeper(deadline: deadline, continuation: continuation), id: id)
            }
        } onCancel: {
            let sleeper = self.state.withLock { state -> Sleeper? in
                guard let sleeper = state.sleepers.removeValue(forKey: id) else {
                    state.cancelled.insert(id)
                    return nil
                }
                return sleeper
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Moves the clock and wakes everybody whose time has come, the earliest first.
    public func advance(by duration: Duration) {
        let due = self.state.withLock { state -> [Sleeper] in
            state.now = state.now.advanced(by: duration)
            let due = state.sleepers.filter { $0.value.deadline <= state.now }
            for id in due.keys { state.sleepers[id] = nil }
            return due.sorted { ($0.value.deadline, $0.key) < ($1.value.deadline, $1.key) }.map(\.value)
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    /// Waits until at least `count` tasks sleep on the clock.
    public func sleepers(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let ready = self.state.withLock { state in
                state.waiters.append(Waiter(count: count, continuation: continuation))
                return state.readyWaiters()
            }
            for waiter in ready { waiter.continuation.resume() }
        }
    }

    private func add(_ sleeper: Sleeper, id: Int) {
        enum Outcome {
            case cancelled, due
            case waiting([Waiter])
        }
        let outcome = self.state.withLock { state -> Outcome in
            if state.cancelled.contains(id) { return .cancelled }
            if sleeper.deadline <= state.now { return .due }
            state.sleepers[id] = sleeper
            return .waiting(state.readyWaiters())
        }
        switch outcome {
        case .cancelled: sleeper.continuation.resume(throwing: CancellationError())
        case .due: sleeper.continuation.resume()
        case .waiting(let waiters): for waiter in waiters { waiter.continuation.resume() }
        }
    }
}
