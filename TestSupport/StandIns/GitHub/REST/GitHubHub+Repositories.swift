internal import EventLoop
internal import HTTP
internal import JSON

/// People and repositories.
extension GitHubHub {
    func getUser(_ call: GitHubCall) -> GitHubReply {
        var shape = self.shape(user: call.login).objectValue ?? [:]
        shape["name"] = .null
        shape["email"] = .null
        shape["public_repos"] = 0
        shape["created_at"] = "2020-01-01T00:00:00Z"
        shape["updated_at"] = "2020-01-01T00:00:00Z"
        return GitHubReply(.object(shape))
    }

    /// The repositories that somebody works on, sorted by name.
    func listOwn(_ call: GitHubCall) -> GitHubReply {
        let found = self.repositories.values.filter { repository in
            repository.owner == call.login || repository.people[call.login] != nil
                || self.users[repository.owner.lowercased()]?.members[call.login] != nil
        }.filter { self.canSee($0, call.actor) }
        let sorted =
            call.query["sort"] == "pushed"
            ? found.sorted { ($0.pushed, $0.id) > ($1.pushed, $1.id) } : found.sorted { $0.fullName < $1.fullName }
        return self.page(sorted.map { self.shape($0, for: call.actor) }, call)
    }

    func getRepository(_ call: GitHubCall) throws -> GitHubReply {
        GitHubReply(self.shape(try call.repository, for: call.actor, isFull: true))
    }

    func getPermission(_ call: GitHubCall) throws -> GitHubReply {
        let level = self.access(of: call["username"], to: try call.repository)
        let old = level >= .admin ? "admin" : level >= .write ? "write" : level >= .read ? "read" : "none"
        return GitHubReply([
            "permission": .string(old), "role_name": .string(level.name), "user": self.shape(user: call["username"]),
        ])
    }

    /// 202: the files are copied in the background.
    func createFork(_ call: GitHubCall) async throws -> GitHubReply {
        let source = try call.repository
        let owner = call.body["organization"]?.stringValue ?? call.login
        if let existing = self.forks(of: source).first(where: { $0.owner == owner }) {
            return GitHubReply(self.shape(existing, for: call.actor, isFull: true), status: 202)
        }
        guard owner != source.owner else {
            throw GitHubProblem(403, "You cannot fork this repository because you are its owner.")
        }
        let free = self.repository(owner, source.name) == nil ? source.name : "\(source.name)-1"
        let fork = try await self.addRepository(owner, free, copying: source)
        fork.parent = source.fullName
        fork.isPrivate = source.isPrivate
        fork.defaultBranch = source.defaultBranch
        let isOnlyDefault = call.body["default_branch_only"]?.boolValue ?? false
        // GitHub copies the files after its answer.
        Task {
            while self.holds.contains("fork") { try await self.held.wait() }
            try await self.makeFiles(of: fork, copying: source, onlyDefault: isOnlyDefault)
        }
        return GitHubReply(self.shape(fork, for: call.actor, isFull: true), status: 202)
    }

    func rateLimit(_ call: GitHubCall) -> GitHubReply {
        func shape(_ resource: String) -> JSON {
            let budget = self.budget(of: call.actor, resource)
            return .object(JSONObject(members: budget.map { ($0.name.lowercased(), JSON($0.value)) }))
        }
        let core = shape("core")
        return GitHubReply(["resources": ["core": core, "graphql": shape("graphql")], "rate": core])
    }
}
