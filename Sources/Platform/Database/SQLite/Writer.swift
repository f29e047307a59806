internal import Glibc
internal import Synchronization

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

    /// In pages, without those of a new store's schema. A program that has written this much will write more, unlike a single
    /// command.
    private static let filledFrom = 64

    private let checkpoints: JobQueue<Checkpoint>
    private let checkpoint = Checkpoint()
    private let observer: (@Sendable (CommitReport) -> Void)?
    /// Pages in the log when the next checkpoint is due.
    private var nextCheckpoint = Writer.checkpointPages

    private var isLogFilled = false
    /// Pages in the log after the first commit.
    private var firstPages: Int?

    init(_ checkpoints: JobQueue<Checkpoint>, observer: (@Sendable (CommitReport) -> Void)?) {
        self.checkpoints = checkpoints
        self.observer = observer
    }

    func commit(_ writes: [PendingWrite], on connection: SQLiteConnection) {
        let group = WriteGroup(connection, observer: self.observer)
        let undone = group.run(writes)
        // The disk was full for all of them together; each may still fit on its own.
        for write in undone { _ = group.run([write]) }
        self.keepLogShort(of: connection)
    }

    private func keepLogShort(of connection: SQLiteConnection) {
        let pages = connection.logPages
        let first = min(self.firstPages ?? pages, pages)
        self.firstPages = first
        if !self.isLogFilled, pages >= first + Self.filledFrom {
            self.isLogFilled = true
            connection.fillLog(pages: Self.logPages)
        }
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

/// Copies the log into the file, on a separate connection and thread: it takes milliseconds, which would delay writes.
final class Checkpoint: Sendable {
    private let isDue = Atomic(false)

    /// Whether it is requested or running.
    var isPending: Bool { self.isDue.load(ordering: .acquiring) }

    /// Marks it as pending; false if it was already.
    func request() -> Bool { !self.isDue.exchange(true, ordering: .acquiringAndReleasing) }

    func withdraw() { self.isDue.store(false, ordering: .releasing) }

    func run(on connection: SQLiteConnection) {
        // If this fails, the log only grows until the writer copies it.
        try? connection.checkpoint()
        self.withdraw()
    }
}
