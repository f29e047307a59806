internal import EventLoop
internal import JSON

/// The objects of the answers, with the fields that the clients ask for.
extension GitHubGraphQL {
    private typealias Resolver = @Net @Sendable (JSONObject) async throws -> GraphQLObject.Result

    private static func fixed(_ value: JSON) -> Resolver { { _ in .value(value) } }

    static func user(_ login: String, _ hub: GitHubHub) -> GraphQLObject {
        let user = hub.user(login)
        return GraphQLObject(
            user.kind.rawValue,
            ["login": self.fixed(.string(user.login)), "id": self.fixed(.string("U_\(user.id)"))])
    }

    static func repository(
        _ repository: HubRepository, _ hub: GitHubHub, _ actor: GitHubActor
    ) -> GraphQLObject {
        let level = hub.access(of: actor, to: repository, "contents")
        var fields: [String: Resolver] = [
            "id": self.fixed(.string("R_\(repository.id)")), "name": self.fixed(.string(repository.name)),
            "nameWithOwner": self.fixed(.string(repository.fullName)),
            "viewerPermission": self.fixed(.string(level.name.uppercased())), "hasIssuesEnabled": self.fixed(true),
            "hasWikiEnabled": self.fixed(false), "mergeCommitAllowed": self.fixed(true),
            "squashMergeAllowed": self.fixed(true), "rebaseMergeAllowed": self.fixed(true),
            "owner": { _ in .object(self.user(repository.owner, hub)) },
            "parent": { _ in
                .object(repository.parent.flatMap { hub.repository($0) }.map { self.repository($0, hub, actor) })
            },
            "defaultBranchRef": { _ in
                let name = repository.defaultBranch
                guard try await repository.git.reference("refs/heads/\(name)") != nil else { return .object(nil) }
                return .object(GraphQLObject("Ref", ["name": self.fixed(.string(name))]))
            },
        ]
        fields["pullRequest"] = { arguments in
            let number = arguments["number"]?.intValue ?? 0
            guard let pull = repository.pulls[number] else {
                throw GraphQLProblem(
                    "Could not resolve to a PullRequest with the number of \(number).", type: "NOT_FOUND")
            }
            return .object(self.pull(pull, in: repository, hub, actor))
        }
        fields["pullRequests"] = { arguments in
            let states = arguments["states"]
            let wanted = states?.arrayValue?.compactMap(\.stringValue) ?? states?.stringValue.map { [$0] }
            // The newest first.
            let pulls = repository.pulls.values.filter { pull in
                if let wanted, !wanted.contains(self.state(of: pull)) { return false }
                if let head = arguments["headRefName"]?.stringValue, head != pull.headBranch { return false }
                if let base = arguments["baseRefName"]?.stringValue, base != pull.base { return false }
                return true
            }.sorted { $0.number > $1.number }
            return GraphQLObject.connection(
                "PullRequestConnection", pulls.map { self.pull($0, in: repository, hub, actor) }, arguments)
        }
        return GraphQLObject("Repository", fields)
    }

    static func commit(_ id: String, in repository: HubRepository, _ hub: GitHubHub) -> GraphQLObject {
        let url = "\(hub.url)/\(repository.fullName)/commit/\(id)"
        return GraphQLObject("Commit", ["oid": self.fixed(.string(id)), "url": self.fixed(.string(url))])
    }

    private static func state(of pull: GitHubPull) -> String {
        pull.isOpen ? "OPEN" : pull.mergedBy == nil ? "CLOSED" : "MERGED"
    }

    static func pull(
        _ pull: GitHubPull, in repository: HubRepository, _ hub: GitHubHub, _ actor: GitHubActor
    ) -> GraphQLObject {
        let empty: Resolver = { _ in GraphQLObject.connection("Connection", []) }
        var fields: [String: Resolver] = [
            "id": self.fixed(.string("PR_\(pull.id)")), "number": self.fixed(JSON(pull.number)),
            "title": self.fixed(.string(pull.title)), "body": self.fixed(.string(pull.body ?? "")),
            "state": self.fixed(.string(self.state(of: pull))),
            "url": self.fixed(.string("\(hub.url)/\(repository.fullName)/pull/\(pull.number)")),
            "isDraft": self.fixed(.bool(pull.isDraft)),
            "isCrossRepository": self.fixed(.bool(pull.headRepository != repository.id)),
            "headRefName": self.fixed(.string(pull.headBranch)), "baseRefName": self.fixed(.string(pull.base)),
            "createdAt": self.fixed(GitHubHub.date(pull.created)),
            "maintainerCanModify": self.fixed(.bool(pull.canMaintainerModify)), "reactionGroups": self.fixed([]),
            "labels": empty, "assignees": empty, "projectCards": empty, "reviewRequests": empty, "reviews": empty,
            "comments": empty, "author": { _ in .object(self.user(pull.author, hub)) },
            "headRepositoryOwner": { _ in .object(self.user(pull.headOwner, hub)) },
            "headRepository": { _ in
                .object(hub.repositories[pull.headRepository].map { self.repository($0, hub, actor) })
            },
        ]
        fields["mergeable"] = { _ in
            try await hub.tryMerge(pull.number, in: repository)
            let isClean = repository.pulls[pull.number]?.mergeTry?.isClean
            return .value(.string(isClean.map { $0 ? "MERGEABLE" : "CONFLICTING" } ?? "UNKNOWN"))
        }
        fields["commits"] = { arguments in
            let nodes = try await hub.commits(of: pull, in: repository).map { id in
                let commit = self.commit(id, in: repository, hub)
                return GraphQLObject("PullRequestCommit", ["commit": { _ in .object(commit) }])
            }
            return GraphQLObject.connection("PullRequestCommitConnection", nodes, arguments)
        }
        fields["additions"] = { _ in .value(JSON(try await hub.diff(of: pull, in: repository).additions)) }
        fields["deletions"] = { _ in .value(JSON(try await hub.diff(of: pull, in: repository).deletions)) }
        return GraphQLObject("PullRequest", fields)
    }
}
