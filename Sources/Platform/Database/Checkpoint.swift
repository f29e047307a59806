internal import Synchronization

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
