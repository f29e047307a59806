internal import Logging
package import Models
internal import Primitives

/// Performs the actions of ``DeviceFlow``.
package struct DeviceSignIn: Sendable {
    private let endpoints: DeviceEndpoints
    private let clientID: String
    private let clock: TurnClock
    private let show: @Sendable (DeviceCode) async throws -> Void

    /// - Parameter show: called once, with the code that the person has to enter.
    package init(
        _ settings: SignInSettings, clientID: String, transport: any ModelTransport, clock: TurnClock = .continuous,
        show: @escaping @Sendable (DeviceCode) async throws -> Void
    ) {
        self.endpoints = DeviceEndpoints(settings: settings, transport: transport)
        self.clientID = clientID
        self.clock = clock
        self.show = show
    }

    /// Returns when the person has authorised it. Throws ``ModelError``, the error of `show`, or `CancellationError`.
    package func callAsFunction() async throws -> DeviceGrant {
        var exchange = DeviceExchange(self.endpoints, clientID: self.clientID, clock: self.clock)
        while true {
            switch try await exchange.next() {
            case .code(let code): try await self.show(code)
            case .granted(let grant): return grant
            }
        }
    }
}

/// Checks a new sign-in.
package enum SignInCheck {
    /// The token of a grant. Throws ``ModelError`` when it is invalid.
    package static func token(of grant: DeviceGrant) throws -> GitHubToken {
        Redaction.register(grant.token)
        do throws(GitHubToken.Malformed) {
            return try GitHubToken(grant.token.reveal())
        } catch {
            throw ModelError(
                .invalidResponse, "GitHub sent an invalid token (\(error.reason)); check copilot.github_url.")
        }
    }

    /// Its owner and Copilot plan, as far as GitHub reports them.
    package static func account(
        of token: GitHubToken, _ settings: SignInSettings, _ transport: any ModelTransport
    ) async -> (login: String?, plan: String?) {
        (try? await TokenExchange(settings: settings, transport: transport).account(token)) ?? (nil, nil)
    }
}
