package import Copilot
package import Primitives

/// The host's own sign-ins, the first that GitHub has not refused: `github.token`, `jetbridge login`, the GitHub CLI.
package actor HostTokens: GitHubTokenSource {
    private struct Found {
        let token: GitHubToken
        let source: SignInSource
    }

    /// How long an answer of a source is reused, in milliseconds: the file's, and that of `gh`, which costs a process.
    private static let loginAge: Int64 = 5_000
    private static let commandLineAge: Int64 = 300_000
    private let configured: Secret?
    private let clock: GitHubClock
    private let login: @Sendable () async -> SignInFinding?
    private let commandLine: @Sendable () async throws -> SignInFinding?
    private var refusals: Set<GitHubToken> = []
    private var stored: (found: Found?, readAt: Int64)?
    private var asked: (found: Found?, readAt: Int64)?
    private var sources: [GitHubToken: SignInSource] = [:]

    /// - Parameters:
    ///   - configured: `github.token`.
    ///   - login: reads the stored sign-in of `jetbridge login`.
    ///   - commandLine: asks `gh`.
    package init(
        configured: Secret?, clock: GitHubClock = .system, login: @escaping @Sendable () async -> SignInFinding?,
        commandLine: @escaping @Sendable () async throws -> SignInFinding?
    ) {
        self.clock = clock
        self.configured = configured
        self.login = login
        self.commandLine = commandLine
    }

    /// The sign-ins of this machine for a GitHub.
    package init(configured: Secret?, discovery: SignInDiscovery) {
        self.init(configured: configured) {
            discovery.loginFinding
        } commandLine: {
            try await discovery.commandLineFinding()
        }
    }

    package func token(for person: String?, repository: GitHubRepositoryName?) async throws -> GitHubToken? {
        if let configured {
            do throws(GitHubToken.Malformed) {
                let token = try GitHubToken(configured.reveal())
                return self.take(token, SignInSource(.configuration, "github.token"))
            } catch {
                throw GitHubError(
                    .unauthorized, "github.token is not a GitHub token: \(error.reason); put a valid token there.")
            }
        }
        if self.stored.map({ self.clock.now - $0.readAt >= Self.loginAge }) ?? true {
            self.stored = (Self.found(await self.login()), self.clock.now)
        }
        if let found = self.stored?.found, !self.refusals.contains(found.token) {
            return self.take(found.token, found.source)
        }
        if self.asked.map({ self.clock.now - $0.readAt >= Self.commandLineAge }) ?? true {
            self.asked = (Self.found(try await self.commandLine()), self.clock.now)
        }
        guard let found = self.asked?.found, !self.refusals.contains(found.token) else { return nil }
        return self.take(found.token, found.source)
    }

    /// A refused token is not used again; the configured one stays, because a person chose it.
    package func refused(_ token: GitHubToken) {
        if self.refusals.count >= 1_000 { self.refusals = [] }
        self.refusals.insert(token)
        if self.stored?.found?.token == token { self.stored = nil }
        if self.asked?.found?.token == token { self.asked = nil }
    }

    package func remedy(for token: GitHubToken?) -> String? {
        guard let token else { return "put a token at github.token, run 'jetbridge login', or sign in with `login`" }
        return self.sources[token]?.remedy
    }

    /// The source of a token; nil if it is not the host's.
    package func source(of token: GitHubToken) -> SignInSource? { self.sources[token] }

    private static func found(_ finding: SignInFinding?) -> Found? {
        finding.flatMap { finding in finding.token.map { Found(token: $0, source: finding.source) } }
    }

    private func take(_ token: GitHubToken, _ source: SignInSource) -> GitHubToken {
        if self.sources.count >= 1_000 { self.sources = [:] }
        self.sources[token] = source
        return token
    }
}
