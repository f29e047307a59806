internal import Agent
internal import Chat
internal import Git
internal import GitHub
internal import JSON
internal import Primitives
internal import Repositories
internal import Tasks

/// `review 12`, `review ADDRESS`, `review BRANCH`: reads a change with the model, lists what it finds, and posts that
/// as a review of the pull request if a person wants so. With `tasks` behind it, its findings become tasks of the list.
struct ReviewTurn: TurnWorker {
    private static let lifetime = Duration.seconds(7 * 24 * 3_600)

    let work: GitHubWork
    let agent: AgentWorker

    private var reader: ReviewReader {
        ReviewReader(
            client: self.agent.model, catalog: self.agent.catalog, settings: self.agent.settings,
            limit: self.agent.answerLimit)
    }

    /// What is to be reviewed, and whether its findings are to become tasks.
    private static func wish(_ text: String) -> (what: String, makesTasks: Bool) {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.last?.lowercased() == "tasks" else { return (text, false) }
        return (words.dropLast().joined(separator: " "), true)
    }

    func refusal(of text: String) -> String? {
        let text = Self.wish(text).what
        guard !text.allSatisfy(\.isWhitespace), PullRequestReference(text) == nil else { return nil }
        return "`review` takes a pull request's number or address, or a branch: `review 12`."
    }

    func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        try await self.work.explaining("The review can't be made") {
            if let answered = request.answered {
                return try await ReviewPosting(work: self.work).run(answered, in: thread)
            }
            if let line = self.refusal(of: request.text) { throw TurnFailure(line) }
            return try await self.review(request, thread)
        }
    }

    private func review(_ request: TurnRequest, _ thread: any TurnThread) async throws -> TurnEnding {
        let wish = Self.wish(request.text)
        let (material, place) = try await self.material(request.with(text: wish.what))
        guard !material.files.isEmpty else {
            try await thread.report(.text("\(material.name) changes nothing, so there is nothing to review."))
            return .complete
        }
        try await thread.report(.text("Review of \(material.name):\n\n"))
        var kept: [ReviewFinding] = []
        let omitted = try await self.reader.read(material, for: request, in: thread) { findings in
            let all = ReviewFindings.checked(kept + findings, against: material.files)
            let known = Set(kept)
            let new = all.filter { !known.contains($0) }.prefix(max(0, ReviewFindings.limit - kept.count))
            guard !new.isEmpty else { return }
            kept += new
            try await thread.report(.text(ReviewText.list(Array(new), link: material.link) + "\n"))
        }
        if !omitted.isEmpty || material.isCut { try await thread.report(.notice(Self.unread(omitted, material))) }
        guard !kept.isEmpty else {
            let count = material.files.count.counted("file")
            try await thread.report(.text("Nothing found in \(count)."))
            return .complete
        }
        let count = kept.count.counted("finding")
        try await thread.report(.text("\n\(count): \(ReviewText.counts(kept))."))
        if wish.makesTasks { try await self.makeTasks(of: kept, material, place, request, thread) }
        guard let place, let pull = material.pull, pull.isOpen else { return .complete }
        return .asked(await self.question(about: kept, pull, place, request))
    }

    private static func unread(_ omitted: [String], _ material: ReviewMaterial) -> String {
        guard !omitted.isEmpty else {
            return "The change is very large: only its first \(material.files.count) files were read."
        }
        let named = omitted.prefix(3).map { GitHubTexts.code($0) }.joined(separator: ", ")
        let more = omitted.count > 3 ? " and \(omitted.count - 3) more" : ""
        return "Not read, because they are too large, or the model failed: \(named)\(more)."
    }

    /// One commit with a task for each finding, which links the place.
    private func makeTasks(
        of findings: [ReviewFinding], _ material: ReviewMaterial, _ place: GitHubWork.Place?, _ request: TurnRequest,
        _ thread: any TurnThread
    ) async throws {
        guard let desk = self.work.tasks else { return }
        let tasks = findings.map { finding -> (text: String, link: TaskWish.Change?) in
            let place = finding.line.map { "\(finding.path):\($0)" } ?? finding.path
            let url = material.link(finding.path, finding.line)
            let words = "\(place): \(finding.text)".prefix(TaskText.limit - 10)
            return (
                "\(words) !\(finding.severity.rawValue)",
                TaskText.isAddress(url) ? .link(text: GitHubTexts.plain(place, limit: 80), url: url) : nil
            )
        }
        do {
            let isForeign = await self.isForeign(material, place)
            guard try await self.mayAdd(tasks.map(\.text), isForeign, request, thread) else {
                try await thread.report(.text(" They are not in the list of tasks: the commit was not allowed."))
                return
            }
            let changes = tasks.flatMap { task in [.text(task.text)] + [task.link].compactMap(\.self) }
            let made = try await desk.change(
                TaskWish(nil, changes), in: request.repository, for: request, part: "tasks", in: thread)
            let count =
                findings.count == 1 ? "It is the task" : "They are \(findings.count) tasks, the first of which is"
            try await thread.report(.text(" \(count) `\(made.task.id)`."))
        } catch let error as TaskError {
            try await thread.report(.text(" They are not in the list of tasks: \(error.description)."))
        }
    }

    /// The model wrote these tasks, and `task ID do` follows them: they pass the gate as its commits do.
    private func mayAdd(
        _ tasks: [String], _ isForeign: Bool, _ request: TurnRequest, _ thread: any TurnThread
    ) async throws -> Bool {
        guard let tool = ToolCatalog.definition(of: "commit") else { return false }
        let repository = try self.work.repositories.repository(request.repository).name
        let persona = Persona(name: ReviewReader.persona, summary: "", prompt: "", tools: [tool.name])
        let gate = PolicyGate(
            settings: self.agent.settings, request: request, persona: persona, repository: repository,
            taint: TurnTaint(isForeign ? [.guest] : []), audit: self.agent.audit, thread: thread)
        let count = tasks.count.counted("task")
        let lines = ["Add \(count) to \(TaskFile.path) of \(repository):"] + tasks.map { "- \(TaskText.line($0))" }
        let message = lines.joined(separator: "\n")
        let call = CheckedCall(id: "commit tasks", tool: tool, arguments: ["message": .string(message)])
        let intent = ToolIntent(
            call: call, subject: message, directory: "/", title: "commit \(count) to \(TaskFile.path)")
        return try await gate.decide([intent]).first?.mayRun ?? false
    }

    /// Whether somebody may have written the change who may not push to the repository. The account's own pull requests
    /// may come from its fork.
    private func isForeign(_ material: ReviewMaterial, _ place: GitHubWork.Place?) async -> Bool {
        guard let pull = material.pull, let place else { return false }
        if let head = pull.head.repository, head.isSame(as: place.name) { return false }
        guard let author = pull.author, !author.isBot else { return true }
        return await !self.isOwn(pull, place)
    }

    // MARK: What is reviewed

    private func material(_ request: TurnRequest) async throws -> (ReviewMaterial, GitHubWork.Place?) {
        switch PullRequestReference(request.text) {
        case .number(let number):
            let place = try self.work.place(of: request)
            return (try await self.material(of: number, place, request), place)
        case .address(let name, let number):
            let place = try self.work.place(of: name)
            try await self.agent.checkEntry(of: place.repository.name, into: request)
            return (try await self.material(of: number, place, request), place)
        case .branch(let branch):
            let repository = try self.work.repositories.repository(request.repository)
            return (try await self.material(of: branch, in: repository, request), nil)
        case nil:
            let repository = try self.work.repositories.repository(request.repository)
            let branch = try await self.work.branch(of: request, in: repository).name
            if let number = try await self.work.pull(of: branch, in: repository.name, for: request.session) {
                let place = try self.work.place(of: request)
                return (try await self.material(of: number, place, request), place)
            }
            return (try await self.material(of: branch, in: repository, request), nil)
        }
    }

    private func material(
        of number: Int, _ place: GitHubWork.Place, _ request: TurnRequest
    ) async throws -> ReviewMaterial {
        let client = place.client
        let pull = try await client.pullRequest(number, in: place.name)
        let files = try await client.all(upTo: ReviewMaterial.fileLimit + 1) { page in
            try await client.files(ofPullRequest: number, in: place.name, after: page)
        }
        let isOwn = pull.head.repository.map { $0.isSame(as: place.name) } ?? false
        let (links, head, source) = (client.links, pull.head.commit, pull.head.repository ?? place.name)
        let title = GitHubTexts.plain(pull.title)
        return ReviewMaterial(
            files: files.prefix(ReviewMaterial.fileLimit).map { ReviewFile($0) },
            isCut: files.count > ReviewMaterial.fileLimit,
            subject: "pull request #\(number), \(files.count) files", name: "[#\(number)](\(pull.url)) \(title)",
            link: { path, line in links.file(path, at: head, in: source, line: line) },
            documents: await self.documents(of: isOwn ? pull.head.branch : nil, in: place.repository, request),
            pull: pull)
    }

    private func material(
        of branch: String, in repository: LocalRepository, _ request: TurnRequest
    ) async throws -> ReviewMaterial {
        let base = try await repository.checkReady()
        guard let tip = try await repository.git.tip(of: branch) else {
            throw TurnFailure(
                "There is no branch \(GitHubTexts.code(branch)) in \(repository.name): `review` takes a pull request's "
                    + "number or address, or a branch.")
        }
        let start = try await repository.git.mergeBase(base.id, tip) ?? base.id
        let limits = GitDiffLimits(files: ReviewMaterial.fileLimit, lines: 20_000)
        let diff = try await repository.git.diff(from: start, to: tip, limits: limits)
        let (pages, name) = (self.work.pages, repository.name)
        return ReviewMaterial(
            files: ReviewMaterial.files(of: diff), isCut: diff.files.count < diff.stat.files,
            subject: "the branch \(branch), \(diff.stat.files) files", name: GitHubTexts.code(branch),
            link: { path, line in
                pages.file(path, on: tip.hex, of: name) + (line.map { "#L\($0)" } ?? "")
            },
            documents: await self.documents(of: branch, in: repository, request), pull: nil)
    }

    /// What the change is meant to do. Reviews work without it.
    private func documents(
        of branch: String?, in repository: LocalRepository, _ request: TurnRequest
    ) async -> [(path: String, text: String)] {
        var feature: FeatureFiles?
        for name in [branch, branch == nil ? nil : request.feature].compactMap(\.self) where feature == nil {
            feature = try? await repository.feature(name)
        }
        guard let feature else { return [] }
        let paths = ["\(feature.folder)/tasks.md", "\(feature.folder)/spec.md", ".specify/memory/constitution.md"]
        return paths.compactMap { path in feature.text(path).map { (path: path, text: $0) } }
    }

    // MARK: The question

    private func question(
        about findings: [ReviewFinding], _ pull: GitHubPullRequest, _ place: GitHubWork.Place, _ request: TurnRequest
    ) async -> ParkedQuestion {
        let isOwn = await self.isOwn(pull, place)
        let payload = ReviewPayload(
            repository: place.repository.name, number: pull.number, commit: pull.head.commit, id: request.id,
            findings: findings, canRequestChanges: !isOwn)
        let options =
            [ThreadQuestion.Option("Post as comments", isRecommended: true)]
            + (isOwn ? [] : [ThreadQuestion.Option("Request changes")]) + [ThreadQuestion.Option("Don't post")]
        let count = findings.count == 1 ? "this finding" : "these \(findings.count) findings"
        return ParkedQuestion(
            ThreadQuestion(.question, "Post \(count) as a review of #\(pull.number)?", options: options),
            lifetime: Self.lifetime, kind: .review, payload: payload.text)
    }

    /// Whether the account that would post opened the pull request: GitHub lets nobody request changes of their own.
    private func isOwn(_ pull: GitHubPullRequest, _ place: GitHubWork.Place) async -> Bool {
        guard let author = pull.author else { return false }
        guard let signIn = try? await place.client.signIn() else { return author.isBot }
        return signIn.user.login.lowercased() == author.login.lowercased()
    }
}
