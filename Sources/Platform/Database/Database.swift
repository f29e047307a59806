internal import Primitives

/// The durable store: an SQLite file with one writer that commits in groups, and readers on connections of their own.
///
/// When a ``write(_:)`` returns, its changes are on the disk (WAL, synchronous=FULL). Other processes may write too;
/// both sides wait for each other up to the busy timeout.
package final class Database: Sendable {
    package let path: String
    private let writes: JobQueue<Writer.Job>
    private let reads: JobQueue<Reader.Job>
    private let checkpoints: JobQueue<Checkpointer.Job>
    private let readerCount: Int

    /// Opens or makes the file, checks it and brings its schema up to date. Blocks: call it at the start.
    ///
    /// - Throws: `DatabaseError`: cannotOpen, readOnly, full, corrupt, locked, tooNew, migration.
    package init(
        path: String, migrations: [Migration], settings: DatabaseSettings = DatabaseSettings()
    ) throws(DatabaseError) {
        self.path = path
        let writer = try Connection.openWriter(path: path, migrations: migrations, settings: settings)
        var readers: [Connection] = []
        for _ in 0..<max(1, settings.readers) {
            readers.append(try Connection.openReader(path: path, busyTimeout: settings.busyTimeout))
        }
        let checkpointer = try Connection.openCheckpointer(path: path, busyTimeout: settings.busyTimeout)
        self.writes = JobQueue(capacity: settings.queueCapacity)
        self.reads = JobQueue(capacity: settings.queueCapacity)
        self.checkpoints = JobQueue(capacity: 1)
        self.readerCount = readers.count
        let isDue = Checkpointer.Flag()
        Self.run("store-writer") { [writes, checkpoints] stop in
            Writer(writer, writes, checkpoints, isDue: isDue, observer: settings.commitObserver, stop: stop)
        }
        Self.run("store-log") { [checkpoints] stop in
            Checkpointer(checkpointer, checkpoints, isDue: isDue, stop: stop)
        }
        for connection in readers {
            Self.run("store-reader") { [reads] stop in Reader(connection, reads, stop: stop) }
        }
    }

    /// Starts a thread for a driver, which is given what ends it.
    private static func run(_ name: String, _ driver: (@escaping @Sendable () -> Void) -> any ThreadExecutor.Driver) {
        let thread = ThreadExecutor(name: name)
        thread.attach(driver { [weak thread] in thread?.stop() })
    }

    deinit {
        // What was submitted is still written: the threads, which hold themselves, end behind it.
        _ = self.reads.close(after: Array(repeating: .close {}, count: self.readerCount))
        _ = self.checkpoints.close(after: [.close {}])
        _ = self.writes.close(after: [.close {}])
    }

    /// Runs a body in a transaction; its changes are durable when this returns, or none of them is made.
    ///
    /// Bodies run in the order of their calls, several in one commit; one that throws undoes only itself. A body must be
    /// short and have no effects but on its connection: when the disk is full it may run a second time. Cancelling the
    /// task doesn't stop it, so that its outcome is always known.
    @discardableResult
    package func write<Value: Sendable>(
        _ body: @escaping @Sendable (Connection) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            self.submit(body) { continuation.resume(with: $0) }
        }
    }

    /// Like ``write(_:)`` without a task: for a stream of small writes from one place.
    ///
    /// The completion runs on the writer's thread after the commit, in the order of submission within one commit. It
    /// must not block.
    package func submit<Value: Sendable>(
        _ body: @escaping @Sendable (Connection) throws -> Value,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        let write = PendingWrite(
            perform: { connection in
                let value = try body(connection)
                return { completion(.success(value)) }
            },
            fail: { completion(.failure($0)) })
        do {
            try self.writes.append(.write(write))
        } catch {
            completion(.failure(Self.error(error)))
        }
    }

    /// Runs a body that only reads; all its statements see one state, which includes every write that has returned.
    ///
    /// Cancelling the task stops it, also in the middle of a statement.
    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (Connection) throws -> Value
    ) async throws -> Value {
        try await self.read(isTransaction: true, body)
    }

    func read<Value: Sendable>(
        isTransaction: Bool, _ body: @escaping @Sendable (Connection) throws -> Value
    ) async throws -> Value {
        let ticket = ReadTicket()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let job = ReadJob(
                    isTransaction: isTransaction,
                    perform: { connection in
                        let value = try body(connection)
                        return { continuation.resume(returning: value) }
                    },
                    fail: { continuation.resume(throwing: $0) })
                self.enqueue(job, ticket)
            }
        } onCancel: {
            self.cancel(ticket)
        }
    }

    /// Ends the threads after everything that was asked for. What is asked later is refused as closed.
    package func close() async {
        await withCheckedContinuation { continuation in
            let left = Protected(self.readerCount)
            let job = Reader.Job.close {
                let isLast = left.withLock { left in
                    left -= 1
                    return left == 0
                }
                if isLast { continuation.resume() }
            }
            let isFirst = self.reads.close(after: Array(repeating: job, count: self.readerCount))
            if !isFirst { continuation.resume() }
        }
        await withCheckedContinuation { continuation in
            if !self.checkpoints.close(after: [.close { continuation.resume() }]) { continuation.resume() }
        }
        // Last, because the last connection that closes copies the log into the file.
        await withCheckedContinuation { continuation in
            if !self.writes.close(after: [.close { continuation.resume() }]) { continuation.resume() }
        }
    }

    private func enqueue(_ job: ReadJob, _ ticket: ReadTicket) {
        guard ticket.take(job) else { return job.refuse(CancellationError()) }
        do {
            try self.reads.append(.read(job))
        } catch {
            return job.refuse(Self.error(error))
        }
        // Who cancelled between the two lines above did not find it in the queue.
        if ticket.isCancelled { self.remove(job) }
    }

    private func cancel(_ ticket: ReadTicket) {
        guard let job = ticket.cancel(), job.cancel() else { return }
        self.remove(job)
    }

    /// Answers a cancelled read that waits. When a reader has just taken it, the reader answers.
    private func remove(_ job: ReadJob) {
        let waiting = self.reads.remove { other in
            if case .read(let other) = other { other === job } else { false }
        }
        if waiting != nil { job.refuse(CancellationError()) }
    }

    private static func error(_ refusal: JobQueueRefusal) -> DatabaseError {
        switch refusal {
        case .full:
            DatabaseError(
                code: .overloaded,
                message: "the store has more work waiting than it accepts: slow down, and check the disk")
        case .closed:
            DatabaseError(code: .closed, message: "the store is closed because the program is ending: try again later")
        }
    }
}
