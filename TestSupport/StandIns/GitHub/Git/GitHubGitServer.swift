internal import EventLoop
internal import HTTP
internal import HTTPServer
internal import Lifecycle
internal import Processes

/// Git's smart HTTP protocol with GitHub's rights, served by `git http-backend`.
@Net
enum GitHubGitServer {
    /// A request of Git's protocol for a repository `OWNER/NAME`.
    struct Service: Sendable, Hashable {
        let owner: String
        let name: String
        let target: GitServerTarget

        init?(_ request: HTTPServerRequest) {
            guard let target = GitServerTarget(request) else { return nil }
            let parts = target.repository.split(separator: "/").map(String.init)
            guard parts.count == 2 else { return nil }
            (self.owner, self.name) = (parts[0], parts[1])
            self.target = target
        }

        var isPush: Bool { self.target.request.isPush }

        var route: String {
            switch self.target.request {
            case .references(let isPush): "GET info/refs \(isPush ? "git-receive-pack" : "git-upload-pack")"
            case .fetch, .push: "POST \(self.target.service)"
            }
        }
    }

    static func answer(_ service: Service, _ request: HTTPServerRequest, _ hub: GitHubHub) async throws
        -> HTTPServerResponse
    {
        let actor: GitHubActor
        do throws(GitHubProblem) { actor = try await hub.authenticate(request.headers) } catch {
            return self.unauthorized(
                "Invalid username or token. Password authentication is not supported for Git operations.")
        }
        guard let repository = hub.repository(service.owner, service.name), hub.canSee(repository, actor),
            repository.isReady
        else {
            return actor.key == "anonymous"
                ? self.unauthorized("Repository not found.") : .text("Repository not found.\n", .notFound)
        }
        if hub.grant(of: actor, to: repository, "contents") < .read {
            return .text("Write access to repository not granted.\n", .forbidden)
        }
        if service.isPush {
            if actor.key == "anonymous" { return self.unauthorized("Repository not found.") }
            guard hub.access(of: actor, to: repository, "contents") >= .write else {
                return .text("Permission to \(repository.fullName).git denied to \(actor.login).\n", .forbidden)
            }
            if repository.isArchived {
                return .text("This repository was archived so it is read-only.\n", .forbidden)
            }
        }
        return try await self.run(service, request, repository, actor, hub)
    }

    private static func unauthorized(_ text: String) -> HTTPServerResponse {
        var response = HTTPServerResponse.text("\(text)\n", .unauthorized)
        response.headers.append("WWW-Authenticate", "Basic realm=\"GitHub\"")
        return response
    }

    private static func run(
        _ service: Service, _ request: HTTPServerRequest, _ repository: HubRepository, _ actor: GitHubActor,
        _ hub: GitHubHub
    ) async throws -> HTTPServerResponse {
        let program = try await GitHTTPProgram(
            request, root: repository.git.path, path: "/\(service.target.service)",
            user: actor.login.isEmpty ? "anonymous" : actor.login,
            variables: [
                "STANDIN_WORKFLOW": actor.token.scopes.map { $0.contains("workflow") ? "yes" : "no" } ?? "yes"
            ])
        var response = program.head
        guard service.target.request == .push else {
            response.body = .streamOnLoop { writer in
                try await program.body { try await writer.write($0) }
            }
            return response
        }
        // A push is done before its answer begins, so that a lost answer is the answer of work that was done.
        var bytes: [UInt8] = []
        try await program.body { bytes += $0 }
        try await self.noticePushes(in: repository, hub)
        response.body = .bytes(bytes)
        return response
    }

    // MARK: Pushes

    /// Handles what the hook of the repository has noted.
    private static func noticePushes(in repository: HubRepository, _ hub: GitHubHub) async throws {
        let file = "\(repository.git.path)/standin/pushed"
        let own = "\(file)-\(repository.git.nextNumber())"
        let text = try await repository.git.shell(
            "if [ -e '\(file)' ]; then mv '\(file)' '\(own)'; cat '\(own)'; rm -f '\(own)'; fi")
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 3).map(String.init)
            guard words.count == 4 else { continue }
            try await hub.moved(words[2], from: words[0], to: words[1], in: repository, by: words[3])
        }
    }

    /// Writes the rules where the hook of the repository reads them.
    static func writeRules(of repository: HubRepository) throws {
        let branches = repository.rules.protectedBranches.sorted().map { "refs/heads/\($0)\n" }.joined()
        try PrivateFile.write(Array(branches.utf8), to: "\(repository.git.path)/standin/protected", isFlushed: false)
    }
}
