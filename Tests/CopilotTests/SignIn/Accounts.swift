import Copilot
import HTTP
import JetbridgeTesting
import Lifecycle
import Logging
import Primitives

/// A home directory with an editor's sign-in, and accounts on one data directory.
struct Accounts {
    static let signIn = "ghu_PLANTED0000000000000000000000000000x"
    let home: TemporaryDirectory
    let log = Protected("")

    init(signIn: String? = Self.signIn) throws {
        self.home = try TemporaryDirectory()
        if let signIn { try self.plant(signIn) }
    }

    var folder: String { "\(self.home.path)/data/copilot" }
    var tokenPath: String { "\(self.folder)/token.json" }
    var lockPath: String { "\(self.folder)/token.lock" }
    var editorFolder: String { "\(self.home.path)/.config/github-copilot" }

    func plant(_ token: String) throws {
        try PrivateFile.makeFolder(self.editorFolder)
        try PrivateFile.write(
            Array(#"{"github.com:Iv1.b507a08c87ecfe98":{"user":"octo","oauth_token":"\#(token)"}}"#.utf8),
            to: "\(self.editorFolder)/apps.json")
    }

    func settings(clientID: String? = "client", token: Secret? = nil) throws -> SignInSettings {
        SignInSettings(
            githubURL: try HTTPURL("https://github.com"), apiURL: try HTTPURL("https://api.github.com"),
            clientID: clientID, token: token, folder: self.folder, userAgent: "jetbridge/0.0.0")
    }

    /// The GitHub CLI is asked where a path leads to one.
    func discovery(environment: [String: String] = [:], token: Secret? = nil) throws -> SignInDiscovery {
        let all = ["HOME": self.home.path].merging(environment) { $1 }
        return SignInDiscovery(
            try self.settings(token: token), environment: all,
            commandLine: all["PATH"] == nil ? nil : GitHubCommandLine(environment: all))
    }

    func account(
        _ github: LoopbackGitHub, _ clock: AccountClock, environment: [String: String] = [:]
    ) throws -> CopilotAccount {
        CopilotAccount(
            try self.discovery(environment: environment), transport: github.transport, clock: clock,
            jitter: { 0 }, logger: self.logger)
    }

    /// Unredacted on purpose: what is searched for must not have been handed to the log at all.
    private var logger: Logger {
        let log = self.log
        // The home lasts as long as an account that lives in it.
        let home = self.home
        return Logger(
            label: "account",
            output: LogOutput(
                level: .trace, format: .text,
                sink: { bytes in
                    withExtendedLifetime(home) {}
                    log.withLock { $0 += String(decoding: bytes, as: UTF8.self) }
                }))
    }
}
