internal import Primitives

/// A queued or running read, which a cancelled task can stop in either state.
final class ReadJob: Sendable {
    private enum State {
        case waiting
        case running(Interrupter)
        case cancelled
        case done
    }

    private let state = Protected(State.waiting)
    private let perform: @Sendable (any Connection) throws -> @Sendable () -> Void
    /// Ends it without a value; from outside only if no reader has taken it.
    let fail: @Sendable (any Error) -> Void

    /// - Parameters:
    ///   - perform: Runs the body; the closure that it returns delivers the value.
    ///   - fail: Ends it without a value.
    init(
        perform: @escaping @Sendable (any Connection) throws -> @Sendable () -> Void,
        fail: @escaping @Sendable (any Error) -> Void
    ) {
        self.perform = perform
        self.fail = fail
    }

    func run(on connection: any StoreConnection) {
        guard self.begin(connection.interrupter) else { return self.fail(CancellationError()) }
        var result = Result { try self.transact(connection) }
        // A session that the server has ended is only noticed when it is used.
        if case .failure(let error as DatabaseError) = result, error.code == .unreachable {
            connection.giveUpTransaction()
            result = Result { try self.transact(connection) }
        }
        let isCancelled = self.end()
        // No interrupt can come now, and a pending one must not stop the end of the transaction.
        connection.interrupter.clear()
        // An interrupted statement leaves its transaction open.
        connection.giveUpTransaction()
        switch result {
        case .success(let deliver): deliver()
        case .failure(let error): self.fail(isCancelled ? CancellationError() : error)
        }
    }

    /// Stops the read. True if it had not begun.
    func cancel() -> Bool {
        self.state.withLock { state in
            defer { if case .done = state {} else { state = .cancelled } }
            switch state {
            case .waiting: return true
            // Under the lock, so that the connection is still running this job.
            case .running(let interrupter): interrupter.interrupt()
            case .cancelled, .done: break
            }
            return false
        }
    }

    private func begin(_ interrupter: Interrupter) -> Bool {
        self.state.withLock { state in
            guard case .waiting = state else { return false }
            interrupter.clear()
            state = .running(interrupter)
            return true
        }
    }

    /// Returns whether the read was cancelled while it ran.
    private func end() -> Bool {
        self.state.withLock { state in
            defer { state = .done }
            if case .cancelled = state { return true }
            return false
        }
    }

    private func transact(_ connection: any StoreConnection) throws -> @Sendable () -> Void {
        try connection.begin(.read)
        let deliver = try self.perform(connection)
        // Nothing was changed, so a failure here (such as a damaged page) loses nothing.
        _ = try? connection.commit()
        return deliver
    }
}

/// Connects a read to the task that waits for it, because the task may be cancelled before the read exists.
final class ReadTicket: Sendable {
    private struct State {
        var job: ReadJob?
        var isCancelled = false
    }

    private let state = Protected(State())

    /// False if the task is already cancelled.
    func take(_ job: ReadJob) -> Bool {
        self.state.withLock { state in
            state.job = job
            return !state.isCancelled
        }
    }

    var isCancelled: Bool { self.state.withLock { $0.isCancelled } }

    /// The read to stop, if there is one.
    func cancel() -> ReadJob? {
        self.state.withLock { state in
            state.isCancelled = true
            return state.job
        }
    }
}
