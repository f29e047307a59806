internal import Chat
internal import Copilot
package import Git
internal import HTTP
internal import Primitives
package import Repositories

/// A repository on GitHub that a mirror follows.
///
/// Branches are fetched, and commits of files from a workspace pushed, by Git's own protocol, which costs no request of
/// the API. A commit of documents on an existing branch is made by GitHub in one call on the expected head, so that it
/// is signed; where GitHub can't do that, it is pushed like the others.
package struct GitHubUpstream: Upstream {
    let client: GitHubClient
    let repository: GitHubRepositoryName
    /// The configured base of pull requests; nil for the default branch.
    let base: String?
    private let http: any GitHTTP

    /// Larger commits are pushed. In bytes; GitHub refuses calls of more than about 40 MB.
    private static let callLimit = 4 << 20

    /// - Parameters:
    ///   - base: The base of pull requests, which never moves to a fork; nil for the default branch.
    ///   - http: Sends Git's requests.
    package init(_ client: GitHubClient, _ repository: GitHubRepositoryName, base: String? = nil, http: any GitHTTP) {
        self.client = client
        self.repository = repository
        self.base = base
        self.http = http
    }

    package func fetch(into mirror: GitRepository) async throws {
        try await Self.translating { try await self.fetchWithForks(into: mirror) }
    }

    package func publish(_ publication: Publication, from mirror: GitRepository) async throws -> GitObjectID {
        try await Self.translating {
            // A push bypasses the client, which would otherwise notice this.
            defer { self.client.outdate(self.repository) }
            return try await self.publishWithForks(publication, from: mirror)
        }
    }

    /// The server's side of Git.
    func remote(_ name: GitHubRepositoryName) -> RemoteUpstream {
        let address = self.client.links.clone(name)
        let (tokens, http) = (self.client.tokens, self.http)
        return RemoteUpstream(name: name.description) { work in
            GitRemote(
                url: try GitRemoteURL(address),
                access: .http { refused in try await Self.credential(tokens, work, name, refused) }, http: http)
        }
    }

    /// Puts commits on a branch of the repository itself.
    func publishHere(_ publication: Publication, from mirror: GitRepository) async throws -> GitObjectID {
        if publication.isDocuments, let expected = publication.expected,
            let id = try await self.commit(publication, on: expected, from: mirror)
        {
            return id
        }
        do {
            return try await self.remote(self.repository).publish(publication, from: mirror)
        } catch let error as GitError where error.code == .rejected && publication.isDocuments {
            // A rule may ask for signed commits, which only GitHub itself can make here.
            guard publication.expected == nil, error.message.lowercased().contains("sign"),
                let id = try await self.commitOnNewBranch(publication, from: mirror)
            else { throw error }
            return id
        }
    }
}

extension GitHubUpstream {
    /// Nil where GitHub can't make this commit: it has to be pushed.
    private func commit(
        _ publication: Publication, on expected: GitObjectID, from mirror: GitRepository
    ) async throws -> GitObjectID? {
        guard
            let changes = try await mirror.fileChanges(
                from: expected, to: publication.commit, limit: Self.callLimit),
            changes.allSatisfy(\.isPlain)
        else { return nil }
        let request = GitHubCommitRequest(
            self.repository, branch: publication.branch, expectedHead: expected.hex,
            message: try await self.message(of: publication, in: mirror),
            changes: changes.map { GitHubFileChange($0.path, $0.bytes) })
        do {
            let made = try await self.client.commitOnBranch(request)
            try await self.fetchWithForks(into: mirror)
            return GitObjectID(made.id)
        } catch let error as GitHubError where Self.isForPush(error) {
            return nil
        }
    }

    private func commitOnNewBranch(
        _ publication: Publication, from mirror: GitRepository
    ) async throws -> GitObjectID? {
        guard let base = try await mirror.commit(publication.commit).parents.first else { return nil }
        _ = try await self.client.createBranch(publication.branch, at: base.hex, in: self.repository)
        return try await self.commit(publication, on: base, from: mirror)
    }

    /// GitHub writes its account's name as the author, so the person is named in the message, unless the account is
    /// the person's.
    private func message(of publication: Publication, in mirror: GitRepository) async throws -> String {
        let commit = try await mirror.commit(publication.commit)
        let tokens = self.client.tokens
        let own = try await tokens.token(for: RemoteWork.current.person, repository: self.repository)
        guard own == (try await tokens.token(for: nil, repository: self.repository)) else { return commit.message }
        var text = commit.message
        while text.last?.isNewline == true { text.removeLast() }
        let separator = commit.trailers.isEmpty ? "\n\n" : "\n"
        return "\(text)\(separator)Co-authored-by: \(commit.author.name) <\(commit.author.mail)>\n"
    }

    /// Refusals that may not apply to a push.
    private static func isForPush(_ error: GitHubError) -> Bool {
        switch error.code {
        case .unsupported, .missingScope, .forbidden, .notFound, .validation, .tooLarge: !error.mayHaveHappened
        default: false
        }
    }

    private static func credential(
        _ tokens: any GitHubTokenSource, _ work: RemoteWork, _ repository: GitHubRepositoryName,
        _ refused: GitCredential?
    ) async throws -> GitCredential? {
        if let refused, let token = try? GitHubToken(refused.secret.reveal()) { await tokens.refused(token) }
        guard let token = try await tokens.token(for: work.person, repository: repository) else { return nil }
        let credential = GitCredential(user: "x-access-token", secret: token.value)
        return credential == refused ? nil : credential
    }

    private static func translating<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as GitHubError {
            throw GitError(error)
        }
    }
}

extension GitError {
    init(_ error: GitHubError) {
        let code: Code =
            switch error.code {
            case .conflict: .conflict
            case .alreadyExists: .exists
            case .notFound: .notFound
            case .unauthorized: .unauthorised
            case .forbidden, .missingScope, .ssoRequired: .forbidden
            case .ruleViolation, .pushProtection: .rejected
            case .unreachable, .unavailable, .rateLimited, .secondaryLimit, .busy: .unreachable
            default: .failed
            }
        let message = error.message.hasSuffix(".") ? String(error.message.dropLast()) : error.message
        self.init(code, message)
    }
}
