internal import EventLoop
internal import JSON

/// Branches and references.
extension GitHubHub {
    func listBranches(_ call: GitHubCall) async throws -> GitHubReply {
        let repository = try call.repository
        let shapes: [JSON] = try await repository.git.branches().map { branch in
            [
                "name": .string(branch.name),
                "protected": .bool(repository.rules.protectedBranches.contains(branch.name)),
                "commit": [
                    "sha": .string(branch.id),
                    "url": .string("\(self.url)/repos/\(repository.fullName)/commits/\(branch.id)"),
                ],
            ]
        }
        return self.page(shapes, call)
    }

    func getBranch(_ call: GitHubCall) async throws -> GitHubReply {
        let repository = try call.repository
        let name = call["branch"]
        guard let id = try await repository.git.reference("refs/heads/\(name)"),
            let commit = try await repository.git.commit(id)
        else { throw GitHubProblem(404, "Branch not found") }
        let isProtected = repository.rules.protectedBranches.contains(name)
        return GitHubReply([
            "name": .string(name), "commit": self.shape(commit, in: repository), "protected": .bool(isProtected),
        ])
    }

    /// Refuses an empty repository.
    func checkContent(of repository: HubRepository) async throws {
        if try await repository.git.branches().isEmpty {
            throw GitHubProblem(409, "Git Repository is empty.")
        }
    }

    func getReference(_ call: GitHubCall) async throws -> GitHubReply {
        let repository = try call.repository
        let name = "refs/\(call["ref"])"
        guard let object = try await repository.git.object(name) else {
            try await self.checkContent(of: repository)
            throw GitHubProblem.notFound
        }
        return GitHubReply(self.shape(reference: name, object.id, object.type, in: repository))
    }

    func createReference(_ call: GitHubCall) async throws -> GitHubReply {
        let repository = try call.repository
        let name = try call.text("ref")
        let id = try call.text("sha")
        try await self.checkContent(of: repository)
        guard name.hasPrefix("refs/"), name.split(separator: "/").count >= 3 else {
            throw GitHubProblem(422, "Reference name must start with 'refs/' and contain at least two slashes.")
        }
        guard try await repository.git.attempt(["check-ref-format", name]).status == 0,
            !name.hasPrefix("refs/pull/"), !name.hasPrefix("refs/standin/")
        else { throw GitHubProblem(422, "\(name) is not a valid ref name.") }
        guard id.utf8.count == 40 else {
            throw GitHubProblem(422, "The sha parameter must be exactly 40 characters and contain only [0-9a-f].")
        }
        guard let object = try await repository.git.object(id) else {
            throw GitHubProblem(422, "Object does not exist")
        }
        if try await repository.git.reference(name) != nil { throw GitHubProblem(422, "Reference already exists") }
        guard try await repository.git.move(name, to: id, from: GitHubGit.zero) else {
            // Also a name below another branch, or above one.
            throw GitHubProblem(422, "Reference already exists")
        }
        try await self.moved(name, from: GitHubGit.zero, to: id, in: repository, by: call.login)
        return GitHubReply(self.shape(reference: name, id, object.type, in: repository), status: 201)
    }

    func updateReference(_ call: GitHubCall) async throws -> GitHubReply {
        let repository = try call.repository
        let name = "refs/\(call["ref"])"
        let id = try call.text("sha")
        guard let old = try await repository.git.reference(name) else {
            try await self.checkContent(of: repository)
            throw GitHubProblem(422, "Reference does not exist")
        }
        guard let object = try await repository.git.object(id) else {
            throw GitHubProblem(422, "Object does not exist")
        }
        try self.checkProtection(name, repository)
        let isForced = call.body["force"]?.boolValue ?? false
        if !isForced, try await !repository.git.isAncestor(old, of: id) {
            throw GitHubProblem(422, "Update is not a fast forward")
        }
        guard try await repository.git.move(name, to: id, from: isForced ? nil : old) else {
            throw GitHubProblem(422, "Update is not a fast forward")
        }
        try await self.moved(name, from: old, to: id, in: repository, by: call.login)
        return GitHubReply(self.shape(reference: name, id, object.type, in: repository))
    }

    func checkProtection(_ name: String, _ repository: HubRepository) throws(GitHubProblem) {
        guard name.hasPrefix("refs/heads/"),
            repository.rules.protectedBranches.contains(String(name.dropFirst(11)))
        else { return }
        throw GitHubProblem(
            422,
            "Repository rule violations found\n\nChanges must be made through a pull request.\n\n")
    }

    // MARK: After a change

    /// What GitHub does after a reference has moved: pull requests follow, hooks hear of it.
    func moved(
        _ name: String, from old: String, to new: String, in repository: HubRepository, by login: String
    ) async throws {
        repository.pushed = self.now
        if name.hasPrefix("refs/heads/") {
            try await self.follow(String(name.dropFirst(11)), in: repository, by: login)
        }
        try await self.tellPush(name, from: old, to: new, in: repository, by: login)
        self.changed.wakeAll()
    }

    /// Whom a person's commits name.
    func signature(of login: String) -> HubCommit.Person {
        let user = self.user(login)
        return HubCommit.Person(name: user.login, email: user.address, time: Int64(self.now))
    }

    /// Makes a commit on a branch that moves nowhere else at the same time; retries if it does.
    @discardableResult
    func commit(
        _ changes: [HubFileChange], to branch: String, in repository: HubRepository, _ message: String,
        by login: String
    ) async throws -> String {
        let person = self.signature(of: login)
        while true {
            let old = try await repository.git.reference("refs/heads/\(branch)")
            let base: String? =
                if old == nil, branch != repository.defaultBranch {
                    try await repository.git.reference("refs/heads/\(repository.defaultBranch)")
                } else { old }
            let id = try await repository.git.makeCommit(
                changes, on: base, GitHubCommitText(message: message, author: person, committer: person))
            if try await repository.git.move("refs/heads/\(branch)", to: id, from: old ?? GitHubGit.zero) {
                try await self.moved(
                    "refs/heads/\(branch)", from: old ?? GitHubGit.zero, to: id, in: repository, by: login)
                return id
            }
        }
    }
}
