internal import EventLoop
internal import HTTP
internal import Models
internal import Processes

/// Asks the GitHub CLI for its token: `gh auth token`.
package struct GitHubCommandLine: Sendable {
    /// What `gh` needs to find its files and the keyring; none contains a secret.
    private static let variables = [
        "HOME", "PATH", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "GH_CONFIG_DIR",
        "DBUS_SESSION_BUS_ADDRESS", "LANG",
    ]

    private let executable: String?
    private let environment: [String: String]
    private let limit: Duration

    /// Finds `gh` on the path of `environment`.
    package init(environment: [String: String], limit: Duration = .seconds(5)) {
        let folders = (environment["PATH"] ?? "").split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
        self.executable = Process.find("gh", in: folders)
        self.environment = environment.filter { Self.variables.contains($0.key) }
            .merging(["GH_PROMPT_DISABLED": "1", "GH_NO_UPDATE_NOTIFIER": "1"]) { $1 }
        self.limit = limit
    }

    /// The finding for this GitHub; nil where `gh` is missing or signed out.
    func finding(_ settings: SignInSettings) async throws -> SignInFinding? {
        guard let executable = self.executable else { return nil }
        // `gh` has no sign-in for a stand-in on loopback.
        let host = settings.githubURL.isLoopback ? "github.com" : settings.githubURL.authority
        let arguments = ["auth", "token"] + (host == "github.com" ? [] : ["-h", host])
        let source = SignInSource(.githubCLI, ([executable] + arguments).joined(separator: " "))
        guard let result = try await self.run(executable, arguments) else {
            return SignInFinding(source, problem: "it did not answer within \(self.limit.inWords); try it by hand")
        }
        guard result.status.isSuccess, !result.text.allSatisfy(\.isWhitespace) else { return nil }
        return SignInFinding(source, text: result.text)
    }

    /// Nil on timeout.
    private func run(_ executable: String, _ arguments: [String]) async throws -> Process.Result? {
        let plan = ProcessPlan(executable, arguments, environment: self.environment)
        return try await withThrowingTaskGroup(of: Process.Result?.self) { group in
            group.addTask(name: "gh") { try await Process.run(plan, keeping: 4_096) }
            group.addTask(name: "limit") { [limit] in
                try await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }
}
