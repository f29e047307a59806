internal import EventLoop
internal import HTTP
internal import JSON

extension GitHubGraphQL {
    static func user(_ login: String, _ hub: GitHubHub) -> GraphQLObject {
        let user = hub.user(login)
        let url = hub.url
        return GraphQLObject(
            user.kind.rawValue,
            [
                "login": { _ in .value(.string(user.login)) }, "id": { _ in .value(.string("U_\(user.id)")) },
                "databaseId": { _ in .value(JSON(user.id)) },
                "name": { _ in .value(.null) }, "email": { _ in .value("") },
                "url": { _ in .value(.string("\(url)/\(user.login)")) },
                "avatarUrl": { _ in .value(.string("\(url)/avatars/\(user.id)")) },
            ])
    }

    static func repository(
        _ repository: HubRepository, _ hub: GitHubHub, _ actor: GitHubActor
    ) -> GraphQLObject {
        let isPrivate = repository.isPrivate
        let url = "\(hub.url)/\(repository.fullName)"
        let level = hub.access(of: actor, to: repository, "contents")
        func fixed(_ value: JSON) -> @Net @Sendable (JSONObject) async throws -> GraphQLObject.Result {
            { _ in .value(value) }
        }
        var fields: [String: @Net @Sendable (JSONObject) async throws -> GraphQLObject.Result] = [
            "id": fixed(.string("R_\(repository.id)")), "databaseId": fixed(JSON(repository.id)),
            "name": fixed(.string(repository.name)), "nameWithOwner": fixed(.string(repository.fullName)),
            "url": fixed(.string(url)), "description": fixed(.null),
            "homepageUrl": fixed(.null), "isPrivate": fixed(.bool(isPrivate)),
            "isFork": fixed(.bool(repository.parent != nil)), "isArchived": fixed(.bool(repository.isArchived)),
            "isTemplate": fixed(false), "visibility": fixed(isPrivate ? "PRIVATE" : "PUBLIC"),
            "viewerPermission": fixed(.string(level.name.uppercased())),
            "viewerCanAdminister": fixed(.bool(level >= .admin)), "pushedAt": fixed(GitHubHub.date(repository.pushed)),
            "createdAt": fixed(GitHubHub.date(repository.created)),
            "updatedAt": fixed(GitHubHub.date(repository.pushed)),
            "sshUrl": fixed(.string("git@127.0.0.1:\(repository.fullName).git")), "forkCount": fixed(0),
            "stargazerCount": fixed(0), "issueTemplates": fixed([]), "pullRequestTemplates": fixed([]),
            "hasWikiEnabled": fixed(false), "hasProjectsEnabled": fixed(false), "deleteBranchOnMerge": fixed(false),
            "autoMergeAllowed": fixed(false), "hasIssuesEnabled": fixed(true), "mergeCommitAllowed": fixed(true),
            "squashMergeAllowed": fixed(true), "rebaseMergeAllowed": fixed(true),
            "owner": { _ in .object(self.user(repository.owner, hub)) },
            "parent": { _ in
                .object(repository.parent.flatMap { hub.repository($0) }.map { self.repository($0, hub, actor) })
            },
            "defaultBranchRef": { _ in .object(try await self.reference(repository.defaultBranch, in: repository, hub))
            },
        ]
        fields["object"] = { arguments in
            let name = arguments["oid"]?.stringValue ?? arguments["expression"]?.stringValue ?? ""
            return .object(try await self.commit(name, in: repository, hub))
        }
        fields["pullRequest"] = { arguments in
            let number = arguments["number"]?.intValue ?? 0
            guard let pull = repository.pulls[number] else {
                throw GraphQLProblem(
                    "Could not resolve to a PullRequest with the number of \(number).", type: "NOT_FOUND")
            }
            return .object(self.pull(pull, in: repository, hub, actor))
        }
        fields["issueOrPullRequest"] = fields["pullRequest"]
        fields["pullRequests"] = { arguments in
            let states = arguments["states"]
            let wanted = states?.arrayValue?.compactMap(\.stringValue) ?? states?.stringValue.map { [$0] }
            var pulls = repository.pulls.values.filter { pull in
                if let wanted, !wanted.contains(self.state(of: pull)) { return false }
                if let head = arguments["headRefName"]?.stringValue, head != pull.headBranch { return false }
                if let base = arguments["baseRefName"]?.stringValue, base != pull.base { return false }
                return true
            }.sorted { $0.number < $1.number }
            if arguments["orderBy"]?["direction"] != "ASC" { pulls.reverse() }
            return GraphQLObject.connection(
                "PullRequestConnection", pulls.map { self.pull($0, in: repository, hub, actor) }, arguments)
        }
        return GraphQLObject("Repository", fields)
    }

    static func reference(
        _ branch: String, in repository: HubRepository, _ hub: GitHubHub
    ) async throws -> GraphQLObject? {
        guard let id = try await repository.git.reference("refs/heads/\(branch)") else { return nil }
        return GraphQLObject(
            "Ref",
            [
                "id": { _ in .value(.string("REF_\(branch)")) }, "name": { _ in .value(.string(branch)) },
                "prefix": { _ in .value("refs/heads/") },
                "target": { _ in .object(try await self.commit(id, in: repository, hub)) },
            ])
    }

    static func commit(
        _ name: String, in repository: HubRepository, _ hub: GitHubHub
    ) async throws -> GraphQLObject? {
        guard let commit = try await repository.git.commit(name) else { return nil }
        let url = "\(hub.url)/\(repository.fullName)/commit/\(commit.id)"
        func actor(_ person: HubCommit.Person) -> GraphQLObject {
            GraphQLObject(
                "GitActor",
                [
                    "name": { _ in .value(.string(person.name)) }, "email": { _ in .value(.string(person.email)) },
                    "date": { _ in .value(.string(person.date)) },
                    "user": { _ in .object(hub.account(person.email).map { self.user($0, hub) }) },
                ])
        }
        return GraphQLObject(
            "Commit",
            [
                "id": { _ in .value(.string("C_\(commit.id)")) }, "oid": { _ in .value(.string(commit.id)) },
                "abbreviatedOid": { _ in .value(.string(String(commit.id.prefix(7)))) },
                "url": { _ in .value(.string(url)) }, "commitUrl": { _ in .value(.string(url)) },
                "message": { _ in .value(.string(commit.message)) },
                "messageHeadline": { _ in .value(.string(commit.headline)) },
                "messageBody": { _ in
                    .value(.string(String(commit.message.dropFirst(commit.headline.count)).trimmed))
                },
                "author": { _ in .object(actor(commit.author)) },
                "committer": { _ in .object(actor(commit.committer)) },
                "authors": { _ in GraphQLObject.connection("GitActorConnection", [actor(commit.author)]) },
                "committedDate": { _ in .value(.string(commit.committer.date)) },
                "authoredDate": { _ in .value(.string(commit.author.date)) },
                "tree": { _ in .object(GraphQLObject("Tree", ["oid": { _ in .value(.string(commit.tree)) }])) },
                "statusCheckRollup": { _ in .object(nil) },
                "signature": { _ in
                    guard commit.committer.email == "noreply@github.com" else { return .object(nil) }
                    return .object(
                        GraphQLObject(
                            "Signature", ["isValid": { _ in .value(true) }, "state": { _ in .value("VALID") }]))
                },
                "parents": { arguments in
                    var parents: [GraphQLObject] = []
                    for id in commit.parents {
                        if let parent = try await self.commit(id, in: repository, hub) { parents.append(parent) }
                    }
                    return GraphQLObject.connection("CommitConnection", parents, arguments)
                },
            ])
    }

    static func state(of pull: GitHubPull) -> String {
        pull.isOpen ? "OPEN" : pull.mergedBy == nil ? "CLOSED" : "MERGED"
    }

    static func pull(
        _ pull: GitHubPull, in repository: HubRepository, _ hub: GitHubHub, _ actor: GitHubActor
    ) -> GraphQLObject {
        func fixed(_ value: JSON) -> @Net @Sendable (JSONObject) async throws -> GraphQLObject.Result {
            { _ in .value(value) }
        }
        func empty(_ type: String) -> @Net @Sendable (JSONObject) async throws -> GraphQLObject.Result {
            { _ in GraphQLObject.connection(type, []) }
        }
        var fields: [String: @Net @Sendable (JSONObject) async throws -> GraphQLObject.Result] = [
            "id": fixed(.string("PR_\(pull.id)")), "number": fixed(JSON(pull.number)),
            "title": fixed(.string(pull.title)), "body": fixed(.string(pull.body ?? "")),
            "state": fixed(.string(self.state(of: pull))),
            "url": fixed(.string("\(hub.url)/\(repository.fullName)/pull/\(pull.number)")),
            "isDraft": fixed(.bool(pull.isDraft)),
            "isCrossRepository": fixed(.bool(pull.headRepository != repository.id)),
            "headRefName": fixed(.string(pull.headBranch)), "headRefOid": fixed(.string(pull.headID)),
            "baseRefName": fixed(.string(pull.base)), "baseRefOid": fixed(.string(pull.baseID)),
            "createdAt": fixed(GitHubHub.date(pull.created)), "updatedAt": fixed(GitHubHub.date(pull.updated)),
            "closedAt": fixed(GitHubHub.date(pull.closed)),
            "mergedAt": fixed(pull.mergedBy == nil ? .null : GitHubHub.date(pull.closed)),
            "closed": fixed(.bool(!pull.isOpen)), "merged": fixed(.bool(pull.mergedBy != nil)),
            "mergeStateStatus": fixed("UNKNOWN"), "maintainerCanModify": fixed(.bool(pull.canMaintainerModify)),
            "reviewDecision": fixed(""), "milestone": fixed(.null), "autoMergeRequest": fixed(.null),
            "reactionGroups": fixed([]), "mergeCommit": fixed(.null), "potentialMergeCommit": fixed(.null),
            "labels": empty("LabelConnection"), "assignees": empty("UserConnection"),
            "projectCards": empty("CardConnection"), "projectItems": empty("CardConnection"),
            "reviewRequests": empty("RequestConnection"), "latestReviews": empty("ReviewConnection"),
            "reviews": empty("ReviewConnection"), "comments": empty("CommentConnection"),
            "author": { _ in .object(self.user(pull.author, hub)) },
            "mergedBy": { _ in .object(pull.mergedBy.map { self.user($0, hub) }) },
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
            var nodes: [GraphQLObject] = []
            for id in try await hub.commits(of: pull, in: repository) {
                guard let commit = try await self.commit(id, in: repository, hub) else { continue }
                nodes.append(GraphQLObject("PullRequestCommit", ["commit": { _ in .object(commit) }]))
            }
            return GraphQLObject.connection("PullRequestCommitConnection", nodes, arguments)
        }
        fields["statusCheckRollup"] = fields["commits"]
        fields["additions"] = { _ in .value(JSON(try await hub.diff(of: pull, in: repository).added)) }
        fields["deletions"] = { _ in .value(JSON(try await hub.diff(of: pull, in: repository).removed)) }
        fields["changedFiles"] = { _ in .value(JSON(try await hub.diff(of: pull, in: repository).files.count)) }
        return GraphQLObject("PullRequest", fields)
    }
}

extension GitHubDiff {
    fileprivate var added: Int { self.files.reduce(0) { $0 + $1.additions } }
    fileprivate var removed: Int { self.files.reduce(0) { $0 + $1.deletions } }
}
