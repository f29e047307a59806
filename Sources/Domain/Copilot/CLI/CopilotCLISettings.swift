package import Primitives

/// How the Copilot CLI is run.
package struct CopilotCLISettings: Sendable {
    /// A name on the PATH or a path.
    package var executable: String
    /// The folder for the processes' private homes; made when it is missing.
    package var directory: String
    package var defaultModel: String
    /// How many processes run at once.
    package var processes: Int
    /// How many answers one process works on before another process is started.
    package var sessionsPerProcess = 8
    /// The own-key mode; nil to use the signed-in account.
    package var endpoint: CopilotCLIEndpoint?
    /// The account's GitHub token; asked at each start of a process, not in the own-key mode. It goes into the CLI's
    /// environment and nowhere else. Throws ``ModelError``.
    package var token: @Sendable () async throws -> Secret? = { nil }
    /// What is taken over from our own environment: the PATH, proxies, certificates.
    package var environment: [String: String]
    /// Where the CLI unpacks itself to at its first start, some 170 MB; shared by all processes.
    package var cacheDirectory: String
    /// From the start of a process to its first answer. The first start ever unpacks the program.
    package var startTimeout = Duration.seconds(60)
    /// How long an answer may be silent, before the first word as between two. The CLI itself would wait for ever.
    package var idleTimeout: Duration
    /// The most time that one answer may take in all.
    package var turnTimeout: Duration
    /// How long the gate may take to decide; then it is a no.
    package var permissionTimeout = Duration.seconds(300)
    package var gate = CopilotCLIPermission.denyAll
    /// How long an aborted session has to obey before its process is killed, when it has the process to itself.
    package var abortPatience = Duration.milliseconds(300)
    /// The same when the process works on other answers too.
    package var sharedAbortPatience = Duration.milliseconds(800)
    /// How long a process without work is kept; it holds some 230 MB.
    package var idleLimit = Duration.seconds(600)

    package init(
        executable: String = "copilot", directory: String, cacheDirectory: String? = nil, defaultModel: String,
        processes: Int = 4, endpoint: CopilotCLIEndpoint? = nil, environment: [String: String] = [:],
        idleTimeout: Duration = .seconds(120), turnTimeout: Duration = .seconds(600)
    ) {
        self.executable = executable
        self.directory = directory
        self.cacheDirectory = cacheDirectory ?? directory + "/cache"
        self.defaultModel = defaultModel
        self.processes = processes
        self.endpoint = endpoint
        self.environment = environment
        self.idleTimeout = idleTimeout
        self.turnTimeout = turnTimeout
    }
}
