internal import EventLoop
internal import JSON

/// GitHub's GraphQL endpoint.
@Net
enum GitHubGraphQL {
    nonisolated static func isMutation(_ body: [UInt8]) -> Bool {
        guard let query = (try? JSON.parse(body))?["query"]?.stringValue,
            let document = try? GraphQLParser.parse(query)
        else { return false }
        return document.operations.contains { $0.kind == "mutation" }
    }

    static func answer(_ body: [UInt8], _ hub: GitHubHub, _ actor: GitHubActor) async throws -> GitHubReply {
        if actor.key == "anonymous" {
            throw GitHubProblem(401, "This endpoint requires you to be authenticated.")
        }
        guard let json = try? JSON.parse(body) else { throw GitHubProblem(400, "Problems parsing JSON") }
        do {
            return GitHubReply(try await self.perform(json, hub, actor))
        } catch let problem as GraphQLProblem {
            return GitHubReply(["errors": [problem.shape]])
        } catch let failure as GraphQLParser.Failure {
            return GitHubReply([
                "errors": [GraphQLProblem("Parse error: \(failure.message)").shape]
            ])
        }
    }

    private static func perform(_ json: JSON, _ hub: GitHubHub, _ actor: GitHubActor) async throws -> JSON {
        guard let query = json["query"]?.stringValue else {
            throw GraphQLProblem("A query attribute must be specified and must be a string.")
        }
        let document = try GraphQLParser.parse(query)
        let name = json["operationName"]?.stringValue
        guard
            let operation = name.map({ name in document.operations.first { $0.name == name } })
                ?? document.operations.first
        else { throw GraphQLProblem("No operation named \"\(name ?? "")\"") }
        var executor = try GraphQLExecutor(
            document: document, operation: operation, variables: json["variables"]?.objectValue ?? [:])
        try executor.validate()
        let root = operation.kind == "mutation" ? self.mutation(hub, actor) : self.query(hub, actor)
        let data = try await executor.perform(root)
        guard !executor.errors.isEmpty else { return ["data": data] }
        return ["data": data, "errors": .array(executor.errors)]
    }

    // MARK: Roots

    static func find(_ fullName: String, _ hub: GitHubHub, _ actor: GitHubActor) throws -> HubRepository {
        guard let found = hub.repository(fullName), hub.canSee(found, actor) else {
            throw GraphQLProblem("Could not resolve to a Repository with the name '\(fullName)'.", type: "NOT_FOUND")
        }
        return found
    }

    private static func query(_ hub: GitHubHub, _ actor: GitHubActor) -> GraphQLObject {
        GraphQLObject(
            "Query",
            [
                "viewer": { _ in .object(self.user(actor.login, hub)) },
                "repository": { arguments in
                    let name = "\(arguments["owner"]?.stringValue ?? "")/\(arguments["name"]?.stringValue ?? "")"
                    return .object(self.repository(try self.find(name, hub, actor), hub, actor))
                },
            ])
    }

    private static func mutation(_ hub: GitHubHub, _ actor: GitHubActor) -> GraphQLObject {
        GraphQLObject(
            "Mutation",
            [
                "createCommitOnBranch": { arguments in
                    let (repository, id) = try await self.createCommit(arguments["input"] ?? .null, hub, actor)
                    return .object(
                        GraphQLObject(
                            "CreateCommitOnBranchPayload",
                            ["commit": { _ in .object(self.commit(id, in: repository, hub)) }]))
                },
                "createPullRequest": { arguments in
                    let (pull, repository) = try await self.createPull(arguments["input"] ?? .null, hub, actor)
                    return .object(
                        GraphQLObject(
                            "CreatePullRequestPayload",
                            ["pullRequest": { _ in .object(self.pull(pull, in: repository, hub, actor)) }]))
                },
            ])
    }
}
