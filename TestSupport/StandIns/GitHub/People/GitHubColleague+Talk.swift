internal import EventLoop
internal import JSON

/// What the person says, and what runs for them.
extension GitHubColleague {
    /// A line that the person comments on.
    package struct Line: Sendable, Hashable {
        package var path: String
        package var line: Int
        package var body: String

        package init(_ path: String, _ line: Int, _ body: String) {
            self.path = path
            self.line = line
            self.body = body
        }
    }

    /// Comments on a pull request; returns the comment's id.
    @Net @discardableResult
    package func comment(_ body: String, on number: Int, in fullName: String) throws -> Int {
        try self.github.hub.comment(body, on: number, in: try self.repository(fullName), by: self.login).id
    }

    /// Reviews a pull request: `APPROVE`, `REQUEST_CHANGES` or `COMMENT`; returns the review's id.
    @Net @discardableResult
    package func review(
        _ number: Int, in fullName: String, _ event: String = "COMMENT", _ body: String = "", lines: [Line] = []
    ) async throws -> Int {
        let repository = try self.repository(fullName)
        let comments: [JSON] = lines.map {
            ["path": .string($0.path), "line": JSON($0.line), "body": .string($0.body)]
        }
        return try await self.github.hub.review(
            try repository.pull(number), in: repository, event: event, body: body, comments: comments, by: self.login
        ).id
    }

    /// A check of a commit ends: `success`, `failure`, …; nil means that it runs.
    @Net @discardableResult
    package func check(
        _ name: String, on commit: String, in fullName: String, _ conclusion: String? = "failure", title: String = "",
        summary: String = ""
    ) throws -> Int {
        let repository = try self.repository(fullName)
        return self.github.hub.check(
            name, on: commit, status: "in_progress", conclusion: conclusion,
            output: ["title": .string(title), "summary": .string(summary)], in: repository, by: "github-actions"
        ).id
    }

    /// Ends a run of a workflow.
    @Net package func finishRun(_ id: Int, in fullName: String, _ conclusion: String) throws {
        let repository = try self.repository(fullName)
        guard let index = repository.runs.firstIndex(where: { $0.id == id }) else { return }
        repository.runs[index].status = "completed"
        repository.runs[index].conclusion = conclusion
        repository.runs[index].updated = self.github.hub.now
        self.github.hub.tellRun("completed", repository.runs[index], in: repository)
    }

    /// The ids of the runs, oldest first.
    @Net package func runs(in fullName: String) throws -> [Int] { try self.repository(fullName).runs.map(\.id) }
}
