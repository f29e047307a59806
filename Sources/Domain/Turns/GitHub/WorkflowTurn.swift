internal import Chat
internal import Git
internal import GitHub
internal import Repositories

/// `workflow NAME [on BRANCH] [KEY=VALUE …]`: starts a workflow of GitHub Actions. Without a name: lists the workflows and
/// the branch's latest runs.
struct WorkflowTurn: TurnWorker {
    private static let listed = 20
    private static let shownRuns = 5

    let work: GitHubWork

    func refusal(of text: String) -> String? {
        guard !text.allSatisfy(\.isWhitespace), WorkflowWish(text) == nil else { return nil }
        return "`workflow` takes a workflow's name, then `on BRANCH` and its inputs: `workflow deploy on main level=2`."
    }

    func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        try await self.work.explaining("The workflow can't be started") {
            let place = try self.work.place(of: request)
            let base = try await place.repository.checkReady().name
            let wish = WorkflowWish(request.text)
            if let line = self.refusal(of: request.text) { throw TurnFailure(line) }
            let own = try await self.work.branch(of: request, in: place.repository).name
            let all = try await place.client.all(upTo: 100) { page in
                try await place.client.workflows(in: place.name, after: page)
            }
            guard let wish else {
                try await thread.report(.text(try await self.list(all, own, place)))
                return .complete
            }
            guard let workflow = all.first(where: { $0.isMeant(by: wish.name) }) else {
                throw TurnFailure(Self.unknown(wish.name, all))
            }
            try await self.start(workflow, wish, try await self.branch(wish, own, base, place), request, place, thread)
            return .complete
        }
    }

    /// The thread's own branch may not be on GitHub yet; then it is the base.
    private func branch(
        _ wish: WorkflowWish, _ own: String, _ base: String, _ place: GitHubWork.Place
    ) async throws -> String {
        let branch = wish.branch ?? own
        if try await place.repository.git.tip(of: branch) != nil { return branch }
        guard wish.branch == nil else {
            throw TurnFailure(
                "There is no branch \(GitHubTexts.code(branch)) in \(place.name): `repo branches` lists them.")
        }
        return base
    }

    private func start(
        _ workflow: GitHubWorkflow, _ wish: WorkflowWish, _ branch: String, _ request: TurnRequest,
        _ place: GitHubWork.Place, _ thread: any TurnThread
    ) async throws {
        let runs = place.client.links.workflow(workflow.file, in: place.name)
        let name = GitHubTexts.code(workflow.file)
        // GitHub does not say which run belongs to a call, so after a crash nobody knows whether this one was carried out.
        guard !request.isResumed else {
            throw TurnFailure(
                "It is not known whether \(name) was started before the restart: look at \(runs), and write "
                    + "`workflow \(workflow.file)` again if it was not.")
        }
        try await self.work.checkMayAct(for: request)
        do {
            try await place.client.dispatch(workflow: workflow.file, on: branch, inputs: wish.inputs, in: place.name)
        } catch let error as GitHubError where error.code == .validation {
            throw TurnFailure(
                "GitHub does not start \(name) on \(GitHubTexts.code(branch)): \(GitHubTexts.plain(error.message)) "
                    + "It needs `on: workflow_dispatch` and the inputs that its file names.")
        }
        try await thread.report(
            .text("Started \(name) on \(GitHubTexts.code(branch)): \(runs). `workflow` shows how it ends."))
    }

    private func list(_ all: [GitHubWorkflow], _ branch: String, _ place: GitHubWork.Place) async throws -> String {
        guard !all.isEmpty else {
            return "\(place.name) has no workflows: they are files below `.github/workflows` of the default branch."
        }
        let runs = try await place.client.runs(of: branch, in: place.name).items.prefix(Self.shownRuns)
        var lines = ["Workflows of \(place.name); `workflow NAME` starts one:"]
        lines += all.prefix(Self.listed).map { workflow in
            let state =
                workflow.state == "active" ? "" : ", \(GitHubTexts.plain(workflow.state.replacing("_", with: " ")))"
            return "- \(GitHubTexts.code(workflow.file)) \(GitHubTexts.plain(workflow.name))\(state)"
        }
        if all.count > Self.listed { lines.append("- and \(all.count - Self.listed) more") }
        lines.append("")
        guard !runs.isEmpty else {
            return (lines + ["No runs on \(GitHubTexts.code(branch))."]).joined(separator: "\n")
        }
        lines.append("Latest runs on \(GitHubTexts.code(branch)):")
        lines += runs.map { run in
            "- \(GitHubTexts.plain(run.name)): \(GitHubTexts.plain(run.conclusion ?? run.status)) \(run.url)"
        }
        return lines.joined(separator: "\n")
    }

    private static func unknown(_ name: String, _ all: [GitHubWorkflow]) -> String {
        let known = all.prefix(5).map { GitHubTexts.code($0.file) }.joined(separator: ", ")
        return "There is no workflow \(GitHubTexts.code(name)): "
            + (known.isEmpty ? "the default branch has no file below `.github/workflows`." : "\(known) can be started.")
    }
}
