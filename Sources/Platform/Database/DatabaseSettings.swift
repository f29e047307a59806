/// How a store behaves; the program uses the defaults.
package struct DatabaseSettings: Sendable {
    /// How long a write waits for another process, such as a command that also writes.
    package var busyTimeout: Duration
    /// The number of reading connections, each with its own thread.
    package var readers: Int
    /// How many writes, and how many reads, may wait; more fail as overloaded.
    package var queueCapacity: Int
    /// Checks the file when it is opened, so that damage is reported then and not in the middle of a turn.
    package var checksIntegrity: Bool
    /// Called after each commit on the writer's thread; must not block.
    package var commitObserver: (@Sendable (CommitReport) -> Void)?
    /// After how long a new connection lets go of what it can read or compile again: much of it is needed only at a start.
    package var startPatience: Duration
    /// How long it has no work before it does so again.
    package var patience: Duration
    /// Called on a connection's thread when it has let go of memory.
    package var idleObserver: (@Sendable () -> Void)?

    package init(
        busyTimeout: Duration = .seconds(5), readers: Int = 2, queueCapacity: Int = 65_536,
        checksIntegrity: Bool = true,
        commitObserver: (@Sendable (CommitReport) -> Void)? = nil, startPatience: Duration = .seconds(1),
        patience: Duration = .seconds(10), idleObserver: (@Sendable () -> Void)? = nil
    ) {
        self.busyTimeout = busyTimeout
        self.readers = readers
        self.queueCapacity = queueCapacity
        self.checksIntegrity = checksIntegrity
        self.commitObserver = commitObserver
        self.startPatience = startPatience
        self.patience = patience
        self.idleObserver = idleObserver
    }
}

/// Describes one commit, for the metrics.
package struct CommitReport: Sendable {
    /// From the start of the transaction until it was durable.
    package let duration: Duration
    /// The number of writes in the commit.
    package let writes: Int
}
