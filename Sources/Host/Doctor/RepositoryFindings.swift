internal import Gateway
internal import Git
internal import GitHub
internal import HTTP
internal import Primitives
internal import Repositories

/// The doctor's checks of repositories on GitHub and on other Git servers.
struct RepositoryFindings {
    let configuration: Configuration
    let gitHub: GitHubHost
    /// The time limit of each repository.
    let patience: Duration

    func findings() async throws -> [Finding] {
        var findings: [Finding] = []
        for repository in self.configuration.repositories {
            switch repository.place {
            case .local: break
            case .github(let owner, let name):
                findings += try await self.findings(
                    repository, GitHubRepositoryName(owner: owner, name: name), subject: "github \(repository.name)")
            case .remote(let remote):
                findings.append(await self.finding(remote, repository, subject: "remote \(repository.name)"))
            }
        }
        return findings
    }

    // MARK: GitHub

    private func findings(
        _ repository: Configuration.Repository, _ name: GitHubRepositoryName, subject: String
    ) async throws -> [Finding] {
        // `main` is the configuration's default; the repository may use another name.
        let branch = repository.branch == "main" ? nil : repository.branch
        let expectation = GitHubDoctor.Expectation(name, branch: branch, webhookURL: self.webhookURL)
        let found = try await withDeadline(self.patience) { () async throws(any Error) in
            try await GitHubDoctor(self.gitHub.client).findings(expectation)
        }
        guard let found else {
            return [
                Finding(
                    subject, .failed,
                    "\(self.configuration.github.apiURL.host) did not answer within \(self.patience); check the network "
                        + "and github.api_url")
            ]
        }
        return found.map { finding in
            let state: Finding.State =
                switch finding.severity {
                case .good, .notice: .ok
                case .warning: .warning
                case .failure: .failed
                }
            return Finding(subject, state, finding.text)
        }
    }

    /// Where GitHub should deliver to; nil without a webhook.
    private var webhookURL: String? {
        guard self.configuration.github.webhookSecret?.isEmpty == false,
            let base = self.configuration.gateway.publicURL?.base
        else { return nil }
        return base + GitHubHook.path
    }

    // MARK: Other servers

    private func finding(
        _ remote: Configuration.Remote, _ repository: Configuration.Repository, subject: String
    ) async -> Finding {
        do {
            let server = try self.gitHub.server(remote)
            let listed = try await withDeadline(self.patience) { () async throws(any Error) in
                try await server.list()
            }
            guard let listed else {
                return Finding(
                    subject, .failed, "no answer within \(self.patience); check the network and the address")
            }
            let wanted = repository.branch
            guard listed.branches.isEmpty || wanted == "main" || listed.branches[wanted] != nil else {
                return Finding(
                    subject, .failed, "the server has no branch \(wanted); create it, or correct `branch`")
            }
            let count = listed.branches.count == 1 ? "1 branch" : "\(listed.branches.count) branches"
            return Finding(subject, .ok, "the server answers and has \(count)")
        } catch let error as GitError {
            return Finding(subject, .failed, error.message)
        } catch {
            return Finding(subject, .failed, "\(error)")
        }
    }
}
