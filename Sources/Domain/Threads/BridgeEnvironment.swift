package import Analytics
package import Audit
package import Chat
package import Files
package import Logging
package import Metrics
package import Objects
package import People
package import Store
package import Telemetry
package import Words

/// Settings, clock, logger and metrics for every part of the bridge.
package struct BridgeEnvironment: Sendable {
    package var settings: BridgeSettings
    package var logger: Logger
    package var metrics: Metrics
    /// Nil without telemetry.
    package var tracer: Tracer?
    /// Milliseconds since 1970.
    package var now: @Sendable () -> Int64
    /// Appends to the audit, in the transaction of the decision that it records.
    package var auditDecision: @Sendable (Ledger, AuditEntry) throws -> Void
    /// Called after a commit was stored; returns at once.
    package var commitWasStored: @Sendable () -> Void
    /// Writes conversations into files; nil sends only links.
    package var export: ConversationExporter?
    /// Makes SVG into PNG; nil where nothing can.
    package var draw: (@Sendable (_ svg: String) async -> [UInt8]?)?
    /// Makes people's files readable for models; nil gives them small texts and images as they are.
    package var reading: (any FileReading)?
    /// Writes down people's voice notes; nil leaves them files.
    package var voice: (any VoiceReading)?
    /// In which people read notes.
    package let languages = PersonLanguages()

    package init(
        settings: BridgeSettings, logger: Logger, metrics: Metrics, now: @escaping @Sendable () -> Int64,
        auditDecision: @escaping @Sendable (Ledger, AuditEntry) throws -> Void = { _, _ in },
        commitWasStored: @escaping @Sendable () -> Void = {}, export: ConversationExporter? = nil
    ) {
        self.settings = settings
        self.logger = logger
        self.metrics = metrics
        self.now = now
        self.auditDecision = auditDecision
        self.commitWasStored = commitWasStored
        self.export = export
    }
}

package struct BridgeSettings: Sendable {
    /// The base of links posted into threads, without a trailing slash.
    package var publicURL: String
    /// Where links to commits lead; the viewer's pages unless changed.
    package var pages: RepositoryPages
    /// The time limit of one turn.
    package var turnTimeout: Duration
    /// How long people have to decide an approval; the wait does not count towards ``turnTimeout``.
    package var approvalTimeout: Duration
    /// Whether owners get a direct message about approvals that wait in threads they are not in.
    package var notifiesOwners: Bool
    /// Turns that may run at once; the rest wait and are admitted fairly.
    package var turnsPerHost: Int
    /// Running turns that one person may have.
    package var turnsPerPerson: Int
    /// Messages that may wait in one thread.
    package var queueLimit: Int
    /// Backlog older than this is listed, not answered. Milliseconds.
    package var freshness: Int64
    /// How long a start waits until what was in the inbox is handled. Longer than commands take that ask no server.
    package var inboxPatience: Duration
    /// How long a shutdown waits for running turns.
    package var drainTimeout: Duration
    /// Names of the configured repositories, the default first.
    package var repositories: [String]
    /// Where people's files are kept, by session; nil refuses files. Its parent must exist.
    package var filesDirectory: String?
    /// Keeps the files where every host finds them; the directory then has copies. Nil: only the directory has them.
    package var objects: (any ObjectStore)?
    /// The maximum size of a file, in bytes, where the network has no lower limit.
    package var fileLimit: Int
    package var retention: Retention
    package var quota = PersonQuota()
    package var classes = DataClasses()
    package var analytics = AnalyticsSettings()
    package var answers = AnswerRules()
    package var context = ContextRules()
    /// Of the notes for whoever has chosen none.
    package var language = Language.en
    /// How long a question waits for what was said beside it.
    package var pastPatience: Duration = .milliseconds(1_500)
    /// Stale messages that follow each other within this time are listed together.
    package var staleGathering: Duration
    /// How long a stopped turn may take to end before it is given up.
    package var stopGrace: Duration
    /// How long to retry the search for a message of unknown outcome on a connected network that does not answer it.
    package var searchLimit: Duration

    package init(
        publicURL: String, turnTimeout: Duration = .seconds(600),
        approvalTimeout: Duration = .seconds(1_800), notifiesOwners: Bool = true, turnsPerHost: Int = 2_000,
        turnsPerPerson: Int = 1_000,
        queueLimit: Int = 20, freshness: Int64 = 24 * 3_600_000, inboxPatience: Duration = .seconds(10),
        drainTimeout: Duration = .seconds(20),
        repositories: [String] = [], filesDirectory: String? = nil, fileLimit: Int = Uploads.usualLimit,
        retention: Retention = Retention(),
        staleGathering: Duration = .seconds(2), searchLimit: Duration = .seconds(60),
        stopGrace: Duration = .seconds(10)
    ) {
        self.publicURL = publicURL
        self.pages = RepositoryPages(viewer: publicURL)
        self.turnTimeout = turnTimeout
        self.approvalTimeout = approvalTimeout
        self.notifiesOwners = notifiesOwners
        self.turnsPerHost = turnsPerHost
        self.turnsPerPerson = turnsPerPerson
        self.queueLimit = queueLimit
        self.freshness = freshness
        self.inboxPatience = inboxPatience
        self.drainTimeout = drainTimeout
        self.repositories = repositories
        self.filesDirectory = filesDirectory
        self.fileLimit = fileLimit
        self.retention = retention
        self.staleGathering = staleGathering
        self.searchLimit = searchLimit
        self.stopGrace = stopGrace
    }
}

extension BridgeSettings {
    /// Nil refuses files.
    package var files: (any FileStore)? {
        self.filesDirectory.map { FileStores.make(directory: $0, objects: self.objects) }
    }
}
