internal import Chat
internal import Git
internal import GitHub
internal import Repositories
internal import SpecDocuments
internal import Specs
internal import Tasks

/// `pr [draft] [TITLE]`: opens or updates the pull request of the thread's branch.
///
/// The branch's pull request is looked up before one is opened, so a turn that begins again after a crash updates what
/// it had opened.
struct PullRequestTurn: TurnWorker {
    let work: GitHubWork

    /// The commits of the branch that are counted.
    private static let counted = 500

    /// Where the branch is on GitHub.
    private struct Head {
        /// Nil for the repository itself.
        var fork: GitHubRepositoryName?
        let commit: String
        let commits: [PullRequestMaterial.Commit]
        let count: Int
        /// Those that may name tasks.
        var own: [GitCommit] = []

        var owner: String? { self.fork?.owner }

        func label(_ branch: String) -> String { self.owner.map { "\($0):\(branch)" } ?? branch }
    }

    private enum Outcome {
        case opened(GitHubPullRequest)
        case updated(GitHubPullRequest)
        case ended(GitHubPullRequest)

        /// What is open now.
        var live: GitHubPullRequest? {
            switch self {
            case .opened(let pull), .updated(let pull): pull
            case .ended: nil
            }
        }
    }

    func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        try await self.work.explaining("The pull request can't be opened") {
            let place = try self.work.place(of: request)
            let base = try await place.repository.checkReady()
            let branch = try await self.work.branch(of: request, in: place.repository)
            let head = try await self.head(of: branch.name, onto: base, place)
            var material = await self.material(request, branch, head, place)
            let tasks = await self.tasks(of: head, branch, place)
            material.namedTasks = tasks.map { .init(label: "\($0.id) \($0.text)", url: self.list(of: $0)) }
            try await self.work.checkMayAct(for: request)
            let outcome = try await self.carryOut(
                PullRequestWish(request.text), material, branch.name, head, base.name, place)
            try await self.tell(outcome, branch.name, head, request, place, thread)
            if let pull = outcome.live { try await self.link(tasks, to: pull, request, thread) }
            return .complete
        }
    }

    // MARK: Tasks

    /// The most that a pull request is linked with: each is a commit.
    private static let taskLimit = 10

    /// The repository's tasks that the branch's commits name. A feature's own have such ids too.
    private func tasks(of head: Head, _ branch: GitHubWork.Branch, _ place: GitHubWork.Place) async -> [TaskRecord] {
        guard let desk = self.work.tasks else { return [] }
        var own: Set<String> = []
        if let feature = branch.feature { own = Set(await FeatureOverview.summary(of: feature).tasks.map(\.id)) }
        let found = try? await desk.tasks(namedBy: head.own, except: own, in: place.repository.name)
        return Array((found ?? []).prefix(Self.taskLimit))
    }

    private func list(of task: TaskRecord) -> String {
        self.work.pages.file(TaskFile.path, on: task.commit, of: task.repository) + "#L\(task.line)"
    }

    /// Puts the pull request's address into the list. It is open whether that works or not.
    private func link(
        _ tasks: [TaskRecord], to pull: GitHubPullRequest, _ request: TurnRequest, _ thread: any TurnThread
    ) async throws {
        guard let desk = self.work.tasks else { return }
        for task in tasks where !task.links.contains(where: { $0.url == pull.url }) {
            do {
                try await desk.change(
                    TaskWish(task.id, [.link(text: "#\(pull.number)", url: pull.url)]), in: task.repository,
                    for: request, part: task.id, in: thread)
            } catch let error as TaskError {
                try await thread.report(.notice("`\(task.id)` is not linked: \(error.description)."))
            }
        }
    }

    // MARK: The branch

    private func head(of branch: String, onto base: GitRepository.Branch, _ place: GitHubWork.Place) async throws
        -> Head
    {
        guard branch != base.name else {
            throw TurnFailure(
                "This thread works on \(Self.code(branch)), which pull requests lead to: begin a feature with "
                    + "`specify TEXT`, and its branch gets the pull request.")
        }
        let git = place.repository.git
        guard let tip = try await git.tip(of: branch) else {
            if let fork = try await self.fork(of: branch, onto: base.name, place) { return fork }
            throw TurnFailure(
                "The branch \(Self.code(branch)) is not on GitHub, because nothing is committed in this thread yet: "
                    + "`commit` the changes or begin with `specify TEXT`, then `pr` again.")
        }
        let commits = try await git.log(from: tip, without: base.id, limit: Self.counted)
        guard !commits.isEmpty else {
            throw TurnFailure(
                "The branch \(Self.code(branch)) has no commit that \(Self.code(base.name)) does not have: commit "
                    + "something, then `pr` again.")
        }
        return Head(
            fork: GitHubForks(mirror: git.path).fork(of: branch), commit: tip.hex,
            commits: commits.prefix(PullRequestText.commitLimit).map { .init(id: $0.id.hex, subject: $0.subject) },
            count: commits.count, own: commits)
    }

    /// Where the account may not push to the repository, its branches are in its fork.
    private func fork(of branch: String, onto base: String, _ place: GitHubWork.Place) async throws -> Head? {
        let client = place.client
        guard try await client.repository(place.name).canPush == false else { return nil }
        let owner = try await client.signIn().user.login
        let fork = GitHubRepositoryName(owner: owner, name: place.name.name)
        guard !fork.isSame(as: place.name), let commit = try await client.head(of: branch, in: fork) else { return nil }
        let comparison = try await client.compare(base, "\(owner):\(branch)", in: place.name)
        guard comparison.aheadBy > 0 else {
            throw TurnFailure(
                "The branch \(Self.code(branch)) of the fork \(fork) has no commit that \(Self.code(base)) does not "
                    + "have: commit something, then `pr` again.")
        }
        let commits = comparison.commits.suffix(PullRequestText.commitLimit).reversed().map { commit in
            PullRequestMaterial.Commit(
                id: commit.id, subject: commit.message?.split(whereSeparator: \.isNewline).first.map(String.init) ?? "")
        }
        return Head(fork: fork, commit: commit, commits: commits, count: comparison.aheadBy)
    }

    // MARK: The description

    private func material(
        _ request: TurnRequest, _ branch: GitHubWork.Branch, _ head: Head, _ place: GitHubWork.Place
    ) async -> PullRequestMaterial {
        var material = PullRequestMaterial(thread: request.session)
        material.commits = head.commits
        material.commitCount = head.count
        material.asker = request.sender.displayName
        material.network = Self.network(of: request.sender.id)
        guard let feature = branch.feature else { return material }
        let overview = await FeatureOverview.summary(of: feature)
        material.title = overview.title
        material.tasks = overview.tasks.count
        material.tasksDone = overview.ticked
        let links = SpecLinks(self.work.pages, repository: place.repository.name)
        for document in overview.documents where document.path.hasPrefix("\(feature.folder)/") {
            let url =
                head.fork.map { place.client.links.file(document.path, at: branch.name, in: $0) }
                ?? links.document(document.path, on: branch.name)
            let label = document.path.dropFirst(feature.folder.count + 1)
            material.documents.append(
                .init(label: label.hasSuffix(".md") ? String(label.dropLast(3)) : String(label), url: url))
        }
        if let text = feature.text("\(feature.folder)/spec.md") {
            let markdown = MarkdownDocument(text)
            let spec = SpecDocument(markdown)
            material.stories = spec.stories.map(\.title).filter { !$0.isEmpty }
            material.summary = Self.summary(in: markdown)
        }
        if material.summary == nil, let plan = feature.text("\(feature.folder)/plan.md") {
            material.summary = Self.summary(in: MarkdownDocument(plan))
        }
        return material
    }

    /// The first paragraph of the section “Summary”.
    private static func summary(in document: MarkdownDocument) -> String? {
        guard let section = document.section("summary") else { return nil }
        let lines = document.text(section.own).split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        let text = lines.drop { $0.allSatisfy(\.isWhitespace) || $0.hasPrefix("<!--") }
            .prefix { !$0.allSatisfy(\.isWhitespace) }
        return text.isEmpty || text.first?.hasPrefix("[") == true ? nil : text.joined(separator: " ")
    }

    /// The network that an id belongs to, without anything private of it.
    private static func network(of sender: String) -> String? {
        switch sender.prefix(while: { $0 != ":" }) {
        case "irc": "IRC"
        case "matrix": "Matrix"
        case "slack": "Slack"
        case "telegram": "Telegram"
        case "web": "the web chat"
        default: nil
        }
    }

    // MARK: At GitHub

    private func carryOut(
        _ wish: PullRequestWish, _ material: PullRequestMaterial, _ branch: String, _ head: Head, _ base: String,
        _ place: GitHubWork.Place
    ) async throws -> Outcome {
        let client = place.client
        let open = try await client.pullRequest(ofBranch: branch, owner: head.owner, in: place.name)
        var last: GitHubPullRequest?
        if open == nil {
            last = try await client.pullRequest(
                ofBranch: branch, owner: head.owner, in: place.name, state: "closed")
        }
        switch PullRequestStep(open: open, last: last, head: head.commit) {
        case .update(let open): return .updated(try await self.update(open, wish, material, place))
        case .ended(let last): return .ended(last)
        case .open: break
        }
        do {
            return .opened(
                try await client.openPullRequest(
                    in: place.name, title: PullRequestText.title(wish.title, material),
                    body: PullRequestText.section(material), head: head.label(branch), base: base,
                    isDraft: wish.isDraft))
        } catch let error as GitHubError where error.code == .alreadyExists || error.mayBeDone {
            // Somebody else was faster, or the answer was lost.
            guard let found = try await client.pullRequest(ofBranch: branch, owner: head.owner, in: place.name) else {
                throw error
            }
            return .updated(try await self.update(found, wish, material, place))
        }
    }

    /// A title that nobody asked for stays, because people may have changed it.
    private func update(
        _ pull: GitHubPullRequest, _ wish: PullRequestWish, _ material: PullRequestMaterial, _ place: GitHubWork.Place
    ) async throws -> GitHubPullRequest {
        let body = PullRequestText.merged(PullRequestText.section(material), into: pull.body)
        let title = wish.title.map { PullRequestText.title($0, material) }
        let isNew = (body: body != pull.body, title: title != nil && title != pull.title)
        guard isNew.body || isNew.title else { return pull }
        return try await place.client.updatePullRequest(
            pull.number, in: place.name, title: isNew.title ? title : nil, body: isNew.body ? body : nil)
    }

    private func tell(
        _ outcome: Outcome, _ branch: String, _ head: Head, _ request: TurnRequest, _ place: GitHubWork.Place,
        _ thread: any TurnThread
    ) async throws {
        let pull: GitHubPullRequest
        let verb: String
        switch outcome {
        case .opened(let opened):
            pull = opened
            verb = "opened"
        case .updated(let updated):
            pull = updated
            verb = "updated"
        case .ended(let ended):
            let how = ended.isMerged ? "was merged" : "was closed without a merge"
            let todo = ended.isMerged ? "" : "reopen it at GitHub, or "
            try await thread.report(
                .text(
                    "Pull request #\(ended.number) \(how), and \(Self.code(branch)) has no commit since: \(todo)commit "
                        + "something and `pr` opens a new one. \(ended.url)"))
            return
        }
        try await self.work.news.watch(
            branch, in: place.repository.name, for: request.session, pull: pull.number,
            head: head.owner == nil ? head.commit : nil)
        let title = GitHubTexts.plain(pull.title)
        try await thread.report(.text("Pull request #\(pull.number) \(verb): \(title) \(pull.url)"))
    }

    private static func code(_ branch: String) -> String { GitHubTexts.code(branch) }
}
