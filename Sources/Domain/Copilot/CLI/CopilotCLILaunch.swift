internal import HTTP
package import Primitives
package import Processes

/// How a process of the CLI is started: program, arguments and an environment built from nothing. Pure, because it is a
/// boundary: no secret among the arguments, which everybody on the machine can read, and nothing of ours in the
/// environment that was not chosen.
package struct CopilotCLILaunch: Sendable {
    /// What may be taken over from our own environment.
    package static let inherited: Set<String> = [
        "PATH", "LANG", "LC_ALL", "TZ", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy",
        "https_proxy", "no_proxy", "all_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS",
        "COPILOT_GH_HOST", "GH_HOST", "COPILOT_API_URL", "COPILOT_DEBUG_GITHUB_API_URL",
    ]
    /// The variable that the CLI is told to read the token from, so that no other one counts.
    static let tokenVariable = "JETBRIDGE_COPILOT_TOKEN"

    private let executable: String
    private let home: String
    private let settings: CopilotCLISettings
    let token: Secret?

    /// - Parameters:
    ///   - executable: its path.
    ///   - home: the process's own folder, see ``CopilotCLIHome``.
    package init(executable: String, home: String, settings: CopilotCLISettings, token: Secret?) {
        self.executable = executable
        self.home = home
        self.settings = settings
        self.token = token
    }

    /// The server mode: JSON-RPC over its standard input and output.
    package var headless: ProcessPlan {
        var arguments = ["--headless", "--stdio", "--no-auto-update", "--no-auto-login", "--log-level", "warning"]
        if self.token != nil { arguments += ["--auth-token-env", Self.tokenVariable] }
        return self.plan(arguments, self.baseEnvironment)
    }

    /// One answer as JSON lines. The prompt is read from standard input: an argument could be read by everybody, and be
    /// too long.
    package func oneShot(model: String) -> ProcessPlan {
        let arguments = [
            "--output-format", "json", "--stream", "on", "--no-auto-update", "--no-custom-instructions",
            "--disable-builtin-mcps", "--no-ask-user", "--available-tools", "", "--log-level", "warning", "--model",
            model,
        ]
        var environment = self.baseEnvironment
        // Here only the variables of its own are read.
        environment[Self.tokenVariable] = nil
        environment["COPILOT_GITHUB_TOKEN"] = self.token?.reveal()
        if let endpoint = self.settings.endpoint {
            environment["COPILOT_PROVIDER_TYPE"] = "openai"
            environment["COPILOT_PROVIDER_WIRE_API"] = "completions"
            environment["COPILOT_PROVIDER_API_KEY"] = endpoint.apiKey?.reveal()
            environment["COPILOT_MODEL"] = model
        }
        return self.plan(arguments, environment)
    }

    private func plan(_ arguments: [String], _ environment: [String: String]) -> ProcessPlan {
        var plan = ProcessPlan(
            self.executable, arguments, environment: environment, directory: self.home + "/" + CopilotCLIHome.work)
        plan.standardInput = .pipe
        return plan
    }

    private var baseEnvironment: [String: String] {
        var environment = self.settings.environment.filter { Self.inherited.contains($0.key) && !$0.value.isEmpty }
        if environment["PATH"] == nil { environment["PATH"] = "/usr/local/bin:/usr/bin:/bin" }
        environment["HOME"] = self.home + "/" + CopilotCLIHome.user
        environment["COPILOT_HOME"] = self.home + "/" + CopilotCLIHome.copilot
        environment["TMPDIR"] = self.home + "/" + CopilotCLIHome.temporary
        environment["COPILOT_CACHE_HOME"] = self.settings.cacheDirectory
        environment["COPILOT_AUTO_UPDATE"] = "false"
        // No key ring of the machine's: only what is given here counts.
        environment["COPILOT_DISABLE_KEYTAR"] = "1"
        environment["NO_COLOR"] = "1"
        if let endpoint = self.settings.endpoint {
            // Nothing but the endpoint is called: no GitHub, no telemetry, no update.
            environment["COPILOT_OFFLINE"] = "true"
            environment["COPILOT_PROVIDER_BASE_URL"] = endpoint.baseURL.description
            // It wants one at its start; each session names its own.
            environment["COPILOT_MODEL"] = self.settings.defaultModel
        }
        environment[Self.tokenVariable] = self.token?.reveal()
        return environment
    }
}
