internal import EventLoop
internal import HTTP
internal import JSON

/// GitHub Actions, as far as dispatches and runs.
extension GitHubHub {
    private func files(in repository: HubRepository) async throws -> [(
        id: Int, path: String, name: String, text: String
    )] {
        guard let commit = try await repository.git.commit("refs/heads/\(repository.defaultBranch)"),
            try await repository.git.object("\(commit.id):.github/workflows") != nil
        else { return [] }
        var found: [(id: Int, path: String, name: String, text: String)] = []
        for entry in try await repository.git.tree("\(commit.id):.github/workflows") where entry.type == "blob" {
            let path = ".github/workflows/\(entry.path)"
            let text = try await repository.git.object(entry.id).map { String(decoding: $0.bytes, as: UTF8.self) } ?? ""
            let line = text.split(separator: "\n").first { $0.hasPrefix("name:") }
            let name = line.map { String($0.dropFirst(5)).trimmed } ?? path
            // The same for the same path.
            let id = repository.id * 1_000 + found.count + 1
            found.append((id, path, name, text))
        }
        return found
    }

    private func workflow(_ call: GitHubCall) async throws -> (id: Int, path: String, name: String, text: String) {
        // By the name of its file.
        let all = try await self.files(in: try call.repository)
        guard let found = all.first(where: { $0.path.hasSuffix("/\(call["workflow_id"])") }) else {
            throw GitHubProblem.notFound
        }
        return found
    }

    func listWorkflows(_ call: GitHubCall) async throws -> GitHubReply {
        let shapes: [JSON] = try await self.files(in: try call.repository).map { file in
            ["id": JSON(file.id), "name": .string(file.name), "path": .string(file.path), "state": "active"]
        }
        return self.page(shapes, call, wrapped: "workflows")
    }

    func dispatchWorkflow(_ call: GitHubCall) async throws -> GitHubReply {
        let repository = try call.repository
        let file = try await self.workflow(call)
        let name = try call.text("ref")
        let short = name.hasPrefix("refs/heads/") ? String(name.dropFirst(11)) : name
        guard let commit = try await self.commit(short, in: repository) else {
            throw GitHubProblem(422, "No ref found for: \(name)")
        }
        guard file.text.contains("workflow_dispatch") else {
            throw GitHubProblem(422, "Workflow does not have 'workflow_dispatch' trigger")
        }
        for (key, _) in call.body["inputs"]?.objectValue ?? [:] where !file.text.contains("\(key):") {
            throw GitHubProblem(422, "Unexpected inputs provided: [\"\(key)\"]")
        }
        let run = GitHubRun(
            id: self.nextID(), name: file.name, branch: short, commit: commit.id, author: call.login,
            status: "queued", created: self.now, updated: self.now)
        repository.runs.append(run)
        self.tellRun("requested", run, in: repository)
        return .empty
    }

    func tellRun(_ action: String, _ run: GitHubRun, in repository: HubRepository) {
        self.tell(
            "workflow_run", in: repository, by: run.author,
            ["action": .string(action), "workflow_run": self.shape(run, repository)])
        self.changed.wakeAll()
    }

    func listRuns(_ call: GitHubCall) throws -> GitHubReply {
        let repository = try call.repository
        let branch = call.query["branch"]
        let runs = repository.runs.filter { branch == nil || $0.branch == branch }
        return self.page(runs.reversed().map { self.shape($0, repository) }, call, wrapped: "workflow_runs")
    }

    private func shape(_ run: GitHubRun, _ repository: HubRepository) -> JSON {
        [
            "id": JSON(run.id), "name": .string(run.name), "event": "workflow_dispatch", "run_attempt": 1,
            "head_branch": .string(run.branch), "head_sha": .string(run.commit), "status": .string(run.status),
            "conclusion": run.conclusion.map { .string($0) } ?? .null,
            "html_url": .string("\(self.url)/\(repository.fullName)/actions/runs/\(run.id)"),
            "created_at": Self.date(run.created), "updated_at": Self.date(run.updated), "pull_requests": [],
        ]
    }
}
