internal import EventLoop
internal import HTTP
internal import JSON

/// Pull requests.
extension GitHubHub {
    func createPull(_ call: GitHubCall) async throws -> GitHubReply {
        let repository = try call.repository
        guard let title = call.body["title"]?.stringValue, !title.isEmpty else {
            throw GitHubProblem.invalid("PullRequest", field: "title", code: "missing_field")
        }
        let pull = try await self.openPull(
            in: repository, title: title, body: call.body["body"]?.stringValue, head: try call.text("head"),
            base: try call.text("base"), isDraft: call.body["draft"]?.boolValue ?? false,
            canModify: call.body["maintainer_can_modify"]?.boolValue ?? true, actor: call.actor)
        return GitHubReply(
            try await self.shape(pull, in: repository, for: call.actor, isFull: true), status: 201,
            headers: [("Location", "\(self.url)/repos/\(repository.fullName)/pulls/\(pull.number)")])
    }

    func openPull(
        in repository: HubRepository, title: String, body: String?, head: String, base: String, isDraft: Bool,
        canModify: Bool, actor: GitHubActor
    ) async throws -> GitHubPull {
        let parts = head.split(separator: ":", maxSplits: 1).map(String.init)
        let owner = parts.count == 2 ? parts[0] : repository.owner
        let branch = parts.last ?? ""
        guard let source = self.member(of: repository, owner: owner), self.canSee(source, actor),
            let headID = try await source.git.reference("refs/heads/\(branch)")
        else { throw GitHubProblem.invalid("PullRequest", field: "head", code: "invalid") }
        guard let baseID = try await repository.git.reference("refs/heads/\(base)") else {
            throw GitHubProblem.invalid("PullRequest", field: "base", code: "invalid")
        }
        // Somebody who may not push to the head must not open a pull request from it.
        guard self.access(of: actor, to: source, "contents") >= .write || source.id != repository.id else {
            throw GitHubProblem(403, "Resource not accessible by \(actor.token.noun)")
        }
        if repository.pulls.values.contains(where: {
            $0.isOpen && $0.headRepository == source.id && $0.headBranch == branch && $0.base == base
        }) {
            throw GitHubProblem.invalid("PullRequest", "A pull request already exists for \(owner):\(branch).")
        }
        try await self.bring(headID, from: source, to: repository)
        guard try await repository.git.count("\(baseID)..\(headID)") > 0 else {
            throw GitHubProblem.invalid(
                "PullRequest", "No commits between \(base) and \(parts.count == 2 ? head : branch)")
        }
        repository.lastNumber += 1
        let number = repository.lastNumber
        let pull = GitHubPull(
            number: number, id: self.nextID(), author: actor.login, title: title, body: body, headOwner: owner,
            headBranch: branch, headRepository: source.id, base: base, isDraft: isDraft, created: self.now,
            updated: self.now, headID: headID, baseID: baseID, canMaintainerModify: canModify)
        repository.pulls[number] = pull
        _ = try await repository.git.move("refs/pull/\(number)/head", to: headID, from: nil)
        await self.tellPull("opened", pull, in: repository, by: actor.login)
        self.changed.wakeAll()
        return pull
    }

    /// Lets open pull requests follow a branch that has moved.
    func follow(_ branch: String, in repository: HubRepository, by login: String) async throws {
        let root = repository.parent.flatMap { self.repository($0) }
        for target in [repository] + (root.map { [$0] } ?? []) {
            for (number, pull) in target.pulls where pull.isOpen {
                if pull.headRepository == repository.id, pull.headBranch == branch {
                    try await target.git.alone {
                        guard let id = try await repository.git.reference("refs/heads/\(branch)") else {
                            try await self.close(number, in: target, by: login)
                            return
                        }
                        guard let before = target.pulls[number]?.headID, before != id else { return }
                        try await self.bring(id, from: repository, to: target)
                        _ = try await target.git.move("refs/pull/\(number)/head", to: id, from: nil)
                        target.pulls[number]?.headID = id
                        target.pulls[number]?.updated = self.now
                        if let pull = target.pulls[number] {
                            await self.tellPull(
                                "synchronize", pull, in: target, by: login,
                                ["before": .string(before), "after": .string(id)])
                        }
                    }
                } else if target.id == repository.id, pull.base == branch,
                    let id = try await repository.git.reference("refs/heads/\(branch)")
                {
                    target.pulls[number]?.baseID = id
                    // The head reached the base by a push.
                    if try await target.git.isAncestor(pull.headID, of: id) {
                        target.pulls[number]?.mergedBy = login
                        target.pulls[number]?.mergeCommit = id
                        try await self.close(number, in: target, by: login)
                    }
                }
            }
        }
    }

    private func close(_ number: Int, in repository: HubRepository, by login: String) async throws {
        repository.pulls[number]?.isOpen = false
        repository.pulls[number]?.closed = self.now
        repository.pulls[number]?.updated = self.now
        if let pull = repository.pulls[number] { await self.tellPull("closed", pull, in: repository, by: login) }
    }

    func listPulls(_ call: GitHubCall) async throws -> GitHubReply {
        let repository = try call.repository
        let state = call.query["state"] ?? "open"
        var pulls = repository.pulls.values.filter { pull in
            if state != "all", pull.isOpen != (state == "open") { return false }
            if let base = call.query["base"], base != pull.base { return false }
            // GitHub ignores a head without an owner.
            if let head = call.query["head"], head.contains(":"), head != pull.label { return false }
            return true
        }
        // The newest first.
        if call.query["sort"] == "updated" {
            pulls.sort { ($0.updated, $0.number) > ($1.updated, $1.number) }
        } else {
            pulls.sort { $0.number > $1.number }
        }
        let start = min(pulls.count, (call.page - 1) * call.perPage)
        var shapes: [JSON] = []
        for pull in pulls[start..<min(pulls.count, start + call.perPage)] {
            shapes.append(try await self.shape(pull, in: repository, for: call.actor))
        }
        return self.page(shapes, of: pulls.count, call)
    }

    func getPull(_ call: GitHubCall) async throws -> GitHubReply {
        let repository = try call.repository
        let pull = try repository.pull(try call.number("pull_number"))
        if call.wants("diff") {
            let diff = try await self.diff(of: pull, in: repository)
            return GitHubReply(bytes: Array(diff.text.utf8), type: "application/vnd.github.diff; charset=utf-8")
        }
        try await self.tryMerge(pull.number, in: repository)
        return GitHubReply(
            try await self.shape(try repository.pull(pull.number), in: repository, for: call.actor, isFull: true))
    }

    func updatePull(_ call: GitHubCall) async throws -> GitHubReply {
        let repository = try call.repository
        var pull = try repository.pull(try call.number("pull_number"))
        let isAuthor = pull.author == call.login
        guard isAuthor || self.access(of: call.login, to: repository) >= .write else { throw GitHubProblem.notFound }
        var actions: [String] = []
        if let title = call.body["title"]?.stringValue {
            guard !title.isEmpty else {
                throw GitHubProblem.invalid("PullRequest", field: "title", code: "missing_field")
            }
            pull.title = title
        }
        if let body = call.body["body"] { pull.body = body.stringValue }
        if call.body["title"] != nil || call.body["body"] != nil { actions.append("edited") }
        if call.body["state"] == "closed", pull.isOpen {
            pull.isOpen = false
            pull.closed = call.now
            actions.append("closed")
        }
        pull.updated = call.now
        repository.pulls[pull.number] = pull
        for action in actions { await self.tellPull(action, pull, in: repository, by: call.login) }
        return GitHubReply(try await self.shape(pull, in: repository, for: call.actor, isFull: true))
    }

    func listPullFiles(_ call: GitHubCall) async throws -> GitHubReply {
        let repository = try call.repository
        let pull = try repository.pull(try call.number("pull_number"))
        let diff = try await self.diff(of: pull, in: repository)
        return self.page(diff.files.prefix(3_000).map(Self.shape), call)
    }

    /// The commits of a pull request, oldest first.
    func commits(of pull: GitHubPull, in repository: HubRepository) async throws -> [String] {
        try await repository.git.lines(["rev-list", "--reverse", "\(pull.baseID)..\(pull.headID)"])
    }

    func diff(of pull: GitHubPull, in repository: HubRepository) async throws -> GitHubDiff {
        let base = try await repository.git.mergeBase(pull.baseID, pull.headID) ?? pull.baseID
        return try await repository.git.diff(base, pull.headID)
    }

    /// Tries the merge of the current commits, as GitHub does in the background.
    func tryMerge(_ number: Int, in repository: HubRepository) async throws {
        let pull = try repository.pull(number)
        guard pull.isOpen, pull.mergeTry?.head != pull.headID || pull.mergeTry?.base != pull.baseID else { return }
        let status = try await repository.git.attempt(["merge-tree", "--write-tree", pull.baseID, pull.headID]).status
        repository.pulls[number]?.mergeTry = (pull.headID, pull.baseID, status == 0)
    }

    // MARK: Shape

    func shape(
        _ pull: GitHubPull, in repository: HubRepository, for actor: GitHubActor, isFull: Bool = false
    ) async throws -> JSON {
        let name = repository.fullName
        let api = "\(self.url)/repos/\(name)/pulls/\(pull.number)"
        let page = "\(self.url)/\(name)/pull/\(pull.number)"
        let source = self.repositories[pull.headRepository]
        var shape: JSONObject = [
            "url": .string(api), "id": JSON(pull.id), "node_id": .string("PR_\(pull.id)"),
            "html_url": .string(page), "issue_url": .string("\(self.url)/repos/\(name)/issues/\(pull.number)"),
            "number": JSON(pull.number), "state": pull.isOpen ? "open" : "closed",
            "title": .string(pull.title), "user": self.shape(user: pull.author),
            "body": pull.body.map { .string($0) } ?? .null,
            "created_at": Self.date(pull.created), "updated_at": Self.date(pull.updated),
            "closed_at": Self.date(pull.closed), "merged_at": pull.mergedBy == nil ? .null : Self.date(pull.closed),
            "merge_commit_sha": pull.mergeCommit.map { .string($0) } ?? .null, "draft": .bool(pull.isDraft),
            "author_association": self.association(of: pull.author, to: repository),
        ]
        func side(_ label: String, _ branch: String, _ id: String, _ owner: String, _ of: HubRepository?) -> JSON {
            [
                "label": .string(label), "ref": .string(branch), "sha": .string(id), "user": self.shape(user: owner),
                "repo": of.map { self.shape($0, for: actor) } ?? .null,
            ]
        }
        shape["head"] = side(pull.label, pull.headBranch, pull.headID, pull.headOwner, source)
        shape["base"] = side("\(repository.owner):\(pull.base)", pull.base, pull.baseID, repository.owner, repository)
        guard isFull else { return .object(shape) }
        let diff = try await self.diff(of: pull, in: repository)
        let isKnown = pull.mergeTry?.head == pull.headID && pull.mergeTry?.base == pull.baseID
        let isClean = isKnown ? pull.mergeTry?.isClean : nil
        shape["merged"] = .bool(pull.mergedBy != nil)
        shape["mergeable"] = pull.isOpen ? isClean.map { .bool($0) } ?? .null : .null
        shape["mergeable_state"] = isClean.map { $0 ? (pull.isDraft ? "draft" : "clean") : "dirty" } ?? "unknown"
        shape["merged_by"] = pull.mergedBy.map { self.shape(user: $0) } ?? .null
        shape["comments"] = JSON(repository.comments.count { $0.pull == pull.number })
        shape["review_comments"] = JSON(repository.reviewComments.count { $0.pull == pull.number })
        shape["maintainer_can_modify"] = .bool(pull.canMaintainerModify && source?.id != repository.id)
        shape["commits"] = JSON(try await repository.git.count("\(pull.baseID)..\(pull.headID)"))
        shape["additions"] = JSON(diff.additions)
        shape["deletions"] = JSON(diff.deletions)
        shape["changed_files"] = JSON(diff.files.count)
        return .object(shape)
    }
}
