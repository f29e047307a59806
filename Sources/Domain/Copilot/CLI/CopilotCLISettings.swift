package import HTTP
internal import JSON
package import Primitives

/// How to run the Copilot CLI.
package struct CopilotCLISettings: Sendable {
    /// A path, or a name on the PATH.
    package var executable: String
    /// The folder for the processes' private homes; created when missing.
    package var directory: String
    package var defaultModel: String
    /// The maximum number of simultaneous processes.
    package var processes: Int
    /// The maximum number of simultaneous answers per process.
    package var sessionsPerProcess = 8
    /// Your own endpoint and key; nil to use the signed-in account.
    package var endpoint: CopilotCLIEndpoint?
    /// The account's GitHub token, requested at each start of a process, unless ``endpoint`` is set. It goes into the
    /// CLI's environment and nowhere else. Throws ``ModelError``.
    package var token: @Sendable () async throws -> Secret? = { nil }
    /// Our environment, from which the CLI inherits the PATH, proxies and certificates.
    package var environment: [String: String]
    /// Where the CLI unpacks itself at its first start, some 170 MB; shared by all processes.
    package var cacheDirectory: String
    /// From the start of a process to its greeting. The very first start unpacks the program.
    package var startTimeout = Duration.seconds(60)
    /// How long an answer may be silent, before and between words. The CLI itself would wait for ever.
    package var idleTimeout: Duration
    /// The time limit for one answer.
    package var turnTimeout: Duration
    /// How long to keep an idle process, which uses some 230 MB.
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

/// Your own endpoint and key, in place of GitHub's.
package struct CopilotCLIEndpoint: Sendable, Equatable {
    /// Including the version: `http://127.0.0.1:11434/v1`.
    package var baseURL: HTTPURL
    /// Nil for local servers that need none.
    package var apiKey: Secret?

    package init(baseURL: HTTPURL, apiKey: Secret?) {
        self.baseURL = baseURL
        self.apiKey = apiKey
    }

    /// `provider` of `session.create`. The key goes through the pipe, so it is in no environment.
    var parameters: JSON {
        var parameters: JSONObject = [
            "type": "openai", "wireApi": "completions", "baseUrl": .string(self.baseURL.description),
        ]
        if let key = self.apiKey, !key.isEmpty { parameters["apiKey"] = .string(key.reveal()) }
        return .object(parameters)
    }
}
