/// Decides how a group of services stops: one at a time in reverse order, each with a deadline; cancelled if that takes
/// too long or is requested twice. Pure: inputs produce actions.
struct ShutdownMachine {
    enum Input: Sendable {
        /// A signal, or a call of `terminate()`, that counts (see ``TerminationRequests``).
        case terminate(reason: String)
        /// The caller's task was cancelled.
        case cancel
        /// A service's `run()` ended.
        case ended(Int, error: (any Error)?)
        case serviceDeadline(Int)
        case totalDeadline
        case cancelDeadline
    }

    enum Action {
        case report(LifecycleEvent)
        /// Call `stop()` and start the service's deadline.
        case stop(Int)
        case cancel(Int)
        case startTotalDeadline
        /// Start the limit on waiting for cancelled services.
        case startCancelDeadline
        case finish((any Error)?)
    }

    private enum State {
        case running
        case stopping(Int)
        case cancelling
        case finished
    }

    private let names: [String]
    private var state = State.running
    private var alive: Set<Int>
    private var error: (any Error)?

    init(names: [String]) {
        self.names = names
        self.alive = Set(names.indices)
    }

    mutating func handle(_ input: Input) -> [Action] {
        switch (input, self.state) {
        case (_, .finished): []
        case (.terminate(let reason), .running): self.beginStopping(reason: reason)
        case (.terminate, .stopping): self.cancelRest(reason: "a second signal")
        case (.terminate, .cancelling): []
        case (.cancel, .cancelling): []
        case (.cancel, _): self.cancelRest(reason: "the group was cancelled")
        case (.ended(let index, let error), _): self.ended(index, error: error)
        case (.serviceDeadline(let index), .stopping(let current)) where index == current: self.overdue(index)
        case (.serviceDeadline, _): []
        case (.totalDeadline, .stopping): self.cancelRest(reason: "the total shutdown deadline has passed")
        case (.totalDeadline, _): []
        case (.cancelDeadline, _): self.giveUp()
        }
    }

    private mutating func beginStopping(reason: String) -> [Action] {
        [.report(.stopping(reason: reason)), .startTotalDeadline] + self.stopNext()
    }

    private mutating func stopNext() -> [Action] {
        guard let next = self.alive.filter({ self.isBeforeCurrent($0) }).max() else {
            // The remaining services were overdue and are already cancelled.
            guard self.alive.isEmpty else {
                self.state = .cancelling
                return [.startCancelDeadline]
            }
            return self.finish()
        }
        self.state = .stopping(next)
        return [.report(.stoppingService(self.names[next])), .stop(next)]
    }

    private func isBeforeCurrent(_ index: Int) -> Bool {
        if case .stopping(let current) = self.state { index < current } else { true }
    }

    private mutating func ended(_ index: Int, error: (any Error)?) -> [Action] {
        guard self.alive.remove(index) != nil else { return [] }
        let name = self.names[index]
        switch self.state {
        case .running:
            let failure = Self.failure(of: name, error: error)
            self.error = failure
            return [.report(.serviceFailed(name, error: failure.message))] + self.beginStopping(reason: failure.message)
        case .stopping(let current):
            return self.noteEnd(of: name, error: error) + (index == current ? self.stopNext() : [])
        case .cancelling:
            // The error of a cancelled service carries no information.
            return [.report(.serviceStopped(name))] + (self.alive.isEmpty ? self.finish() : [])
        case .finished:
            return []
        }
    }

    private mutating func noteEnd(of name: String, error: (any Error)?) -> [Action] {
        guard let error, !(error is CancellationError) else { return [.report(.serviceStopped(name))] }
        let failure = Self.failure(of: name, error: error)
        self.error = self.error ?? failure
        return [.report(.serviceFailed(name, error: failure.message))]
    }

    private mutating func overdue(_ index: Int) -> [Action] {
        let name = self.names[index]
        self.error =
            self.error
            ?? LifecycleError(.overdue, "\(name) did not stop in time and was cancelled", service: name)
        return [.report(.serviceOverdue(name)), .cancel(index)] + self.stopNext()
    }

    private mutating func cancelRest(reason: String) -> [Action] {
        self.state = .cancelling
        self.error = self.error ?? LifecycleError(.cutShort, "the shutdown was cut short: \(reason)")
        return [.report(.cancelling(reason: reason))] + self.alive.sorted(by: >).map { .cancel($0) }
            + [.startCancelDeadline]
    }

    private mutating func giveUp() -> [Action] {
        let names = self.alive.sorted().map { self.names[$0] }
        self.error =
            self.error
            ?? LifecycleError(.stuck, "still running after cancellation: \(names.joined(separator: ", "))")
        return [.report(.stuck(names))] + self.finish()
    }

    private mutating func finish() -> [Action] {
        self.state = .finished
        return [.finish(self.error)]
    }

    private static func failure(of name: String, error: (any Error)?) -> LifecycleError {
        guard let error else {
            return LifecycleError(.serviceEnded, "\(name) ended without being asked to stop", service: name)
        }
        return LifecycleError(.serviceFailed, "\(name) failed: \(error)", service: name, underlying: error)
    }
}
