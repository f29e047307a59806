internal import JSON
internal import Logging
package import Models
package import Primitives

/// Performs the actions of ``DeviceFlow`` up to its next result, so that the wait for the person can happen elsewhere.
package struct DeviceExchange: Sendable {
    package enum Result: Sendable, Equatable {
        /// To be shown to the person; comes first, and once.
        case code(DeviceCode)
        /// The person has authorised the sign-in; comes last.
        case granted(DeviceGrant)
    }

    private let endpoints: DeviceEndpoints
    private let clientID: String
    private let clock: ModelClock
    private var flow = DeviceFlow()
    private var actions: [DeviceFlow.Action]

    package init(_ endpoints: DeviceEndpoints, clientID: String, clock: ModelClock = .continuous) {
        self.endpoints = endpoints
        self.clientID = clientID
        self.clock = clock
        self.actions = self.flow.handle(.begin, at: clock.now)
    }

    /// Throws ``ModelError``, or `CancellationError`.
    package mutating func next() async throws -> Result {
        while !self.actions.isEmpty {
            let action = self.actions.removeFirst()
            let input: DeviceFlow.Input
            switch action {
            case .requestCode: input = try await self.endpoints.requestCode(clientID: self.clientID)
            case .poll(let code): input = try await self.endpoints.poll(code, clientID: self.clientID)
            case .wait(let duration):
                try await self.clock.sleep(for: duration)
                input = .timer
            case .show(let code): return .code(code)
            case .finish(let grant): return .granted(grant)
            case .fail(let error): throw error
            }
            self.actions += self.flow.handle(input, at: self.clock.now)
        }
        throw ModelError(.invalidResponse, "the sign-in ended without a result; run 'jetbridge login' again.")
    }
}

/// The sign-in that a person authorised.
package struct DeviceGrant: Sendable, Equatable {
    package let token: Secret
    /// Only from apps whose tokens expire.
    package let refreshToken: Secret?
    /// In seconds.
    package let expiresIn: Double?

    package init(token: Secret, refreshToken: Secret? = nil, expiresIn: Double? = nil) {
        self.token = token
        self.refreshToken = refreshToken
        self.expiresIn = expiresIn
    }

    init?(_ json: JSON) {
        guard let token = json["access_token"]?.stringValue, !token.isEmpty else { return nil }
        self.init(
            token: Secret(token), refreshToken: json["refresh_token"]?.stringValue.map { Secret($0) },
            expiresIn: json["expires_in"]?.doubleValue.map { min(max($0, 0), 1e9) })
    }

    /// How to replace the token later; `now` in seconds since 1970.
    package func renewal(clientID: String, now: Double) -> StoredLogin.Renewal? {
        guard let refreshToken = self.refreshToken, let expiresIn = self.expiresIn else { return nil }
        return StoredLogin.Renewal(
            refreshToken: refreshToken, expiresAt: Int64(now + expiresIn), clientID: clientID)
    }
}

/// The code for a sign-in in a browser (RFC 8628 §3.2).
package struct DeviceCode: Sendable, Equatable {
    /// For polling.
    package let deviceCode: Secret
    /// For the person to type: `XXXX-XXXX`.
    package let userCode: String
    /// Where the person enters the code.
    package let verificationURL: String
    package var expiresIn = Duration.seconds(900)
    /// The minimum time between two polls.
    package var interval = Duration.seconds(5)
}

extension DeviceCode {
    init?(_ json: JSON) {
        guard let deviceCode = json["device_code"]?.stringValue, !deviceCode.isEmpty,
            let userCode = (json["user_code"]?.stringValue).flatMap(Self.visible),
            let url = (json["verification_uri"]?.stringValue ?? json["verification_url"]?.stringValue)
                .flatMap(Self.visible)
        else { return nil }
        self.init(
            deviceCode: Secret(deviceCode), userCode: userCode, verificationURL: url,
            expiresIn: .seconds(max(1, min(json["expires_in"]?.doubleValue ?? 900, 3_600))),
            interval: .seconds(max(1, min(json["interval"]?.doubleValue ?? 5, 300))))
    }

    /// Both are printed to a terminal, so they must not contain control sequences.
    private static func visible(_ text: String) -> String? {
        !text.isEmpty && text.utf8.count <= 200 && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } ? text : nil
    }
}

/// Performs the actions of ``DeviceFlow``.
package struct DeviceSignIn: Sendable {
    private let endpoints: DeviceEndpoints
    private let clientID: String
    private let clock: ModelClock
    private let show: @Sendable (DeviceCode) async throws -> Void

    /// - Parameter show: called once, with the code that the person has to enter.
    package init(
        _ settings: SignInSettings, clientID: String, transport: any ModelTransport, clock: ModelClock = .continuous,
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
