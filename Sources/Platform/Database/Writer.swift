internal import Glibc
internal import Synchronization

/// A write that waits for its commit.
struct PendingWrite: Sendable {
    /// Runs the body; the closure that it returns delivers the value after the commit.
    let perform: @Sendable (Connection) throws -> @Sendable () -> Void
    let fail: @Sendable (any Error) -> Void
}

/// Commits on the only writing connection. Writes that arrive during a commit share the next one, so that one fsync
/// serves many writers.
final class Writer {
    /// The maximum number of writes per commit: bounds how long readers of an old snapshot keep the log growing, and
    /// how much work one failure repeats.
    static let groupLimit = 1_024
    /// The log's growth between two checkpoints, in pages of 4 KiB; SQLite's default.
    private static let checkpointPages = 1_000
    /// At this size the writer copies the log itself: next to a writer that never pauses, a checkpoint never reaches
    /// the log's end, and the log would keep growing.
    private static let logPages = 1_900

    private let checkpoints: JobQueue<Checkpoint>
    private let checkpoint = Checkpoint()
    private let observer: (@Sendable (CommitReport) -> Void)?
    /// Pages in the log when the next checkpoint is due.
    private var nextCheckpoint = Writer.checkpointPages

    init(_ checkpoints: JobQueue<Checkpoint>, observer: (@Sendable (CommitReport) -> Void)?) {
        self.checkpoints = checkpoints
        self.observer = observer
    }

    func commit(_ writes: [PendingWrite], on connection: Connection) {
        let group = WriteGroup(connection, observer: self.observer)
        let undone = group.run(writes)
        // The disk was full for all of them together; each may still fit on its own.
        for write in undone { _ = group.run([write]) }
        self.keepLogShort(of: connection)
    }

    private func keepLogShort(of connection: Connection) {
        let pages = connection.logPages
        // The log has restarted.
        if pages < self.nextCheckpoint - Self.checkpointPages { self.nextCheckpoint = Self.checkpointPages }
        if pages >= Self.logPages {
            // SQLite refuses two at once, and only this one reaches the log's end.
            while self.checkpoint.isPending {
                var pause = timespec(tv_sec: 0, tv_nsec: 200_000)
                unsafe nanosleep(&pause, nil)
            }
            // If this fails, the log only keeps growing.
            try? connection.checkpoint()
        } else if pages >= self.nextCheckpoint {
            self.nextCheckpoint = pages + Self.checkpointPages
            guard self.checkpoint.request() else { return }
            // Refused while the store closes.
            do { try self.checkpoints.append(self.checkpoint) } catch { self.checkpoint.withdraw() }
        }
    }
}

/// One transaction for several writes.
private struct WriteGroup {
    /// A write's outcome before the commit: the closure that delivers its value, or its error.
    private typealias Step = (write: PendingWrite, result: Result<@Sendable () -> Void, any Error>)

    private let connection: Connection
    private let observer: (@Sendable (CommitReport) -> Void)?

    init(_ connection: Connection, observer: (@Sendable (CommitReport) -> Void)?) {
        self.connection = connection
        self.observer = observer
    }

    /// Completes every write except those that it returns, which were undone together and may be retried alone.
    func run(_ writes: [PendingWrite]) -> [PendingWrite] {
        let started = ContinuousClock.now
        do {
            try self.connection.control("BEGIN IMMEDIATE")
        } catch {
            for write in writes { write.fail(error) }
            return []
        }
        var steps: [Step] = []
        for (index, write) in writes.enumerated() {
            do {
                steps.append((write, .success(try self.perform(write, alone: writes.count == 1))))
            } catch {
                steps.append((write, .failure(error)))
                if self.connection.isInTransaction { continue }
                // SQLite rolled back the transaction, and with it the other writes.
                return self.undone(self.answerFailures(steps) + writes[(index + 1)...], because: error)
            }
        }
        return self.end(steps, since: started)
    }

    /// A single write needs no savepoint: it has the transaction to itself.
    private func perform(_ write: PendingWrite, alone: Bool) throws -> @Sendable () -> Void {
        alone
            ? try write.perform(self.connection) : try self.connection.savepoint { try write.perform(self.connection) }
    }

    private func end(_ steps: [Step], since started: ContinuousClock.Instant) -> [PendingWrite] {
        let isEmpty = steps.allSatisfy { if case .failure = $0.result { true } else { false } }
        do {
            try self.connection.control(isEmpty ? "ROLLBACK" : "COMMIT")
        } catch {
            self.connection.giveUpTransaction()
            return self.undone(self.answerFailures(steps), because: error)
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

    private func undone(_ writes: [PendingWrite], because error: any Error) -> [PendingWrite] {
        if writes.count > 1, (error as? DatabaseError)?.code == .full { return writes }
        for write in writes { write.fail(error) }
        return []
    }
}

/// Copies the log into the file, on a separate connection and thread: it takes milliseconds, which would delay writes.
final class Checkpoint: Sendable {
    private let isDue = Atomic(false)

    /// Whether it is requested or running.
    var isPending: Bool { self.isDue.load(ordering: .acquiring) }

    /// Marks it as pending; false if it was already.
    func request() -> Bool { !self.isDue.exchange(true, ordering: .acquiringAndReleasing) }

    func withdraw() { self.isDue.store(false, ordering: .releasing) }

    func run(on connection: Connection) {
        // If this fails, the log only grows until the writer copies it.
        try? connection.checkpoint()
        self.withdraw()
    }
}
