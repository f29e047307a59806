internal import Primitives
internal import Synchronization

/// One of the connections that only read, on a thread of its own. All of them take from one queue.
final class Reader: ThreadExecutor.Driver, @unchecked Sendable {  // @unchecked: the connection stays on one thread
    enum Job: Sendable {
        case read(ReadJob)
        case close(@Sendable () -> Void)
    }

    private let queue: JobQueue<Job>
    private let stop: @Sendable () -> Void
    private let isWoken = Atomic(false)
    private var connection: Connection?

    /// - Parameter stop: ends the thread of this reader.
    init(_ connection: Connection, _ queue: JobQueue<Job>, stop: @escaping @Sendable () -> Void) {
        self.connection = connection
        self.queue = queue
        self.stop = stop
    }

    func wake() {
        self.isWoken.store(true, ordering: .releasing)
        self.queue.wake()
    }

    func turn() {
        // One at a time: the others may be for the other readers.
        let jobs = self.queue.take(atMost: 1) { self.isWoken.exchange(false, ordering: .acquiring) }
        for job in jobs {
            switch job {
            case .read(let job):
                if let connection = self.connection { job.run(on: connection) }
            case .close(let completion):
                // Any reader may take this one, and ends itself; the next takes the next.
                self.connection = nil
                self.stop()
                completion()
            }
        }
    }
}
