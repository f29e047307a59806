package import Logging

/// What every part of the bridge is given: settings, clock, logs, counters.
package struct BridgeEnvironment: Sendable {
    package var settings: BridgeSettings
    package var logger: Logger
    package var metrics: Metrics
    /// Milliseconds since 1970.
    package var now: @Sendable () -> Int64

    package init(settings: BridgeSettings, logger: Logger, metrics: Metrics, now: @escaping @Sendable () -> Int64) {
        self.settings = settings
        self.logger = logger
        self.metrics = metrics
        self.now = now
    }
}

/// The bridge's own settings.
package struct BridgeSettings: Sendable {
    /// The base of links posted into threads, without a slash at the end.
    package var publicURL: String
    /// How long one turn may take.
    package var turnTimeout: Duration
    /// How many turns may run at once; the rest wait, fairly.
    package var turnsPerHost: Int
    /// How many of them one person may have.
    package var turnsPerPerson: Int
    /// How many messages may wait in one thread.
    package var queueLimit: Int
    /// Backlog older than this is listed, not answered. Milliseconds.
    package var freshness: Int64
    /// How long a shutdown lets running turns go on.
    package var drainTimeout: Duration
    /// Names of the configured repositories, the default first.
    package var repositories: [String]
    /// Where people's files are kept, by session; nil: they are refused. Its parent has to be there.
    package var filesDirectory: String?
    /// The most bytes that a person's file may have, where the network allows as much.
    package var fileLimit: Int
    /// Stale messages that come one after the other within this time are listed together.
    package var staleGathering: Duration
    /// How long a message of unknown fate is looked for on a network that is there but does not answer the search.
    package var searchLimit: Duration

    package init(
        publicURL: String, turnTimeout: Duration = .seconds(600), turnsPerHost: Int = 2_000,
        turnsPerPerson: Int = 1_000,
        queueLimit: Int = 20, freshness: Int64 = 24 * 3_600_000, drainTimeout: Duration = .seconds(20),
        repositories: [String] = [], filesDirectory: String? = nil, fileLimit: Int = 20 << 20,
        staleGathering: Duration = .seconds(2), searchLimit: Duration = .seconds(60)
    ) {
        self.publicURL = publicURL
        self.turnTimeout = turnTimeout
        self.turnsPerHost = turnsPerHost
        self.turnsPerPerson = turnsPerPerson
        self.queueLimit = queueLimit
        self.freshness = freshness
        self.drainTimeout = drainTimeout
        self.repositories = repositories
        self.filesDirectory = filesDirectory
        self.fileLimit = fileLimit
        self.staleGathering = staleGathering
        self.searchLimit = searchLimit
    }
}
