internal import Primitives

/// The durable store: an SQLite file with one writer that commits in groups, and readers on separate connections.
///
/// When a ``write(_:)`` returns, its changes are on the disk (WAL, synchronous=FULL). Other processes may write too;
/// the processes wait for each other up to the busy timeout.
package final class Database: Sendable {
    package let path: String
    let writes: JobQueue<PendingWrite>
    private let reads: JobQueue<ReadJob>
    private let checkpoints: JobQueue<Checkpoint>
    private let readerCount: Int

    /// Opens or creates the file, checks it and migrates its schema. Blocks: call it at startup.
    ///
    /// - Throws: `DatabaseError`: cannotOpen, readOnly, full, corrupt, locked, tooNew, migration.
    package init(
        path: String, migrations: [Migration], settings: DatabaseSettings = DatabaseSettings()
    ) throws(DatabaseError) {
        self.path = path
        let connection = try Connection.openWriter(path: path, migrations: migrations, settings: settings)
        var readers: [Connection] = []
        for _ in 0..<max(1, settings.readers) {
            readers.append(try Connection.openReader(path: path, busyTimeout: settings.busyTimeout))
        }
        let checkpointer = try Connection.openCheckpointer(path: path, busyTimeout: settings.busyTimeout)
        self.writes = JobQueue(capacity: settings.queueCapacity)
        self.reads = JobQueue(capacity: settings.queueCapacity)
        self.checkpoints = JobQueue(capacity: 1)
        self.readerCount = readers.count
        let writer = Writer(self.checkpoints, observer: settings.commitObserver)
        Self.start("store-writer", connection, self.writes, atMost: Writer.groupLimit) { writer.commit($0, on: $1) }
        Self.start("store-log", checkpointer, self.checkpoints) { for job in $0 { job.run(on: $1) } }
        for reader in readers { Self.start("store-reader", reader, self.reads) { for job in $0 { job.run(on: $1) } } }
    }

    private static func start<Work>(
        _ name: String, _ connection: Connection, _ queue: JobQueue<Work>, atMost limit: Int = 1,
        perform: @escaping ([Work], Connection) -> Void
    ) {
        let thread = ThreadExecutor(name: name)
        let stop: @Sendable () -> Void = { [weak thread] in thread?.stop() }
        thread.attach(QueueDriver(connection, queue, atMost: limit, stop: stop, perform: perform))
    }

    deinit {
        // The threads retain themselves and end after everything submitted so far is written.
        _ = self.reads.close(Array(repeating: {}, count: self.readerCount))
        _ = self.checkpoints.close([{}])
        _ = self.writes.close([{}])
    }

    /// Runs a body in a transaction. When this returns, its changes are durable; if it throws, none are made.
    ///
    /// Bodies run in call order, several per commit; a body that throws undoes only its own changes. A body must be
    /// short and affect only its connection, because it may run a second time if the disk is full. Cancelling the task
    /// does not stop it, so that its outcome is always known.
    @discardableResult
    package func write<Value: Sendable>(
        _ body: @escaping @Sendable (Connection) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            self.submit(body) { continuation.resume(with: $0) }
        }
    }

    /// Like ``write(_:)``, but without a task: for a stream of small writes from one source.
    ///
    /// The completion runs on the writer's thread after the commit, in the order of submission within one commit. It
    /// must not block.
    package func submit<Value: Sendable>(
        _ body: @escaping @Sendable (Connection) throws -> Value,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        self.queue(body, waits: false, completion)
    }

    /// Like ``submit(_:completion:)``, but waits for the next write and shares its commit, for a write that another one
    /// follows at once: both then wait for the disk only once.
    package func submitWithNext(
        _ body: @escaping @Sendable (Connection) throws -> Void,
        completion: @escaping @Sendable (Result<Void, any Error>) -> Void
    ) {
        self.queue(body, waits: true, completion)
    }

    private func queue<Value: Sendable>(
        _ body: @escaping @Sendable (Connection) throws -> Value, waits: Bool,
        _ completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        let write = PendingWrite(
            perform: { connection in
                let value = try body(connection)
                return { completion(.success(value)) }
            },
            fail: { completion(.failure($0)) })
        do {
            try self.writes.append(write, waits: waits)
        } catch {
            completion(.failure(Self.error(error)))
        }
    }

    /// Runs a body that only reads. All its statements see one snapshot, which includes every write that has returned.
    ///
    /// Cancelling the task stops it, even in the middle of a statement.
    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (Connection) throws -> Value
    ) async throws -> Value {
        let ticket = ReadTicket()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let job = ReadJob(
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

    /// Ends the threads once all pending work is done. Later calls fail as closed.
    package func close() async {
        await withCheckedContinuation { continuation in
            let left = Protected(self.readerCount)
            let completion: @Sendable () -> Void = {
                let isLast = left.withLock { left in
                    left -= 1
                    return left == 0
                }
                if isLast { continuation.resume() }
            }
            let isFirst = self.reads.close(Array(repeating: completion, count: self.readerCount))
            if !isFirst { continuation.resume() }
        }
        await withCheckedContinuation { continuation in
            if !self.checkpoints.close([{ continuation.resume() }]) { continuation.resume() }
        }
        // Last, because the last connection to close copies the log into the file.
        await withCheckedContinuation { continuation in
            if !self.writes.close([{ continuation.resume() }]) { continuation.resume() }
        }
    }

    private func enqueue(_ job: ReadJob, _ ticket: ReadTicket) {
        guard ticket.take(job) else { return job.refuse(CancellationError()) }
        do {
            try self.reads.append(job)
        } catch {
            return job.refuse(Self.error(error))
        }
        // A cancellation between `take` and `append` finds no job in the queue.
        if ticket.isCancelled { self.remove(job) }
    }

    private func cancel(_ ticket: ReadTicket) {
        guard let job = ticket.cancel(), job.cancel() else { return }
        self.remove(job)
    }

    /// Fails a cancelled read that is still queued. If a reader has just taken it, the reader fails it.
    private func remove(_ job: ReadJob) {
        if self.reads.remove(where: { $0 === job }) { job.refuse(CancellationError()) }
    }

    private static func error(_ refusal: JobQueueRefusal) -> DatabaseError {
        switch refusal {
        case .full:
            DatabaseError(
                code: .overloaded,
                message: "the store's queue is full: slow down, and check the disk")
        case .closed:
            DatabaseError(code: .closed, message: "the store is closed: the program is shutting down; try again later")
        }
    }
}
