internal import Glibc
internal import Primitives

/// The durable store: a file of SQLite, or a database of PostgreSQL that several hosts may share.
///
/// When a ``write(_:)`` returns, its changes are durable. SQLite has one writer that commits in groups (WAL,
/// synchronous=FULL) and readers on separate connections; other processes may write too, and the processes wait for each
/// other up to the busy timeout. PostgreSQL has several writers, of which each does the writes of some keys.
package final class Database: Sendable {
    /// The file, or the URL without a password, for messages.
    package let name: String
    package let dialect: SQLDialect
    let writes: [JobQueue<PendingWrite>]
    private let reads: JobQueue<ReadJob>
    private let checkpoints: JobQueue<Checkpoint>?
    private let readerCount: Int
    private let doubts = CommitDoubts()
    /// Whether a pooler is before the server: the sessions there are not this program's.
    package let isPooled: Bool

    /// Opens or creates the file, checks it and migrates its schema. Blocks: call it at startup.
    ///
    /// - Throws: `DatabaseError`: cannotOpen, readOnly, full, corrupt, locked, tooNew, migration.
    package init(
        path: String, migrations: [Migration], settings: DatabaseSettings = DatabaseSettings()
    ) throws(DatabaseError) {
        self.name = path
        self.dialect = .sqlite
        self.isPooled = false
        let connection = try SQLiteConnection.openWriter(path: path, migrations: migrations, settings: settings)
        var readers: [SQLiteConnection] = []
        for _ in 0..<max(1, settings.readers) {
            readers.append(try SQLiteConnection.openReader(path: path, busyTimeout: settings.busyTimeout))
        }
        let checkpointer = try SQLiteConnection.openCheckpointer(path: path, busyTimeout: settings.busyTimeout)
        let writes = JobQueue<PendingWrite>(capacity: settings.queueCapacity)
        let checkpoints = JobQueue<Checkpoint>(capacity: 1)
        self.writes = [writes]
        self.reads = JobQueue(capacity: settings.queueCapacity)
        self.checkpoints = checkpoints
        self.readerCount = readers.count
        let writer = Writer(checkpoints, observer: settings.commitObserver)
        Self.start("store-writer", connection, writes, atMost: Writer.groupLimit, settings) {
            writer.commit($0, on: $1)
        }
        Self.start("store-log", checkpointer, checkpoints, settings) { for job in $0 { job.run(on: $1) } }
        for reader in readers {
            Self.start("store-reader", reader, self.reads, settings) { for job in $0 { job.run(on: $1) } }
        }
    }

    /// Opens a PostgreSQL database, checks it and migrates its schema. Blocks: call it at startup.
    ///
    /// - Throws: `DatabaseError`: unreachable, cannotOpen, readOnly, full, tooNew, migration.
    package init(
        postgreSQL: PostgreSQLSettings, migrations: [Migration], settings: DatabaseSettings = DatabaseSettings()
    ) throws(DatabaseError) {
        self.name = postgreSQL.name
        self.dialect = .postgreSQL
        self.checkpoints = nil
        let migrator = try Migrator(migrations, name: postgreSQL.name)
        let first = PostgreSQLConnection(postgreSQL, preamble: PostgreSQLWriter.order, doubts: self.doubts)
        try first.checkServer()
        try migrator.run(on: first)
        try first.prepareRecords()
        self.isPooled = first.isPooled
        self.writes = (0..<max(2, postgreSQL.writers)).map { _ in JobQueue(capacity: settings.queueCapacity) }
        self.reads = JobQueue(capacity: settings.queueCapacity)
        self.readerCount = max(1, settings.readers)
        for (index, queue) in self.writes.enumerated() {
            let connection = index == 0 ? first : PostgreSQLConnection(postgreSQL, doubts: self.doubts, hasServed: true)
            connection.record = CommitRecord()
            let writer = PostgreSQLWriter(doubts: self.doubts, observer: settings.commitObserver)
            Self.start("store-writer", connection, queue, atMost: PostgreSQLWriter.groupLimit, settings) {
                writer.commit($0, on: $1)
            }
        }
        for _ in 0..<self.readerCount {
            let connection = PostgreSQLConnection(postgreSQL.reading, hasServed: true)
            Self.start("store-reader", connection, self.reads, settings) { for job in $0 { job.run(on: $1) } }
        }
    }

    /// Returns the steps of `migrations` that are not applied to the file yet, or all steps if there is no file. The file is
    /// not changed. Blocks the calling thread.
    ///
    /// - Throws: `DatabaseError`: cannotOpen, corrupt, locked, tooNew, migration.
    package static func missing(_ migrations: [Migration], path: String) throws(DatabaseError) -> [Migration] {
        guard unsafe access(path, F_OK) == 0 else { return migrations }
        let file = try SQLiteConnection(path: path, role: .reader, busyTimeout: .seconds(5))
        return try Migrator(migrations, name: path).missing(on: file)
    }

    /// The same for a PostgreSQL database.
    package static func missing(
        _ migrations: [Migration], postgreSQL: PostgreSQLSettings
    ) throws(DatabaseError) -> [Migration] {
        try Migrator(migrations, name: postgreSQL.name).missing(on: PostgreSQLConnection(postgreSQL.reading))
    }

    private static func start<Work, Held: StoreConnection>(
        _ name: String, _ connection: Held, _ queue: JobQueue<Work>, atMost limit: Int = 1,
        _ settings: DatabaseSettings, perform: @escaping ([Work], Held) -> Void
    ) {
        let thread = ThreadExecutor(name: name)
        let stop: @Sendable () -> Void = { [weak thread] in thread?.stop() }
        thread.attach(
            QueueDriver(connection, queue, atMost: limit, settings: settings, stop: stop, perform: perform))
    }

    deinit {
        // The threads retain themselves and end after everything submitted so far is written.
        self.doubts.close()
        _ = self.reads.close(Array(repeating: {}, count: self.readerCount))
        _ = self.checkpoints?.close([{}])
        for queue in self.writes { _ = queue.close([{}]) }
    }

    /// Runs a body in a transaction. When this returns, its changes are durable; if it throws, none are made.
    ///
    /// Bodies run in call order, several per commit; a body that throws undoes only its own changes. A body must be
    /// short and affect only its connection, because it may run again: if the disk is full, or on PostgreSQL if the
    /// connection was lost or another write came in between. Cancelling the task does not stop it, so that its outcome is
    /// always known: on PostgreSQL, a write whose connection is lost in the commit waits until the server says whether it
    /// was stored. Only ``close()`` ends that.
    ///
    /// - Parameter key: On PostgreSQL, bodies with the same key run in call order and beside those of other keys. Bodies
    ///   without one run one after the other, also among all hosts, as on SQLite all bodies do.
    @discardableResult
    package func write<Value: Sendable>(
        key: String? = nil, _ body: @escaping @Sendable (any Connection) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            self.submit(key: key, body) { continuation.resume(with: $0) }
        }
    }

    /// Like ``write(_:)``, but without a task: for a stream of small writes from one source.
    ///
    /// The completion runs on the writer's thread after the commit, in the order of submission within one commit. It
    /// must not block.
    package func submit<Value: Sendable>(
        key: String? = nil, _ body: @escaping @Sendable (any Connection) throws -> Value,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        self.queue(key, body, waits: false, completion)
    }

    /// Like ``submit(key:_:completion:)``, but waits for the next write with this key and shares its commit, for a write that another one
    /// follows at once: both then wait for the disk only once.
    package func submitWithNext(
        key: String? = nil, _ body: @escaping @Sendable (any Connection) throws -> Void,
        completion: @escaping @Sendable (Result<Void, any Error>) -> Void
    ) {
        self.queue(key, body, waits: true, completion)
    }

    private func queue<Value: Sendable>(
        _ key: String?, _ body: @escaping @Sendable (any Connection) throws -> Value, waits: Bool,
        _ completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        let write = PendingWrite(
            key: key,
            perform: { connection in
                let value = try body(connection)
                return { completion(.success(value)) }
            },
            fail: { completion(.failure($0)) })
        do {
            try self.lane(of: key).append(write, waits: waits)
        } catch {
            completion(.failure(Self.error(error)))
        }
    }

    /// Writes with one number run one after the other. The first lane is that of writes without a key, and on SQLite of
    /// all.
    package func laneNumber(of key: String?) -> Int {
        guard let key, self.writes.count > 1 else { return 0 }
        return 1 + Int(UInt(bitPattern: key.hashValue) % UInt(self.writes.count - 1))
    }

    func lane(of key: String?) -> JobQueue<PendingWrite> { self.writes[self.laneNumber(of: key)] }

    /// How long the outcome of a commit has been unknown; nil if that of all is known.
    package var doubt: Duration? { self.doubts.age }

    /// Runs a body that only reads. All its statements see one snapshot, which includes every write that has returned.
    ///
    /// Cancelling the task stops it, even in the middle of a statement.
    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (any Connection) throws -> Value
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
            let isFirst = self.checkpoints?.close([{ continuation.resume() }]) ?? false
            if !isFirst { continuation.resume() }
        }
        self.doubts.close()
        // Last, because the last connection to close copies the log into the file.
        for queue in self.writes {
            await withCheckedContinuation { continuation in
                if !queue.close([{ continuation.resume() }]) { continuation.resume() }
            }
        }
    }

    private func enqueue(_ job: ReadJob, _ ticket: ReadTicket) {
        guard ticket.take(job) else { return job.fail(CancellationError()) }
        do {
            try self.reads.append(job)
        } catch {
            return job.fail(Self.error(error))
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
        if self.reads.remove(where: { $0 === job }) { job.fail(CancellationError()) }
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
