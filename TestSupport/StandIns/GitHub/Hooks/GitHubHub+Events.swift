internal import Crypto
internal import EventLoop
internal import JSON

/// What webhooks are told.
extension GitHubHub {
    func tellPush(
        _ name: String, from old: String, to new: String, in repository: HubRepository, by login: String
    ) async throws {
        guard !repository.hooks.isEmpty else { return }
        let isNew = old == GitHubGit.zero, isGone = new == GitHubGit.zero
        guard name.hasPrefix("refs/heads/") || name.hasPrefix("refs/tags/") else { return }
        let git = repository.git
        var commits: [JSON] = []
        if !isGone {
            let range = isNew ? [new, "--max-count=1"] : ["\(old)..\(new)", "--max-count=20"]
            for id in try await git.lines(["rev-list", "--reverse"] + range) {
                if let commit = try await git.commit(id) {
                    commits.append(try await self.shape(pushed: commit, repository))
                }
            }
        }
        var forced = false
        if !isNew, !isGone { forced = try await !git.isAncestor(old, of: new) }
        self.tell(
            "push", in: repository, by: login,
            [
                "ref": .string(name), "before": .string(old), "after": .string(new), "created": .bool(isNew),
                "deleted": .bool(isGone), "forced": .bool(forced), "base_ref": .null,
                "compare": .string("\(self.url)/\(repository.fullName)/compare/\(old.prefix(12))...\(new.prefix(12))"),
                "commits": .array(isNew ? [] : commits), "head_commit": commits.last ?? .null,
                "pusher": ["name": .string(login), "email": .string(self.user(login).address)],
            ])
    }

    private func shape(pushed commit: HubCommit, _ repository: HubRepository) async throws -> JSON {
        let files = try await repository.git.diff(of: commit).files
        func paths(_ status: String) -> JSON {
            .array(files.filter { $0.status == status }.map { .string($0.path) })
        }
        func person(_ person: HubCommit.Person) -> JSON {
            [
                "name": .string(person.name), "email": .string(person.email),
                "username": self.account(person.email).map { .string($0) } ?? .null,
            ]
        }
        return [
            "id": .string(commit.id), "tree_id": .string(commit.tree), "distinct": true,
            "message": .string(commit.message), "timestamp": .string(commit.committer.date),
            "url": .string("\(self.url)/\(repository.fullName)/commit/\(commit.id)"),
            "author": person(commit.author), "committer": person(commit.committer), "added": paths("added"),
            "removed": paths("removed"), "modified": paths("modified"),
        ]
    }

    func tellPull(
        _ action: String, _ pull: GitHubPull, in repository: HubRepository, by login: String,
        _ more: JSONObject = [:]
    ) async {
        guard repository.hooks.contains(where: { $0.hears("pull_request") }),
            let shape = await self.shape(of: pull, in: repository)
        else { return }
        var payload: JSONObject = [
            "action": .string(action), "number": JSON(pull.number), "pull_request": shape,
        ]
        payload.merge(more)
        self.tell("pull_request", in: repository, by: login, payload)
    }

    /// A pull request as the owner of the repository sees it.
    func shape(of pull: GitHubPull, in repository: HubRepository) async -> JSON? {
        try? await self.shape(pull, in: repository, for: GitHubActor(working: repository.owner), isFull: true)
    }

    /// Delivers an event to the hooks that hear of it.
    func tell(_ event: String, in repository: HubRepository, by login: String, _ payload: JSONObject) {
        for hook in repository.hooks where hook.hears(event) {
            self.deliver(event, to: hook, in: repository, by: login, payload)
        }
    }

    func deliver(
        _ event: String, to hook: HubHook, in repository: HubRepository, by login: String, _ payload: JSONObject
    ) {
        var body = payload
        body["repository"] = self.shape(repository, for: GitHubActor(working: repository.owner))
        body["sender"] = self.shape(user: login)
        let id = self.nextID()
        let digits = hex(sha256("delivery \(id)"))
        let letters = Array(digits)
        func part(_ range: Range<Int>) -> String { String(letters[range]) }
        let guid = [part(0..<8), part(8..<12), part(12..<16), part(16..<20), part(20..<32)].joined(separator: "-")
        let delivery = HubDelivery(id: id, guid: guid, event: event, hook: hook.id, body: JSON.object(body).bytes)
        self.deliveries.append(delivery)
        self.poster.add(delivery, to: hook)
    }

    func noteAnswer(_ id: Int, _ status: Int) {
        guard let place = self.deliveries.lastIndex(where: { $0.id == id }) else { return }
        self.deliveries[place].isDone = true
        let hook = self.deliveries[place].hook
        for repository in self.repositories.values {
            guard let index = repository.hooks.firstIndex(where: { $0.id == hook }) else { continue }
            let isGood = (200..<300).contains(status)
            repository.hooks[index].last =
                status == 0
                ? (502, "connection_error", "failed to connect to host")
                : (status, isGood ? "active" : "inactive", isGood ? "OK" : "Invalid HTTP Response: \(status)")
        }
        self.changed.wakeAll()
    }
}
