internal import Primitives

/// A read that waits or runs, and that a cancelled task can stop in either state.
final class ReadJob: Sendable {
    private enum State {
        case waiting
        case running(Connection.Interrupter)
        case cancelled
        case done
    }

    private let state = Protected(State.waiting)
    private let isTransaction: Bool
    private let perform: @Sendable (Connection) throws -> @Sendable () -> Void
    private let fail: @Sendable (any Error) -> Void

    /// - Parameters:
    ///   - perform: runs the body; what it returns hands the value over.
    ///   - fail: ends it without a value.
    ///   - isTransaction: whether all statements see one state of the store; false for what cannot be in a transaction.
    init(
        isTransaction: Bool = true,
        perform: @escaping @Sendable (Connection) throws -> @Sendable () -> Void,
        fail: @escaping @Sendable (any Error) -> Void
    ) {
        self.isTransaction = isTransaction
        self.perform = perform
        self.fail = fail
    }

    func run(on connection: Connection) {
        guard self.begin(connection.interrupter) else { return self.fail(CancellationError()) }
        let result = Result { try self.transact(connection) }
        let isCancelled = self.end()
        // Nobody interrupts it any more, and nothing may stop the end of its transaction.
        connection.interrupter.clear()
        // A statement that was interrupted before its transaction was over leaves it open.
        connection.giveUpTransaction()
        switch result {
        case .success(let deliver): deliver()
        case .failure(let error): self.fail(isCancelled ? CancellationError() : error)
        }
    }

    /// Stops it where it is. True when it had not begun.
    func cancel() -> Bool {
        self.state.withLock { state in
            defer { if case .done = state {} else { state = .cancelled } }
            switch state {
            case .waiting: return true
            // Under the lock: the connection runs this job and no other one.
            case .running(let interrupter): interrupter.interrupt()
            case .cancelled, .done: break
            }
            return false
        }
    }

    /// Ends it without a value; only for one that no reader has taken.
    func refuse(_ error: any Error) {
        self.fail(error)
    }

    private func begin(_ interrupter: Connection.Interrupter) -> Bool {
        self.state.withLock { state in
            guard case .waiting = state else { return false }
            interrupter.clear()
            state = .running(interrupter)
            return true
        }
    }

    /// Whether it was cancelled while it ran.
    private func end() -> Bool {
        self.state.withLock { state in
            defer { state = .done }
            if case .cancelled = state { return true }
            return false
        }
    }

    private func transact(_ connection: Connection) throws -> @Sendable () -> Void {
        guard self.isTransaction else { return try self.perform(connection) }
        try connection.control("BEGIN")
        let deliver = try self.perform(connection)
        // Nothing was changed, so that a failure here (a damaged page that was met on the way) takes nothing away.
        _ = try? connection.control("COMMIT")
        return deliver
    }
}
