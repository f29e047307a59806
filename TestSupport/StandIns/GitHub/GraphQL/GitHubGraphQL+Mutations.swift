internal import Crypto
internal import EventLoop
internal import JSON

extension GitHubGraphQL {
    /// `createCommitOnBranch`: several files in one commit, if the branch is where the caller expects it.
    static func createCommit(
        _ input: JSON, _ hub: GitHubHub, _ actor: GitHubActor
    ) async throws -> (HubRepository, id: String) {
        guard let branch = input["branch"]?["branchName"]?.stringValue,
            let name = input["branch"]?["repositoryNameWithOwner"]?.stringValue
        else {
            throw GraphQLProblem(
                "`branch` must be given by its `id`, or by `repositoryNameWithOwner` and `branchName`.",
                type: "UNPROCESSABLE")
        }
        let repository = try self.find(name, hub, actor)
        try self.checkWrite(repository, hub, actor)
        let changes = try self.changes(of: input["fileChanges"] ?? .null)
        let short = branch.hasPrefix("refs/heads/") ? String(branch.dropFirst(11)) : branch
        let reference = "refs/heads/\(short)"
        guard let head = try await repository.git.reference(reference) else {
            throw GraphQLProblem("The branch \"\(short)\" does not exist on the repository.", type: "NOT_FOUND")
        }
        let expected = (input["expectedHeadOid"]?.stringValue ?? "").lowercased()
        guard head == expected else { throw self.stale(expected) }
        do throws(GitHubProblem) { try hub.checkProtection(reference, repository) } catch {
            throw GraphQLProblem("\(error.message)", type: "UNPROCESSABLE")
        }
        for case .write(let path, _) in changes {
            if path.hasPrefix(".github/workflows/"), let scopes = actor.token.scopes, !scopes.contains("workflow") {
                throw GraphQLProblem(
                    "refusing to allow a Personal Access Token to create or update workflow `\(path)` without `workflow` scope",
                    type: "FORBIDDEN")
            }
        }
        for case .delete(let path) in changes {
            guard try await repository.git.object("\(head):\(path)") != nil else {
                throw GraphQLProblem(
                    "A path was requested for deletion which does not exist as of commit oid `\(head)`: \(path)",
                    type: "UNPROCESSABLE")
            }
        }
        let headline = input["message"]?["headline"]?.stringValue ?? ""
        let body = input["message"]?["body"]?.stringValue ?? ""
        let author = hub.signature(of: actor.login)
        let id = try await repository.git.makeCommit(
            changes, on: head,
            GitHubCommitText(
                message: body.isEmpty ? headline : "\(headline)\n\n\(body)", author: author,
                committer: .gitHub(at: author.time)))
        guard try await repository.git.move(reference, to: id, from: head) else { throw self.stale(expected) }
        try await hub.moved(reference, from: head, to: id, in: repository, by: actor.login)
        return (repository, id)
    }

    private static func stale(_ expected: String) -> GraphQLProblem {
        GraphQLProblem(
            "Expected branch to point to \"\(expected)\" but it did not. Pull and try again.", type: "STALE_DATA")
    }

    private static func changes(of input: JSON) throws -> [HubFileChange] {
        var changes: [HubFileChange] = []
        var paths: Set<String> = []
        func add(_ change: HubFileChange) throws {
            do throws(GitHubProblem) { try GitHubHub.check(path: change.path) } catch {
                throw GraphQLProblem("A path was requested that is not valid: \(change.path)", type: "UNPROCESSABLE")
            }
            guard paths.insert(change.path).inserted else {
                throw GraphQLProblem(
                    "A path was requested for more than one change: \(change.path)", type: "UNPROCESSABLE")
            }
            changes.append(change)
        }
        for deletion in input["deletions"]?.arrayValue ?? [] {
            try add(.delete(path: deletion["path"]?.stringValue ?? ""))
        }
        for addition in input["additions"]?.arrayValue ?? [] {
            let path = addition["path"]?.stringValue ?? ""
            guard let bytes = decodeBase64((addition["contents"]?.stringValue ?? "").filter { !$0.isWhitespace }) else {
                throw GraphQLProblem("The contents of \(path) are not valid Base64.", type: "UNPROCESSABLE")
            }
            try add(.write(path: path, bytes: bytes))
        }
        return changes
    }

    private static func checkWrite(
        _ repository: HubRepository, _ hub: GitHubHub, _ actor: GitHubActor
    ) throws {
        if repository.isArchived {
            throw GraphQLProblem("Repository was archived so is read-only.", type: "FORBIDDEN")
        }
        guard hub.access(of: actor, to: repository, "contents") >= .write else {
            throw GraphQLProblem(
                actor.token.scopes == nil
                    ? "Resource not accessible by \(actor.token.noun)"
                    : "\(actor.login) does not have the correct permissions to execute `CreateCommitOnBranch`",
                type: "FORBIDDEN")
        }
    }

    static func createPull(
        _ input: JSON, _ hub: GitHubHub, _ actor: GitHubActor
    ) async throws -> (GitHubPull, HubRepository) {
        guard let id = input["repositoryId"]?.stringValue.flatMap({ Int($0.dropFirst(2)) }),
            let repository = hub.repositories[id], hub.canSee(repository, actor)
        else {
            throw GraphQLProblem("Could not resolve to a node with the global id", type: "NOT_FOUND")
        }
        do {
            let pull = try await hub.openPull(
                in: repository, title: input["title"]?.stringValue ?? "", body: input["body"]?.stringValue,
                head: input["headRefName"]?.stringValue ?? "", base: input["baseRefName"]?.stringValue ?? "",
                isDraft: input["draft"]?.boolValue ?? false,
                canModify: input["maintainerCanModify"]?.boolValue ?? true, actor: actor)
            return (pull, repository)
        } catch let problem as GitHubProblem {
            let words =
                problem.errors.first?["message"]?.stringValue
                ?? "\(problem.errors.first?["field"]?.stringValue ?? "") is invalid"
            throw GraphQLProblem(words, type: "UNPROCESSABLE")
        }
    }
}
