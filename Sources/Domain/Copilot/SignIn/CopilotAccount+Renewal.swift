internal import HTTP
internal import HTTPClient
internal import JSON
internal import Lifecycle
internal import Logging
internal import Primitives

extension CopilotAccount {
    /// How far ahead of its end a sign-in's own token is replaced.
    private static let renewalMargin = 300.0

    /// The token of `jetbridge login`, replaced where it is about to end. Call it under the lock: what replaces it works
    /// once.
    func renewed(_ token: GitHubToken) async throws -> GitHubToken {
        guard var login = self.discovery.storedLogin, let renewal = login.renewal, login.token == token.value,
            Double(renewal.expiresAt) - self.clock.now.wall < Self.renewalMargin
        else { return token }
        let signIn = DeviceEndpoints(settings: self.settings, transport: self.exchange.transport)
        switch try await signIn.renew(renewal) {
        case .granted(let grant):
            login.token = grant.token
            login.renewal = grant.renewal(clientID: renewal.clientID, now: self.clock.now.wall)
            try LoginStore.save(login, self.settings)
            self.logger.info("the GitHub sign-in is renewed")
        case .failed(let reason):
            throw ExchangeFailure(
                .passing,
                ModelError(.unreachable, "The GitHub sign-in could not be renewed (\(reason)); it is tried again."))
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
                ModelError(.unauthorized, "GitHub's new token is none: \(error.reason); run 'jetbridge login' again."))
        }
    }
}
