import HTTP
import Lifecycle
import Logging
import Primitives
import TestSupport

@testable import Copilot

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

    /// Includes the GitHub CLI if the environment has a PATH.
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

    /// Unredacted on purpose: secrets must not even reach the log.
    private var logger: Logger {
        let log = self.log
        // Keeps the home for as long as an account uses it.
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

extension CopilotAccount {
    /// Returns when the exchange in the background, if there is one, has ended.
    func settled() async { await self.state.refreshing?.value }
}
