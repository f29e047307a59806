internal import Chat
package import Copilot
internal import Repositories

/// Checks the requirements for using a repository on GitHub.
package struct GitHubDoctor: Sendable {
    /// The expectations of a repository.
    package struct Expectation: Sendable, Hashable {
        package var repository: GitHubRepositoryName
        /// Nil for the default branch.
        package var branch: String?
        /// Where GitHub should deliver its events; nil without a webhook.
        package var webhookURL: String?

        package init(_ repository: GitHubRepositoryName, branch: String? = nil, webhookURL: String? = nil) {
            self.repository = repository
            self.branch = branch
            self.webhookURL = webhookURL
        }
    }

    private let client: GitHubClient

    package init(_ client: GitHubClient) {
        self.client = client
    }

    /// Makes at most five calls. Throws only `CancellationError`.
    package func findings(_ expected: Expectation) async throws -> [GitHubFinding] {
        var findings: [GitHubFinding] = []
        do {
            let token = try await self.client.tokens.token(
                for: RemoteWork.current.person, repository: expected.repository)
            findings += Self.form(of: token)
            if let token, token.kind != .installation {
                let signIn = try await self.client.signIn(.token(token))
                findings += Self.rights(of: signIn, token)
            }
        } catch let error as GitHubError {
            findings.append(GitHubFinding(.failure, error.message))
            if error.code == .unauthorized || error.code == .unreachable { return findings }
        }
        do {
            let repository = try await self.client.repository(expected.repository)
            findings += Self.state(of: repository, expected)
            let branch = expected.branch ?? repository.defaultBranch
            let head = try await self.client.head(of: branch, in: repository.name)
            if head == nil { findings.append(Self.missing(branch, in: repository.name)) }
            if let url = expected.webhookURL { findings += try await self.webhook(url, repository) }
        } catch let error as GitHubError {
            findings.append(GitHubFinding(.failure, error.message))
        }
        if let budget = try? await self.client.budget(for: expected.repository) {
            findings.append(Self.budget(budget))
        }
        return findings
    }

    private func webhook(_ url: String, _ repository: GitHubRepository) async throws -> [GitHubFinding] {
        guard repository.canAdminister != false else {
            return [
                GitHubFinding(
                    .notice,
                    "The webhook of \(repository.name) cannot be checked: the account does not administer the repository; "
                        + "ask its owner whether it delivers to \(url).")
            ]
        }
        do {
            let hooks = try await self.client.all(upTo: 300) { page in
                try await self.client.webhooks(of: repository.name, after: page)
            }
            return Self.delivery(hooks, url, repository.name)
        } catch let error as GitHubError {
            return [GitHubFinding(.warning, error.message)]
        }
    }
}

/// A result of checking a repository.
package struct GitHubFinding: Sendable, Hashable {
    package enum Severity: Int, Sendable, Hashable, Comparable {
        case good, notice, warning, failure

        package static func < (left: Severity, right: Severity) -> Bool { left.rawValue < right.rawValue }
    }

    package let severity: Severity
    /// One line: what, why, and what to do.
    package let text: String

    package init(_ severity: Severity, _ text: String) {
        self.severity = severity
        self.text = text
    }
}

// The findings, without a call.
extension GitHubDoctor {
    package static func form(of token: GitHubToken?) -> [GitHubFinding] {
        guard let token else {
            return [
                GitHubFinding(
                    .warning,
                    "GitHub is used without a sign-in: 60 requests an hour and nothing can be written; put a token at "
                        + "github.token or run 'jetbridge login'.")
            ]
        }
        if token.kind == .refresh {
            return [
                GitHubFinding(
                    .failure,
                    "The token \(token.masked) only renews a sign-in (ghr_); use the access token that came with it.")
            ]
        }
        return token.formProblem.map {
            [GitHubFinding(.warning, "The token \(token.masked) looks wrong: \($0); copy it again.")]
        } ?? []
    }

    package static func rights(of signIn: GitHubSignIn, _ token: GitHubToken) -> [GitHubFinding] {
        let name = GitHubText.line(signIn.user.login, limit: 60)
        let end = signIn.expires.map { ", until \(GitHubText.line($0, limit: 40))" } ?? ""
        let kind = Self.words(for: token.kind)
        var findings = [GitHubFinding(.good, "Signed in as \(name) with \(kind) \(token.masked)\(end).")]
        guard let scopes = signIn.scopes else { return findings }
        let granted = Set(scopes.flatMap(GitHubGrants.implied(by:)))
        if !granted.contains("repo") {
            let why =
                granted.contains("public_repo") ? "only public repositories can be used" : "nothing can be written"
            findings.append(
                GitHubFinding(
                    .warning, "The token \(token.masked) lacks the scope repo: \(why); sign in again with it."))
        }
        if !granted.contains("workflow") {
            findings.append(
                GitHubFinding(
                    .notice,
                    "The token \(token.masked) lacks the scope workflow: files below .github/workflows cannot be changed; "
                        + "sign in again with it if that is wanted."))
        }
        return findings
    }

    package static func state(
        of repository: GitHubRepository, _ expected: Expectation
    ) -> [GitHubFinding] {
        var findings: [GitHubFinding] = []
        let name = repository.name
        if !name.isSame(as: expected.repository) {
            findings.append(
                GitHubFinding(
                    .warning, "The repository \(expected.repository) is called \(name) now; change the configuration."))
        }
        if repository.isArchived {
            findings.append(
                GitHubFinding(
                    .failure, "The repository \(name) is archived and read-only; unarchive it in its settings."))
        } else if repository.isDisabled {
            findings.append(
                GitHubFinding(.failure, "GitHub has disabled the repository \(name); ask GitHub's support."))
        } else if repository.canPush == false {
            findings.append(
                repository.allowsForking == false
                    ? GitHubFinding(
                        .failure,
                        "The account may neither push to \(name) nor fork it; ask its owner for write access.")
                    : GitHubFinding(
                        .notice, "The account may not push to \(name): a fork is used for its pull requests."))
        }
        return findings.isEmpty ? [GitHubFinding(.good, "The repository \(name) can be read and written.")] : findings
    }

    static func missing(_ branch: String, in repository: GitHubRepositoryName) -> GitHubFinding {
        GitHubFinding(
            .failure,
            "The repository \(repository) has no branch \(GitHubText.line(branch, limit: 100)); create it, or correct "
                + "`branch` in the configuration.")
    }

    package static func delivery(
        _ hooks: [GitHubWebhook], _ url: String, _ repository: GitHubRepositoryName
    ) -> [GitHubFinding] {
        guard let hook = hooks.first(where: { $0.url == url }) else {
            return [
                GitHubFinding(
                    .warning,
                    "The repository \(repository) has no webhook to \(url): news arrives later, by asking; create it in the "
                        + "repository's settings.")
            ]
        }
        guard hook.isActive else {
            return [
                GitHubFinding(.warning, "The webhook of \(repository) is switched off; activate it in its settings.")
            ]
        }
        let wanted: Set = ["push", "pull_request", "issue_comment", "pull_request_review"]
        let missing = wanted.subtracting(hook.events).sorted()
        if !hook.events.contains("*"), !missing.isEmpty {
            return [
                GitHubFinding(
                    .warning,
                    "The webhook of \(repository) does not send \(missing.joined(separator: ", ")); select them in its "
                        + "settings.")
            ]
        }
        if let status = hook.lastStatus, status != 0, !(200..<300).contains(status) {
            let message = hook.lastMessage.map { " (\(GitHubText.line($0, limit: 100)))" } ?? ""
            return [
                GitHubFinding(
                    .warning,
                    "The last delivery of \(repository)'s webhook failed with \(status)\(message); check that GitHub "
                        + "reaches \(url) and that the secrets are the same.")
            ]
        }
        return [GitHubFinding(.good, "The webhook of \(repository) delivers.")]
    }

    static func budget(_ budget: GitHubBudget) -> GitHubFinding {
        let isLow = budget.remaining * 10 < budget.limit
        return GitHubFinding(
            isLow ? .warning : .good,
            "GitHub: \(budget)" + (isLow ? ", until \(GitHubText.time(budget.resetsAt))." : "."))
    }

    private static func words(for kind: GitHubToken.Kind) -> String {
        switch kind {
        case .classic: "the personal token"
        case .fineGrained: "the fine-grained token"
        case .oauthApp, .early: "the sign-in"
        case .appUser: "the app's sign-in"
        case .installation: "the app's token"
        case .refresh: "the refresh token"
        }
    }
}
