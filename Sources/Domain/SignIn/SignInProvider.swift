package import Copilot
package import GitHub
package import HTTP
package import Models
package import People
package import Primitives

// Change: another sign-in to the web chat
/// A way to sign in to the web chat with an account elsewhere.
package enum SignInMethod: String, Sendable, CaseIterable {
    case github, oidc
}

/// Where accounts are: GitHub, or an OpenID Connect provider.
package protocol SignInProvider: Sendable {
    var method: SignInMethod { get }
    /// What people read on the page: `GitHub`.
    var title: String { get }
    /// How long a browser stays signed in at most, in milliseconds; nil where ``visitor(for:entries:)`` finds out later who
    /// has left.
    var lifetime: Int64? { get }

    /// The page on which the person agrees, which leads back to `address`. Throws ``SignInFailure``.
    func page(for attempt: SignInAttempt, returningTo address: String) async throws -> String

    /// Checks whose answer came back, before anything else of it is used (RFC 9207). Throws ``SignInFailure``.
    ///
    /// - Parameter issuer: The answer's `iss`.
    func checkIssuer(_ issuer: String?) async throws

    /// Redeems the code that came back. Throws ``SignInFailure``.
    ///
    /// - Parameter entries: Those of access lists that are about this provider.
    func arrival(
        with code: Secret, of attempt: SignInAttempt, returningTo address: String, entries: [String]
    ) async throws -> SignInArrival

    /// Asks again about somebody who signed in earlier. Throws ``SignInFailure``.
    func visitor(for person: SignedInPerson, entries: [String]) async throws -> Visitor
}

/// A person signed in through a provider.
package struct SignInArrival: Sendable {
    package let visitor: Visitor
    /// The person's token, for their own work there; nil where there is no such work.
    package let grant: DeviceGrant?
    /// Entries that the provider does not answer, with the reason as a clause.
    package let unanswered: [String: String]
}

/// Why a provider did not vouch for anybody. The message is for people, and ends with what to do.
package struct SignInFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: Sendable {
        /// The person, or the code that came with them, was refused.
        case refused
        /// The provider did not answer, answered with nonsense, or refused this host.
        case unavailable
        /// The person's own token is no longer valid: they have to sign in again.
        case ended
        /// The person's token is not on this host: another one may have it.
        case absent
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { self.message }
}

/// Keeps people's tokens of GitHub. A protocol, because ``PersonTokens`` with files are a target above.
package protocol SignInTokens: PersonTokens {
    /// Keeps the token of a sign-in in place of an earlier one.
    func keep(_ grant: DeviceGrant, of person: String, login: String, clientID: String) async throws
}

/// Makes the configured providers.
package struct SignInProviders: Sendable {
    private let transport: any ModelTransport
    private let userAgent: String

    package init(transport: any ModelTransport, userAgent: String) {
        self.transport = transport
        self.userAgent = userAgent
    }

    /// In the order of the page.
    ///
    /// - Parameter tokens: Those of people; without them, nobody signs in with GitHub.
    package func make(
        _ app: GitHubSignInApp?, at apiURL: HTTPURL, _ webURL: HTTPURL, tokens: (any PersonTokens)?,
        openID client: OpenIDClient?
    ) -> [any SignInProvider] {
        var providers: [any SignInProvider] = []
        if let app, let tokens,
            let settings = try? GitHubSettings(apiURL: apiURL, webURL: webURL, userAgent: self.userAgent)
        {
            providers.append(GitHubSignInProvider(app, settings, transport: self.transport, tokens: tokens))
        }
        if let client {
            providers.append(OpenIDProvider(client, transport: self.transport, userAgent: self.userAgent))
        }
        return providers
    }
}
