internal import HTTP
package import Primitives
package import Processes

/// The program, arguments and environment of a CLI process. Pure, because it is a security boundary: no secret is among
/// the arguments, which everyone on the machine can read, and only chosen variables are passed in the environment.
package struct CopilotCLILaunch: Sendable {
    /// The variables that the CLI inherits from our environment.
    package static let inherited: Set<String> = [
        "PATH", "LANG", "LC_ALL", "TZ", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy",
        "https_proxy", "no_proxy", "all_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS",
        "COPILOT_GH_HOST", "GH_HOST", "COPILOT_API_URL", "COPILOT_DEBUG_GITHUB_API_URL",
    ]
    /// The variable with the token, by `--auth-token-env`, so that the CLI reads no other.
    static let tokenVariable = "JETBRIDGE_COPILOT_TOKEN"

    private let executable: String
    private let home: String
    private let settings: CopilotCLISettings
    let token: Secret?

    /// - Parameters:
    ///   - executable: its path.
    ///   - home: the process's folder, see ``CopilotCLIHome``.
    package init(executable: String, home: String, settings: CopilotCLISettings, token: Secret?) {
        self.executable = executable
        self.home = home
        self.settings = settings
        self.token = token
    }

    /// The server mode: JSON-RPC over its standard input and output.
    package var plan: ProcessPlan {
        var arguments = ["--headless", "--stdio", "--no-auto-update", "--no-auto-login", "--log-level", "warning"]
        if self.token != nil { arguments += ["--auth-token-env", Self.tokenVariable] }
        var plan = ProcessPlan(
            self.executable, arguments, environment: self.environment, directory: self.home + "/" + CopilotCLIHome.work)
        plan.standardInput = .pipe
        return plan
    }

    private var environment: [String: String] {
        var environment = self.settings.environment.filter { Self.inherited.contains($0.key) && !$0.value.isEmpty }
        if environment["PATH"] == nil { environment["PATH"] = "/usr/local/bin:/usr/bin:/bin" }
        environment["HOME"] = self.home + "/" + CopilotCLIHome.user
        environment["COPILOT_HOME"] = self.home + "/" + CopilotCLIHome.copilot
        environment["TMPDIR"] = self.home + "/" + CopilotCLIHome.temporary
        environment["COPILOT_CACHE_HOME"] = self.settings.cacheDirectory
        environment["COPILOT_AUTO_UPDATE"] = "false"
        // Ignore the machine's key ring: only the sign-in given here counts.
        environment["COPILOT_DISABLE_KEYTAR"] = "1"
        environment["NO_COLOR"] = "1"
        if let endpoint = self.settings.endpoint {
            // Calls nothing but the endpoint: no GitHub, no telemetry, no update.
            environment["COPILOT_OFFLINE"] = "true"
            environment["COPILOT_PROVIDER_BASE_URL"] = endpoint.baseURL.description
            // Required at start, although each session names its model.
            environment["COPILOT_MODEL"] = self.settings.defaultModel
        }
        environment[Self.tokenVariable] = self.token?.reveal()
        return environment
    }
}
