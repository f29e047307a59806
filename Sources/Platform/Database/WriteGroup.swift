/// A write that waits for its commit.
struct PendingWrite: Sendable {
    let key: String?
    /// Runs the body; the closure that it returns delivers the value after the commit.
    let perform: @Sendable (any Connection) throws -> @Sendable () -> Void
    let fail: @Sendable (any Error) -> Void
}

/// One transaction for several writes.
struct WriteGroup {
    /// A write's outcome before the commit: the closure that delivers its value, or its error.
    private typealias Step = (write: PendingWrite, result: Result<@Sendable () -> Void, any Error>)

    private let connection: any StoreConnection
    private let observer: (@Sendable (CommitReport) -> Void)?

    init(_ connection: any StoreConnection, observer: (@Sendable (CommitReport) -> Void)?) {
        self.connection = connection
        self.observer = observer
    }

    /// Completes every write except those that it returns, which were undone and may be repeated, each alone.
    ///
    /// - Parameter isLast: Nothing is repeated any more, except alone instead of in a group.
    func run(_ writes: [PendingWrite], isLast: Bool = true) -> [PendingWrite] {
        let started = ContinuousClock.now
        do {
            try self.connection.begin(.write)
        } catch {
            return self.undone(writes, because: error, isLast: isLast)
        }
        var steps: [Step] = []
        for (index, write) in writes.enumerated() {
            do {
                steps.append((write, .success(try self.perform(write, alone: writes.count == 1))))
            } catch {
                if !isLast, Self.isRepeatable(error) {
                    self.connection.giveUpTransaction()
                    return self.answerFailures(steps) + writes[index...]
                }
                steps.append((write, .failure(error)))
                if self.connection.isInTransaction { continue }
                // The engine rolled back the transaction, and with it the other writes.
                self.connection.giveUpTransaction()
                return self.undone(
                    self.answerFailures(steps) + writes[(index + 1)...], because: error, isLast: isLast)
            }
        }
        return self.end(steps, since: started, isLast: isLast)
    }

    /// A single write needs no savepoint: it has the transaction to itself.
    private func perform(_ write: PendingWrite, alone: Bool) throws -> @Sendable () -> Void {
        alone
            ? try write.perform(self.connection) : try self.connection.savepoint { try write.perform(self.connection) }
    }

    private func end(_ steps: [Step], since started: ContinuousClock.Instant, isLast: Bool) -> [PendingWrite] {
        let isEmpty = steps.allSatisfy { if case .failure = $0.result { true } else { false } }
        do {
            if isEmpty { self.connection.giveUpTransaction() } else { try self.connection.commit() }
        } catch {
            self.connection.giveUpTransaction()
            return self.undone(self.answerFailures(steps), because: error, isLast: isLast)
        }
        // Before the writes complete, so that a caller finds its own commit counted.
        self.observer?(CommitReport(duration: ContinuousClock.now - started, writes: steps.count))
        for (write, result) in steps {
            switch result {
            case .success(let deliver): deliver()
            case .failure(let error): write.fail(error)
            }
        }
        return []
    }

    /// Completes the writes that failed on their own, and returns the others.
    private func answerFailures(_ steps: [Step]) -> [PendingWrite] {
        steps.compactMap { write, result in
            guard case .failure(let error) = result else { return write }
            write.fail(error)
            return nil
        }
    }

    private func undone(_ writes: [PendingWrite], because error: any Error, isLast: Bool) -> [PendingWrite] {
        let isForGroup = writes.count > 1 && (error as? DatabaseError)?.code == .full
        if isForGroup || !isLast && Self.isRepeatable(error) { return writes }
        for write in writes { write.fail(error) }
        return []
    }

    /// Whether nothing was stored and the same write may succeed at once.
    private static func isRepeatable(_ error: any Error) -> Bool {
        guard let code = (error as? DatabaseError)?.code else { return false }
        return code == .conflict || code == .unreachable
    }
}
