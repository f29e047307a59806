package import Copilot
package import Crypto
internal import HTTP
internal import JSON
internal import Logging
package import Models
package import Primitives

/// The tokens of a GitHub App's installations, each for one repository.
///
/// A token lasts an hour, and is replaced 5 minutes before its end. Calls that need the same one wait for one exchange.
package actor GitHubAppTokens {
    private struct Grant {
        let token: GitHubToken
        let endsAt: Int64
    }

    /// How long a repository counts as having no installation, in seconds.
    private static let absence: Int64 = 300
    private static let margin: Int64 = 300
    private static let limit = 1_000
    private let app: GitHubAppSettings
    private let client: GitHubClient
    private var grants: [String: Grant] = [:]
    /// Replaced before they expire; secret until then.
    private var replaced: [Grant] = []
    private var installations: [String: Int64] = [:]
    private var absentUntil: [String: Int64] = [:]
    private let turn = GitHubQueue(limit: 1, maximumWaiting: 2_000)

    /// - Parameter clock: also decides when tokens expire.
    package init(
        _ app: GitHubAppSettings, _ settings: GitHubSettings, transport: any ModelTransport,
        clock: GitHubClock = .system
    ) {
        self.app = app
        self.client = GitHubClient(settings, tokens: FixedToken(nil), transport: transport, clock: clock)
    }

    /// A token for this repository; nil where the app is not installed. Throws ``GitHubError``.
    package func token(for repository: GitHubRepositoryName) async throws -> GitHubToken? {
        let name = repository.description.lowercased()
        if let token = self.known(name) { return token }
        try await self.turn.enter()
        defer { self.turn.leave() }
        // Another call may have fetched it during the wait.
        if let token = self.known(name) { return token }
        if let until = self.absentUntil[name], self.client.clock.date < until { return nil }
        guard let installation = try await self.installation(of: repository, name) else {
            if self.absentUntil.count >= Self.limit { self.absentUntil = [:] }
            self.absentUntil[name] = self.client.clock.date + Self.absence
            return nil
        }
        let grant = try await self.exchange(installation, repository)
        if self.grants.count >= Self.limit { self.grants = [:] }
        if let old = self.grants.updateValue(grant, forKey: name) { self.replaced.append(old) }
        self.forgetEnded()
        return grant.token
    }

    /// Drops a token that GitHub refused; false where it is not one of these.
    package func refused(_ token: GitHubToken) -> Bool {
        guard let name = self.grants.first(where: { $0.value.token == token })?.key else { return false }
        if let old = self.grants.removeValue(forKey: name) { self.replaced.append(old) }
        self.installations[name] = nil
        return true
    }

    /// The log's search for secrets need not know tokens that are over.
    private func forgetEnded() {
        let date = self.client.clock.date
        for grant in self.replaced where grant.endsAt <= date { Redaction.unregister(grant.token.value) }
        self.replaced.removeAll { $0.endsAt <= date }
    }

    private func known(_ name: String) -> GitHubToken? {
        guard let grant = self.grants[name], self.client.clock.date < grant.endsAt - Self.margin else { return nil }
        return grant.token
    }

    private func installation(of repository: GitHubRepositoryName, _ name: String) async throws -> Int64? {
        if let id = self.app.installations[repository.owner.lowercased()] ?? self.installations[name] { return id }
        var request = GitHubRequest(.get, repository, ["installation"], "Looking for the app's installation")
        request.authorization = .app(try self.claim())
        do {
            let id = try await self.client.value(request) { $0["id"]?.intValue.map { Int64($0) } }
            if self.installations.count >= Self.limit { self.installations = [:] }
            self.installations[name] = id
            return id
        } catch let error as GitHubError where error.code == .notFound {
            return nil
        } catch let error as GitHubError where error.code == .unauthorized {
            throw Self.refusal
        }
    }

    private func exchange(_ installation: Int64, _ repository: GitHubRepositoryName) async throws -> Grant {
        var body: JSONObject = ["repositories": [.string(repository.name)]]
        if !self.app.permissions.isEmpty {
            body["permissions"] = .object(JSONObject(dictionary: self.app.permissions.mapValues { .string($0) }))
        }
        var request = GitHubRequest(
            .post, .path(["app", "installations", String(installation), "access_tokens"], [:]),
            "Fetching the app's token for \(repository)", body: .object(body))
        request.authorization = .app(try self.claim())
        // A lost exchange costs only an unused token.
        request.isWrite = false
        do {
            let json = try await self.client.json(request)
            guard let text = json["token"]?.stringValue, let token = try? GitHubToken(text),
                let end = json["expires_at"]?.stringValue.flatMap({ CivilTime.milliseconds(rfc3339: $0) })
            else {
                throw GitHubError(
                    .badAnswer,
                    "Fetching the app's token for \(repository) failed: the answer has no token; check github.api_url.")
            }
            Redaction.register(token.value)
            return Grant(token: token, endsAt: end / 1_000)
        } catch let error as GitHubError where error.code == .unauthorized {
            throw Self.refusal
        }
    }

    private func claim() throws -> Secret {
        do throws(PrivateKeyError) {
            return try GitHubAppClaim.signed(self.app, date: self.client.clock.date)
        } catch {
            throw GitHubError(
                .unauthorized,
                "The private key of the GitHub App cannot be used: \(error); create a new key in the app's settings.")
        }
    }

    private static let refusal = GitHubError(
        .unauthorized,
        "GitHub does not accept the app's key (401); check github.app's id and private key, and the machine's clock.")
}

/// A GitHub App that acts for the host.
package struct GitHubAppSettings: Sendable, Hashable {
    /// Its id or client id, which GitHub both accepts as the issuer.
    package let appID: String
    /// PEM, PKCS #1 or PKCS #8, as GitHub hands it out.
    package let privateKey: Secret
    /// The installations of repositories' owners, in lower case; others are asked for.
    package var installations: [String: Int64]
    /// What its tokens may do: `contents: write`. Empty for everything that the installation allows.
    package var permissions: [String: String]

    package static let usualPermissions = [
        "contents": "write", "pull_requests": "write", "issues": "write", "checks": "read", "statuses": "read",
        "actions": "write", "metadata": "read",
    ]

    package init(
        appID: String, privateKey: Secret, installations: [String: Int64] = [:], permissions: [String: String] = [:]
    ) {
        self.appID = appID
        self.privateKey = privateKey
        self.installations = installations
        self.permissions = permissions
    }
}

/// The signed claim with which a GitHub App identifies itself (JWT, RFC 7519, RS256).
package enum GitHubAppClaim {
    /// GitHub refuses more than ten minutes.
    static let life: Int64 = 9 * 60
    /// GitHub's clock may be behind.
    static let leeway: Int64 = 60

    /// - Parameter date: seconds since 1970.
    package static func signed(_ app: GitHubAppSettings, date: Int64) throws(PrivateKeyError) -> Secret {
        let head: JSON = ["alg": "RS256", "typ": "JWT"]
        let claim: JSON = [
            "iat": .integer(date - Self.leeway), "exp": .integer(date + Self.life), "iss": .string(app.appID),
        ]
        let text = "\(base64URL(head.bytes)).\(base64URL(claim.bytes))"
        let signature = try signRSASHA256(Array(text.utf8), privateKey: app.privateKey)
        return Secret("\(text).\(base64URL(signature))")
    }
}
