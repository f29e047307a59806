internal import EventLoop
internal import JSON

/// Statuses of commits and check runs.
extension GitHubHub {
    private func id(_ call: GitHubCall, _ ending: String) async throws -> (HubRepository, String) {
        let repository = try call.repository
        let name = String(call["ref"].dropLast(ending.count))
        guard let commit = try await self.commit(name, in: repository) else {
            throw GitHubProblem(422, "No commit found for SHA: \(name)")
        }
        return (repository, commit.id)
    }

    /// `commits/{ref}` and what is below it: references may contain slashes.
    func getBelowCommit(_ call: GitHubCall) async throws -> GitHubReply {
        let name = call["ref"]
        if name.hasSuffix("/status") { return try await self.getStatus(call) }
        if name.hasSuffix("/check-runs") { return try await self.listChecks(call) }
        return try await self.getCommit(call)
    }

    private func getStatus(_ call: GitHubCall) async throws -> GitHubReply {
        let (_, id) = try await self.id(call, "/status")
        // Nobody sets one: checks are what the stand-in has.
        return GitHubReply(["state": "pending", "sha": .string(id), "total_count": 0, "statuses": []])
    }

    private func listChecks(_ call: GitHubCall) async throws -> GitHubReply {
        guard self.grant(of: call.actor, to: try call.repository, "checks") >= .read else {
            throw GitHubProblem(403, "Resource not accessible by \(call.actor.token.noun)")
        }
        let (repository, id) = try await self.id(call, "/check-runs")
        let found = repository.checks.filter { $0.commit == id }
        return self.page(found.map { self.shape($0, repository) }, call, wrapped: "check_runs")
    }

    func check(
        _ name: String, on id: String, status: String, conclusion: String?, output: JSON,
        in repository: HubRepository, by login: String
    ) -> HubCheck {
        let state = conclusion == nil ? status : "completed"
        let check = HubCheck(
            id: self.nextID(), suite: self.nextID(), name: name, commit: id, status: state, conclusion: conclusion,
            started: self.now, completed: state == "completed" ? self.now : nil,
            title: output["title"]?.stringValue, summary: output["summary"]?.stringValue, app: login)
        repository.checks.append(check)
        self.tell(
            "check_run", in: repository, by: login,
            ["action": state == "completed" ? "completed" : "created", "check_run": self.shape(check, repository)])
        self.changed.wakeAll()
        return check
    }

    private func shape(_ check: HubCheck, _ repository: HubRepository) -> JSON {
        let text: (String?) -> JSON = { $0.map { .string($0) } ?? .null }
        let api = "\(self.url)/repos/\(repository.fullName)/check-runs/\(check.id)"
        let page = "\(self.url)/\(repository.fullName)/actions/runs/\(check.suite)/job/\(check.id)"
        let pulls = repository.pulls.values.filter { $0.headID == check.commit && $0.isOpen }
        return [
            "id": JSON(check.id), "node_id": .string("CR_\(check.id)"), "name": .string(check.name),
            "head_sha": .string(check.commit), "status": .string(check.status), "conclusion": text(check.conclusion),
            "started_at": Self.date(check.started), "completed_at": Self.date(check.completed), "url": .string(api),
            "html_url": .string(page), "details_url": .string(page), "external_id": "",
            "output": [
                "title": text(check.title), "summary": text(check.summary), "text": .null,
                "annotations_count": 0, "annotations_url": .string("\(api)/annotations"),
            ],
            "check_suite": ["id": JSON(check.suite)],
            "app": ["id": 15_368, "slug": .string(check.app), "name": .string(check.app)],
            "pull_requests": .array(
                pulls.map { pull in
                    [
                        "number": JSON(pull.number), "id": JSON(pull.id),
                        "url": .string("\(self.url)/repos/\(repository.fullName)/pulls/\(pull.number)"),
                        "head": ["ref": .string(pull.headBranch), "sha": .string(pull.headID)],
                        "base": ["ref": .string(pull.base), "sha": .string(pull.baseID)],
                    ]
                }),
        ]
    }
}
