internal import Primitives
internal import Synchronization

/// Copies the log into the file beside the writer, on a connection and a thread of its own: it takes milliseconds, for
/// which writes would wait otherwise.
final class Checkpointer: ThreadExecutor.Driver, @unchecked Sendable {
    // @unchecked: the connection stays on one thread.

    enum Job: Sendable {
        case checkpoint
        case close(@Sendable () -> Void)
    }

    final class Flag: Sendable {
        let isSet = Atomic(false)
    }

    private let queue: JobQueue<Job>
    private let stop: @Sendable () -> Void
    private let isWoken = Atomic(false)
    /// A checkpoint is due or under way; shared with the writer, who sets it.
    private let isDue: Flag
    private var connection: Connection?

    /// - Parameter stop: ends the thread.
    init(
        _ connection: Connection, _ queue: JobQueue<Job>, isDue: Flag, stop: @escaping @Sendable () -> Void
    ) {
        self.connection = connection
        self.isDue = isDue
        self.queue = queue
        self.stop = stop
    }

    func wake() {
        self.isWoken.store(true, ordering: .releasing)
        self.queue.wake()
    }

    func turn() {
        let jobs = self.queue.take(atMost: 1) { self.isWoken.exchange(false, ordering: .acquiring) }
        for job in jobs {
            switch job {
            // A failure only means that the log grows on, until the writer does it itself.
            case .checkpoint:
                try? self.connection?.checkpoint()
                self.isDue.isSet.store(false, ordering: .releasing)
            case .close(let completion):
                self.connection = nil
                self.stop()
                completion()
            }
        }
    }
}
