package import Chat
internal import Git
package import GitHub
internal import JSON
internal import Logging
package import Repositories
internal import Specs
package import Store
package import Tasks
internal import Threads
internal import Work

/// What the workers of pull requests, reviews and fixes work with.
package struct GitHubWork: Sendable {
    /// A repository on GitHub, and its mirror here.
    struct Place: Sendable {
        let repository: LocalRepository
        let name: GitHubRepositoryName
        let client: GitHubClient
    }

    /// Where a thread's commits go.
    struct Branch: Sendable {
        let name: String
        /// Nil for a thread without a feature.
        let feature: FeatureFiles?
    }

    let client: GitHubClient
    /// The configured repositories that are on GitHub, by their names here.
    let names: [String: GitHubRepositoryName]
    let repositories: RepositoryCatalog
    let pages: RepositoryPages
    let store: SessionStore
    let news: GitHubNewsStore
    /// The repositories' lists of tasks.
    package var tasks: TaskDesk?
    let logger = Logger(label: "github")

    package init(
        client: GitHubClient, names: [String: GitHubRepositoryName], repositories: RepositoryCatalog,
        pages: RepositoryPages, store: SessionStore, news: GitHubNewsStore
    ) {
        self.client = client
        self.names = names
        self.repositories = repositories
        self.pages = pages
        self.store = store
        self.news = news
    }

    /// Opens the pull request of a change of tasks.
    package var proposing: TaskDesk.Propose {
        { repository in
            guard let place = try? self.place(named: repository) else { return nil }
            return { branch, base, title in
                do {
                    return try await place.client.openPullRequest(
                        in: place.name, title: title, body: "", head: branch, base: base
                    ).url
                } catch let error as GitHubError {
                    if error.code == .alreadyExists || error.mayBeDone,
                        let found = try? await place.client.pullRequest(ofBranch: branch, in: place.name)
                    {
                        return found.url
                    }
                    throw TaskError.invalid("the branch is protected, and \(error.message)")
                }
            }
        }
    }

    /// Throws ``TurnFailure`` if another host may have the thread: what is changed at GitHub can't be taken back.
    func checkMayAct(for request: TurnRequest) async throws {
        guard try await self.store.mayPost(inSession: request.session) else {
            throw TurnFailure("Another host may have this thread, so nothing was changed at GitHub: ask again.")
        }
    }

    /// The thread's repository. Throws ``TurnFailure`` for one that is not on GitHub.
    func place(of request: TurnRequest) throws -> Place { try self.place(named: request.repository) }

    /// A configured repository; nil for the default. Throws ``TurnFailure`` for one that is not on GitHub.
    func place(named configured: String?) throws -> Place {
        let repository = try self.repositories.repository(configured)
        guard let name = self.names[repository.name] else {
            throw TurnFailure(
                "The repository \(repository.name) is not on GitHub, so it has no pull requests or workflows: push it there "
                    + "and configure it as `github: OWNER/NAME`, or choose another with `repo NAME`.")
        }
        return Place(repository: repository, name: name, client: self.client)
    }

    /// The configured repository that is this one on GitHub. Throws ``TurnFailure``.
    func place(of name: GitHubRepositoryName) throws -> Place {
        guard let found = self.names.first(where: { $0.value.isSame(as: name) })?.key else {
            throw TurnFailure("The repository \(name) is not configured here: an owner can add it.")
        }
        return try self.place(named: found)
    }

    /// The branch that the thread works on: its feature's, else its own, else that of its last commit.
    func branch(of request: TurnRequest, in repository: LocalRepository) async throws -> Branch {
        if request.feature != nil {
            let feature = try await FeatureChoice.feature(chosen: request.feature, in: repository)
            return Branch(name: feature.branch, feature: feature)
        }
        let own = Workspaces.branch(of: request.session, nil)
        if try await repository.git.tip(of: own) != nil { return Branch(name: own, feature: nil) }
        let last = try await self.store.read { ledger in
            try ledger.lastBranch(of: request.session, in: repository.name)
        }
        return Branch(name: last ?? own, feature: nil)
    }

    /// The number of the pull request of a thread's branch that the thread knows.
    func pull(of branch: String, in repository: String, for session: String) async throws -> Int? {
        try await self.news.watches(of: session).first { $0.repository == repository && $0.branch == branch }?.pull
    }

    /// Runs `body`, and turns its errors into a line for the thread.
    ///
    /// - Parameter failure: What failed, as the beginning of a sentence.
    func explaining<Result>(_ failure: String, _ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as GitHubError {
            self.logger.info("a call of GitHub failed", ["code": .string(error.code.rawValue)])
            throw TurnFailure(error.message)
        } catch let error as RepositoryError {
            throw TurnFailure("\(failure): \(error.message).")
        } catch let error as GitError {
            throw TurnFailure("\(failure): \(error.message).")
        } catch let error as WorkspaceFailure {
            throw TurnFailure("\(failure): \(error.message).")
        }
    }
}

extension GitHubWork {
    /// The workers by the commands that begin them.
    func workers(_ agent: AgentWorker) -> [TurnKind: any TurnWorker] {
        [
            .pr: PullRequestTurn(work: self), .review: ReviewTurn(work: self, agent: agent),
            .workflow: WorkflowTurn(work: self), .fix: FixTurn(work: self, agent: agent),
            .merge: MergeTurn(work: self),
        ]
    }
}

extension GitHubError {
    /// Whether a change may have been carried out although it failed: GitHub has to be asked before it is repeated.
    var mayBeDone: Bool { self.mayHaveHappened || self.code == .unavailable }
}
