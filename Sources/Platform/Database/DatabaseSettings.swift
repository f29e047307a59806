/// How a store behaves; the defaults are right for the program itself.
package struct DatabaseSettings: Sendable {
    /// How long a write waits for another process, such as a command that writes too.
    package var busyTimeout: Duration
    /// Connections that only read, each with a thread of its own.
    package var readers: Int
    /// Writes and reads that may wait; what comes on top is refused as overloaded.
    package var queueCapacity: Int
    /// Looks through the file when it is opened: a damaged one is told then, not in the middle of a turn.
    package var checksIntegrity: Bool
    /// Called after each commit on the writer's thread; must not block.
    package var commitObserver: (@Sendable (CommitReport) -> Void)?

    package init(
        busyTimeout: Duration = .seconds(5), readers: Int = 2, queueCapacity: Int = 65_536,
        checksIntegrity: Bool = true,
        commitObserver: (@Sendable (CommitReport) -> Void)? = nil
    ) {
        self.busyTimeout = busyTimeout
        self.readers = readers
        self.queueCapacity = queueCapacity
        self.checksIntegrity = checksIntegrity
        self.commitObserver = commitObserver
    }
}

/// One commit, for the metrics.
package struct CommitReport: Sendable {
    /// From the begin of the transaction until it was durable.
    package let duration: Duration
    /// Writes in it.
    package let writes: Int
}
