internal import Copilot
internal import Repositories

/// Checks everything that the use of a repository on GitHub needs.
package struct GitHubDoctor: Sendable {
    /// What is expected of a repository.
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
