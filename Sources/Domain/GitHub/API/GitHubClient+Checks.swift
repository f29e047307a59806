internal import HTTP
internal import JSON

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
