internal import HTTP
package import JSON

/// One check of a commit: a check run, or a status of an older service.
package struct GitHubCheck: Sendable, Hashable {
    package enum State: Sendable, Hashable {
        case pending, passed, failed, skipped
    }

    package let name: String
    package let state: State
    package let url: String?
    /// At most 500 characters.
    package let summary: String
    /// Only of check runs.
    package let id: Int64?
    package let annotations: Int

    /// Reads a check run.
    init?(run json: JSON) {
        guard let name = json["name"]?.stringValue else { return nil }
        self.name = name
        self.id = json["id"]?.intValue.map { Int64($0) }
        self.url = (json["html_url"] ?? json["details_url"])?.stringValue
        let output = json["output"]
        let text = [output?["title"], output?["summary"]].compactMap { $0?.stringValue }.filter { !$0.isEmpty }
        self.summary = String(text.joined(separator: ": ").prefix(500))
        self.annotations = output?["annotations_count"]?.intValue ?? 0
        self.state =
            switch (json["status"]?.stringValue, json["conclusion"]?.stringValue) {
            case ("completed", "success"), ("completed", "neutral"): .passed
            case ("completed", "skipped"): .skipped
            case ("completed", "stale"), ("completed", nil): .pending
            case ("completed", _): .failed
            default: .pending
            }
    }

    /// Reads a status.
    init?(status json: JSON) {
        guard let name = json["context"]?.stringValue else { return nil }
        self.name = name
        self.id = nil
        self.url = json["target_url"]?.stringValue
        self.summary = String((json["description"]?.stringValue ?? "").prefix(500))
        self.annotations = 0
        self.state =
            switch json["state"]?.stringValue {
            case "success": .passed
            case "failure", "error": .failed
            default: .pending
            }
    }
}

/// All checks of a commit.
package struct GitHubChecks: Sendable, Hashable {
    package let checks: [GitHubCheck]

    package init(_ checks: [GitHubCheck]) { self.checks = checks }

    package var passed: Int { self.count(.passed) }
    package var pending: Int { self.count(.pending) }
    package var failed: [GitHubCheck] { self.checks.filter { $0.state == .failed } }

    /// Failed if any failed, else pending if any is; nil without checks.
    package var state: GitHubCheck.State? {
        if !self.failed.isEmpty { return .failed }
        if self.pending > 0 { return .pending }
        return self.checks.isEmpty ? nil : .passed
    }

    /// `3 passed, 1 failed, 2 pending`.
    package var summary: String {
        let counts = [(self.passed, "passed"), (self.failed.count, "failed"), (self.pending, "pending")]
        let words = counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return words.isEmpty ? "no checks" : words.joined(separator: ", ")
    }

    private func count(_ state: GitHubCheck.State) -> Int { self.checks.count { $0.state == state } }
}

/// What a check run says about a line.
package struct GitHubAnnotation: Sendable, Hashable {
    package let path: String
    package let line: Int
    /// `notice`, `warning`, `failure`.
    package let level: String
    package let message: String

    package init?(_ json: JSON?) {
        guard let json, let path = json["path"]?.stringValue else { return nil }
        self.path = path
        self.line = json["start_line"]?.intValue ?? 1
        self.level = json["annotation_level"]?.stringValue ?? "failure"
        self.message = String((json["message"]?.stringValue ?? "").prefix(2_000))
    }
}

extension GitHubClient {
    /// The check runs and statuses of a commit or branch, at most a few hundred.
    package func checks(of ref: String, in repository: GitHubRepositoryName) async throws -> GitHubChecks {
        let runs = try await self.all(upTo: 300) { page in
            let request = self.listing(
                repository, ["commits", ref, "check-runs"], ["filter": "latest"], page, "Reading the checks of \(ref)",
                .zero)
            return try await self.page(request, member: "check_runs") { GitHubCheck(run: $0) }
        }
        let statuses = try await self.page(
            GitHubRequest(
                .get, repository, ["commits", ref, "status"], query: ["per_page": "100"],
                "Reading the statuses of \(ref)"),
            member: "statuses"
        ) { GitHubCheck(status: $0) }
        return GitHubChecks(runs + statuses.items)
    }

    package func annotations(
        ofCheck id: Int64, in repository: GitHubRepositoryName, after page: GitHubPageLink? = nil
    ) async throws -> GitHubPage<GitHubAnnotation> {
        let request = self.listing(
            repository, ["check-runs", String(id), "annotations"], [:], page, "Reading a check's annotations", .zero)
        return try await self.page(request) { GitHubAnnotation($0) }
    }

    /// The workflows of the default branch.
    package func workflows(
        in repository: GitHubRepositoryName, after page: GitHubPageLink? = nil
    ) async throws -> GitHubPage<GitHubWorkflow> {
        let request = self.listing(repository, ["actions", "workflows"], [:], page, "Reading the workflows")
        return try await self.page(request, member: "workflows") { GitHubWorkflow($0) }
    }

    /// Starts a workflow. GitHub does not say which run it becomes.
    ///
    /// - Parameter workflow: the name of its file, or its id.
    package func dispatch(
        workflow: String, on ref: String, inputs: [String: String] = [:], in repository: GitHubRepositoryName
    ) async throws {
        _ = try await self.send(
            GitHubRequest(
                .post, repository, ["actions", "workflows", workflow, "dispatches"],
                "Starting the workflow \(workflow)",
                body: [
                    "ref": .string(ref), "inputs": .object(JSONObject(dictionary: inputs.mapValues { .string($0) })),
                ]))
    }

    /// The runs of a branch, the newest first.
    package func runs(
        of branch: String, in repository: GitHubRepositoryName, after page: GitHubPageLink? = nil
    ) async throws -> GitHubPage<GitHubWorkflowRun> {
        let request = self.listing(
            repository, ["actions", "runs"], ["branch": branch], page, "Reading the workflow runs of \(branch)", .zero,
            perPage: 30)
        return try await self.page(request, member: "workflow_runs") { GitHubWorkflowRun($0) }
    }
}
