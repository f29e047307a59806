internal import JSON
internal import Lifecycle
internal import Logging
internal import Models
internal import Primitives

/// Replaces the token of `jetbridge login` before it expires, for apps with expiring tokens.
struct LoginRenewal: Sendable {
    /// In seconds before the end of the token.
    private static let margin = 300.0

    let discovery: SignInDiscovery
    let endpoints: DeviceEndpoints
    let clock: AccountClock
    let logger: Logger

    init(_ discovery: SignInDiscovery, transport: any ModelTransport, clock: AccountClock, logger: Logger) {
        self.discovery = discovery
        self.endpoints = DeviceEndpoints(settings: discovery.settings, transport: transport)
        self.clock = clock
        self.logger = logger
    }

    /// `token`, or the one that replaces it. Call it under the lock of all processes: a refresh token works only once.
    func renewIfDue(_ token: GitHubToken) async throws -> GitHubToken {
        guard var login = self.discovery.storedLogin, let renewal = login.renewal, login.token == token.value,
            Double(renewal.expiresAt) - self.clock.now.wall < Self.margin
        else { return token }
        switch try await self.endpoints.renew(renewal) {
        case .granted(let grant):
            login.token = grant.token
            login.renewal = grant.renewal(clientID: renewal.clientID, now: self.clock.now.wall)
            try self.save(login)
            self.logger.info("renewed the GitHub sign-in")
        case .failed(let reason):
            throw ExchangeFailure(
                .passing,
                ModelError(.unreachable, "The GitHub sign-in could not be renewed (\(reason)); Jetbridge will retry."))
        case .refused, .code, .begin, .timer:
            throw ExchangeFailure(
                .signIn,
                ModelError(.unauthorized, "GitHub no longer renews the sign-in; run 'jetbridge login' again."))
        }
        do throws(GitHubToken.Malformed) {
            return try GitHubToken(login.token.reveal())
        } catch {
            throw ExchangeFailure(
                .signIn,
                ModelError(.unauthorized, "GitHub sent an invalid token: \(error.reason); run 'jetbridge login' again.")
            )
        }
    }
    private func save(_ login: StoredLogin) throws {
        do {
            try LoginStore.save(login, self.discovery.settings)
        } catch let error as ModelError {
            // The path is for the log; the error may appear in a thread.
            self.logger.error("the renewed GitHub sign-in is not stored", ["error": .string(error.message)])
            throw ExchangeFailure(
                .passing,
                ModelError(
                    .refused,
                    "The renewed GitHub sign-in cannot be stored; free some space, or check the owner of the data "
                        + "directory."))
        }
    }
}
