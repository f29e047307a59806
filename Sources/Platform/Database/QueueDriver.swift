internal import Primitives
internal import Synchronization

/// Does the work of a queue on one connection and one thread, until the queue tells it to close.
///
/// `@unchecked`: the connection and `perform` stay on one thread.
final class QueueDriver<Work: Sendable>: ThreadExecutor.Driver, @unchecked Sendable {
    private let queue: JobQueue<Work>
    private let limit: Int
    private let stop: @Sendable () -> Void
    private let perform: ([Work], Connection) -> Void
    private let isWoken = Atomic(false)
    private var connection: Connection?

    /// - Parameters:
    ///   - limit: How many jobs to take at once.
    ///   - stop: Ends the thread.
    init(
        _ connection: Connection, _ queue: JobQueue<Work>, atMost limit: Int = 1, stop: @escaping @Sendable () -> Void,
        perform: @escaping ([Work], Connection) -> Void
    ) {
        self.connection = connection
        self.queue = queue
        self.limit = limit
        self.stop = stop
        self.perform = perform
    }

    func wake() {
        self.isWoken.store(true, ordering: .releasing)
        self.queue.wake()
    }

    func turn() {
        let jobs = self.queue.take(atMost: self.limit) { self.isWoken.exchange(false, ordering: .acquiring) }
        var work: [Work] = []
        var closing: (@Sendable () -> Void)?
        for job in jobs {
            switch job {
            case .work(let next): work.append(next)
            // The last job: the queue refuses everything after it.
            case .close(let completion): closing = completion
            }
        }
        if let connection = self.connection, !work.isEmpty { self.perform(work, connection) }
        guard let closing else { return }
        self.connection = nil
        self.stop()
        closing()
    }
}
