internal import Database
internal import GitHub
internal import HTTP
internal import HTTPClient
internal import Lifecycle
internal import People
internal import Primitives
internal import SignIn
internal import Store
internal import Turns

/// The doctor's checks of sign-in to the web chat with accounts elsewhere.
struct WebSignInFindings {
    let configuration: Configuration
    let directory: DataDirectory
    /// The time limit of each provider.
    let patience: Duration

    /// None where nobody signs in like this.
    func findings() async throws -> [Finding] {
        let tokens = StoredPersonTokens(folder: "\(self.configuration.dataDirectory)/github/people")
        let providers = self.configuration.signInProviders(tokens: tokens)
        guard !providers.isEmpty else { return [] }
        var findings = [await self.address()]
        for provider in providers {
            let entries = self.entries(of: provider.method)
            let subject = Self.subject(provider.method)
            if entries.isEmpty {
                findings.append(
                    Finding(
                        subject, .warning,
                        "nobody may sign in with \(provider.title): no entry of access begins with "
                            + "\(provider.method.rawValue):"))
            }
            switch provider {
            case let github as GitHubSignInProvider: findings += try await self.gitHub(github, entries, tokens)
            case let oidc as OpenIDProvider: findings.append(try await self.openID(oidc, entries))
            default: break
            }
        }
        return findings
    }

    private static func subject(_ method: SignInMethod) -> String { "sign-in with \(method.rawValue)" }

    private func entries(of method: SignInMethod) -> [String] {
        let access = self.configuration.access
        return (access.owners + access.members + access.guests).filter { $0.hasPrefix("\(method.rawValue):") }
    }

    // MARK: This host

    private var publicURL: String { self.configuration.gateway.url }

    /// Whether browsers reach the address to which providers lead back.
    private func address() async -> Finding {
        let (subject, gateway) = ("public_url", self.configuration.gateway)
        guard let url = gateway.publicURL else {
            return gateway.listen.isLoopback
                ? Finding(subject, .ok, "people sign in on this machine only, at \(self.publicURL)")
                : Finding(
                    subject, .failed,
                    "providers cannot lead back to this host: set gateway.public_url to the address that people open")
        }
        guard url.isSecure || url.isLoopback else {
            return Finding(
                subject, .failed,
                "sign-ins at \(url.origin) can be read and stolen on the way: put a proxy with TLS in front of it, and set "
                    + "gateway.public_url to its https:// address")
        }
        // Without a host, nothing answers there.
        guard self.directory.servingHost != nil else {
            return Finding(
                subject, .ok, "people sign in at \(self.publicURL); whether it answers is checked while a host runs")
        }
        var settings = HTTPClientSettings()
        settings.allowsPlainHTTP = true
        settings.totalTimeout = .seconds(10)
        do {
            let request = HTTPClientRequest(.get, try HTTPURL("\(self.publicURL)/healthz"))
            let response = try await HTTPClient(settings).execute(request)
            guard response.status != .ok else {
                return Finding(subject, .ok, "\(self.publicURL) answers, and people sign in there")
            }
            let elsewhere = response.headers["location"].map {
                ", to \(VisibleText.strictLine(String($0.prefix(200))))"
            }
            return Finding(
                subject, .failed,
                "\(self.publicURL) answers with \(response.status.code)\(elsewhere ?? ""): set gateway.public_url to the "
                    + "address under which browsers reach this host")
        } catch {
            return Finding(
                subject, .failed,
                "\(self.publicURL) does not answer (\(error)): providers lead people there; check gateway.public_url and the "
                    + "proxy")
        }
    }

    // MARK: Providers

    private func gitHub(
        _ provider: GitHubSignInProvider, _ entries: [String], _ tokens: StoredPersonTokens
    ) async throws -> [Finding] {
        let subject = Self.subject(.github)
        let address = "\(self.publicURL)/api/v1/signin/github/callback"
        var findings: [Finding] = []
        do {
            let done: Void? = try await withDeadline(self.patience) { () async throws(any Error) in
                try await provider.checkApp(returningTo: address)
            }
            findings.append(
                done == nil
                    ? Finding(subject, .failed, "GitHub does not answer")
                    : Finding(
                        subject, .ok,
                        "GitHub accepts the app \(provider.clientID); its callback address has to be \(address)"))
        } catch let failure as SignInFailure {
            return [Finding(subject, .failed, failure.message)]
        }
        let groups = entries.filter { GitHubMembership($0) != nil }
        guard !groups.isEmpty else { return findings }
        if let app = self.configuration.gateway.signIn.github, !app.scope.split(separator: " ").contains("read:org") {
            findings.append(
                Finding(
                    subject, .warning,
                    "access names organisations or teams, but gateway.sign_in.github.scope lacks read:org, without which "
                        + "GitHub does not show their members to an OAuth app"))
        }
        return findings + (try await self.lookups(groups, provider, tokens))
    }

    /// Whether GitHub answers about organisations and teams, asked for somebody who has signed in.
    private func lookups(
        _ entries: [String], _ provider: GitHubSignInProvider, _ tokens: StoredPersonTokens
    ) async throws -> [Finding] {
        let subject = Self.subject(.github)
        let database = try Stores.open(self.configuration)
        let people = try await SessionStore(database: database).read { ledger in try ledger.accounts() }
        await database.close()
        for person in people where person.account.provider == SignInMethod.github.rawValue {
            // Those of people who signed in on another host are there.
            guard try await tokens.token(of: person.identity) != nil else { continue }
            do {
                let refused = try await withDeadline(self.patience) { () async throws(any Error) in
                    try await provider.unanswered(for: person, entries: entries)
                }
                guard let refused else { return [Finding(subject, .failed, "GitHub does not answer")] }
                guard !refused.isEmpty else {
                    return [Finding(subject, .ok, "GitHub answers who belongs to \(entries.joined(separator: ", "))")]
                }
                return refused.sorted { $0.key < $1.key }.map { entry, reason in
                    Finding(
                        subject, .warning,
                        "\(entry) admits nobody, because GitHub refuses to say who belongs to it: \(reason)")
                }
            } catch let failure as SignInFailure where failure.code == .ended {
                continue
            } catch let failure as SignInFailure {
                return [Finding(subject, .failed, failure.message)]
            }
        }
        return [
            Finding(
                subject, .ok,
                "organisations and teams can be checked here as soon as somebody has signed in with GitHub")
        ]
    }

    private func openID(_ provider: OpenIDProvider, _ entries: [String]) async throws -> Finding {
        let subject = Self.subject(.oidc)
        do {
            let done: Void? = try await withDeadline(self.patience) { () async throws(any Error) in
                try await provider.check()
            }
            guard done != nil else { return Finding(subject, .failed, "\(provider.title) does not answer") }
        } catch let failure as SignInFailure {
            return Finding(subject, .failed, failure.message)
        }
        let hasGroups = entries.contains { $0.hasPrefix("oidc:group/") }
        if hasGroups, self.configuration.gateway.signIn.oidc?.groups == nil {
            return Finding(
                subject, .warning,
                "access names groups, but gateway.sign_in.oidc.groups does not say which claim lists them")
        }
        return Finding(
            subject, .ok,
            "\(provider.title) answers; its redirect address has to be \(self.publicURL)/api/v1/signin/oidc/callback")
    }
}
