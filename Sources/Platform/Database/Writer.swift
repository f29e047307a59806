internal import Glibc
internal import Primitives
internal import Synchronization

/// One write that waits for its commit.
struct PendingWrite: Sendable {
    /// Runs the body; what it returns hands the value over after the commit.
    let perform: @Sendable (Connection) throws -> @Sendable () -> Void
    let fail: @Sendable (any Error) -> Void
}

/// The only connection that writes, on a thread of its own. What arrives while a commit is under way goes together
/// into the next one, so that one fsync serves many writers.
final class Writer: ThreadExecutor.Driver, @unchecked Sendable {  // @unchecked: the connection stays on one thread
    enum Job: Sendable {
        case write(PendingWrite)
        case close(@Sendable () -> Void)
    }

    /// Bounds the time for which readers of an old state keep the log growing, and the work that one failure repeats.
    private static let groupLimit = 1_024
    /// Pages (4 KiB) that the log gains between two checkpoints; SQLite's own default.
    private static let checkpointPages = 1_000
    /// With so many pages in the log the writer copies them itself: beside a writer that never rests, a checkpoint
    /// never comes to the log's end, and the log would grow on.
    private static let logPages = 1_900

    private let queue: JobQueue<Job>
    private let checkpoints: JobQueue<Checkpointer.Job>
    private let isCheckpointDue: Checkpointer.Flag
    private let observer: (@Sendable (CommitReport) -> Void)?
    private let stop: @Sendable () -> Void
    private let isWoken = Atomic(false)
    private var connection: Connection?
    /// Pages in the log when the next checkpoint is due.
    private var nextCheckpoint = Writer.checkpointPages

    /// - Parameter stop: ends the thread.
    init(
        _ connection: Connection, _ queue: JobQueue<Job>, _ checkpoints: JobQueue<Checkpointer.Job>,
        isDue: Checkpointer.Flag, observer: (@Sendable (CommitReport) -> Void)?, stop: @escaping @Sendable () -> Void
    ) {
        self.connection = connection
        self.queue = queue
        self.checkpoints = checkpoints
        self.isCheckpointDue = isDue
        self.stop = stop
        self.observer = observer
    }

    func wake() {
        self.isWoken.store(true, ordering: .releasing)
        self.queue.wake()
    }

    func turn() {
        let jobs = self.queue.take(atMost: Self.groupLimit) { self.isWoken.exchange(false, ordering: .acquiring) }
        var writes: [PendingWrite] = []
        for job in jobs {
            switch job {
            case .write(let write): writes.append(write)
            case .close(let completion):
                self.commit(writes)
                writes = []
                self.connection = nil
                self.stop()
                completion()
            }
        }
        self.commit(writes)
    }

    private func commit(_ writes: [PendingWrite]) {
        guard let connection = self.connection, !writes.isEmpty else { return }
        let group = WriteGroup(connection, observer: self.observer)
        let undone = group.run(writes)
        // The disk was full for all of them together; each may still fit by itself.
        for write in undone { _ = group.run([write]) }
        self.keepLogShort(of: connection)
    }

    private func keepLogShort(of connection: Connection) {
        let pages = connection.logPages
        // It began anew.
        if pages < self.nextCheckpoint - Self.checkpointPages { self.nextCheckpoint = Self.checkpointPages }
        if pages >= Self.logPages {
            // Two at once are refused, and only this one comes to the log's end.
            while self.isCheckpointDue.isSet.load(ordering: .acquiring) {
                var pause = timespec(tv_sec: 0, tv_nsec: 200_000)
                unsafe nanosleep(&pause, nil)
            }
            // A failure only means that the log grows on.
            try? connection.checkpoint()
        } else if pages >= self.nextCheckpoint {
            self.nextCheckpoint = pages + Self.checkpointPages
            guard !self.isCheckpointDue.isSet.exchange(true, ordering: .acquiringAndReleasing) else { return }
            // Refused at the end.
            do { try self.checkpoints.append(.checkpoint) } catch {
                self.isCheckpointDue.isSet.store(false, ordering: .releasing)
            }
        }
    }
}

/// One transaction for several writes.
private struct WriteGroup {
    /// What became of a write before the commit: its value's way home, or its error.
    private typealias Step = (write: PendingWrite, result: Result<@Sendable () -> Void, any Error>)

    private let connection: Connection
    private let observer: (@Sendable (CommitReport) -> Void)?

    init(_ connection: Connection, observer: (@Sendable (CommitReport) -> Void)?) {
        self.connection = connection
        self.observer = observer
    }

    /// Answers every write, except those that it returns: they were undone together and may be tried alone.
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
                // SQLite gave up the transaction, and with it what the others had written.
                return self.undone(self.answerFailures(steps) + writes[(index + 1)...], because: error)
            }
        }
        return self.end(steps, since: started)
    }

    /// A write alone needs no savepoint: the transaction is its own.
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
        // Before the answers: who has one finds it counted.
        self.observer?(CommitReport(duration: ContinuousClock.now - started, writes: steps.count))
        for (write, result) in steps {
            switch result {
            case .success(let deliver): deliver()
            case .failure(let error): write.fail(error)
            }
        }
        return []
    }

    /// Answers the writes that failed by themselves; the others are returned.
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
