internal import Crypto
internal import EventLoop
internal import HTTP
internal import HTTPServer
internal import JSON

/// Who asks, and whether they may.
extension GitHubHub {
    func authenticate(_ headers: HTTPHeaders) async throws(GitHubProblem) -> GitHubActor {
        guard let header = headers["authorization"] else { return Self.nobody }
        let words = header.split(separator: " ", maxSplits: 1).map(String.init)
        guard words.count == 2 else { throw .badCredentials }
        var credential = words[1].trimmed
        switch words[0].lowercased() {
        case "bearer", "token": break
        case "basic":
            let text = decodeBase64(credential).map { String(decoding: $0, as: UTF8.self) } ?? ""
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            // GitHub accepts a token as either.
            credential = parts.count == 2 && !parts[1].isEmpty && parts[1] != "x-oauth-basic" ? parts[1] : parts[0]
        default: throw .badCredentials
        }
        if credential.hasPrefix("eyJ"), credential.split(separator: ".").count == 3 {
            return try await self.app(signed: credential)
        }
        guard let actor = self.actor(credential) else { throw .badCredentials }
        return actor
    }

    func actor(_ credential: String) -> GitHubActor? {
        guard let token = self.token(credential) else { return nil }
        self.user(token.login)
        return GitHubActor(key: credential, login: token.login, token: token)
    }

    static var nobody: GitHubActor { GitHubActor(key: "anonymous", login: "", token: HubToken("", .scopes([]))) }

    // MARK: Routes

    /// The route of a path, with its parameters.
    func route(_ method: HTTPMethod, _ path: [String]) -> (route: GitHubRoute, parameters: [String: String])? {
        let wanted: HTTPMethod = method == .head ? .get : method
        for route in GitHubRoutes.all where route.method == wanted {
            if let parameters = route.match(path.map { $0[...] }) { return (route, parameters) }
        }
        return nil
    }

    // MARK: Rights

    /// Finds the repository and refuses what the credential may not.
    func check(_ route: GitHubRoute, _ call: inout GitHubCall, _ request: HTTPServerRequest) throws(GitHubProblem) {
        let need = route.need
        let actor = call.actor
        if need == .app {
            guard actor.key.hasPrefix("app ") else {
                throw GitHubProblem(401, "A JSON web token could not be decoded")
            }
            return
        }
        if need == .person {
            if actor.key == "anonymous" { throw GitHubProblem(401, "Requires authentication") }
            if case .installation = actor.token.kind { throw self.forbidden(need, actor) }
        }
        guard !need.permission.isEmpty else { return }
        guard let repository = self.repository(call["owner"], call["repo"]), self.canSee(repository, actor) else {
            throw .notFound
        }
        call.found = repository
        let isWrite = request.method != .get && request.method != .head
        let person =
            if case .installation = actor.token.kind { GitHubAccess.admin } else {
                self.access(of: actor.login, to: repository)
            }
        if self.grant(of: actor, to: repository, need.permission) < need.level {
            if actor.key == "anonymous" { throw GitHubProblem(401, "Requires authentication") }
            throw self.forbidden(need, actor)
        }
        if person < need.person ?? need.level { throw self.withNeeds(.notFound, need, actor) }
        if repository.isArchived, isWrite { throw GitHubProblem(403, "Repository was archived so is read-only.") }
        if !repository.isReady, need.permission != "metadata" {
            throw GitHubProblem(409, "Git Repository is empty.")
        }
    }

    private func forbidden(_ need: GitHubNeed, _ actor: GitHubActor) -> GitHubProblem {
        // A classic token without the scope is not told that the resource exists.
        let problem =
            actor.token.scopes != nil
            ? GitHubProblem.notFound : GitHubProblem(403, "Resource not accessible by \(actor.token.noun)")
        return self.withNeeds(problem, need, actor)
    }

    private func withNeeds(_ problem: GitHubProblem, _ need: GitHubNeed, _ actor: GitHubActor) -> GitHubProblem {
        var problem = problem
        if actor.token.scopes != nil {
            problem.headers.append(("X-Accepted-OAuth-Scopes", need.scopes.sorted().joined(separator: ", ")))
        } else if let accepted = need.accepted {
            problem.headers.append(("X-Accepted-GitHub-Permissions", accepted))
        }
        return problem
    }
}
