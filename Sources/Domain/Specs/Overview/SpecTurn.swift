package import Chat
internal import Git
internal import Primitives
package import Repositories

/// `spec`: shows the thread's feature and lists the others; `spec 003` switches.
package struct SpecTurn: TurnWorker {
    private let catalog: RepositoryCatalog
    private let pages: RepositoryPages

    package init(catalog: RepositoryCatalog, pages: RepositoryPages) {
        self.catalog = catalog
        self.pages = pages
    }

    package func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        do {
            let repository = try self.catalog.repository(request.repository)
            guard let files = try await Self.files(request, in: repository) else {
                let names = try await repository.featureNames()
                try await thread.report(.text(FeatureTexts.list(names, of: repository.name)))
                return .complete
            }
            if files.name != request.feature { try await thread.report(.feature(files.name)) }
            let overview = try await FeatureOverview.read(files, in: repository)
            let links = SpecLinks(self.pages, repository: repository.name)
            let names = try await repository.featureNames()
            try await thread.report(
                .text(FeatureTexts.text(overview, of: repository.name, links: links, all: names)))
            return .complete
        } catch let error as RepositoryError {
            throw TurnFailure("The features can't be read: \(error.message).")
        }
    }

    /// Nil if the thread has no feature and several could be meant, or none.
    private static func files(_ request: TurnRequest, in repository: LocalRepository) async throws -> FeatureFiles? {
        let word = request.text.filter { !$0.isNewline }.drop(while: \.isWhitespace)
        guard word.isEmpty else { return try await FeatureChoice.feature(named: String(word), in: repository) }
        if request.feature == nil {
            let names = try await repository.featureNames()
            guard names.count == 1 else { return nil }
        }
        return try await FeatureChoice.feature(chosen: request.feature, in: repository)
    }
}

/// What `spec` answers.
package enum FeatureTexts {
    /// The questions and tasks that are shown.
    private static let shown = 5

    /// A feature with its stages, and the repository's others.
    static func text(_ feature: FeatureOverview, of repository: String, links: SpecLinks, all names: [String]) -> String
    {
        let place =
            feature.branch == feature.source
            ? "on branch \(FeatureNames.code(feature.branch))"
            : "on \(FeatureNames.code(feature.source)) (changes go to \(FeatureNames.code(feature.branch)))"
        let title = feature.title.map { "**\(Self.plain($0))** · " } ?? ""
        var parts = [
            "\(title)\(FeatureNames.code(feature.name)) \(place) of \(FeatureNames.code(repository))"
        ]
        parts.append(feature.states.stages.map { "- \(Self.line($0, feature, links))" }.joined(separator: "\n"))
        if !feature.questions.isEmpty {
            let count = feature.questions.count
            let more = count > Self.shown ? ["- and \(count - Self.shown) more"] : []
            parts.append(
                (["Open questions (`clarify` asks them):", ""]
                    + feature.questions.prefix(Self.shown).map { "- \(Self.plain($0))" } + more)
                    .joined(separator: "\n"))
        }
        if let task = feature.tasks.first(where: { !$0.isTicked }) {
            parts.append("Next task: \(task.id) \(Self.plain(task.text))")
        }
        let next = feature.states.next.prefix(3).map { "`\($0.rawValue)`" }
        if !next.isEmpty { parts.append("Next: \(next.joined(separator: ", "))") }
        let others = names.filter { $0 != feature.name }
        if let first = others.first {
            parts.append(
                "Other features: \(FeatureNames.list(others)). `spec \(FeatureNames.number(of: first))` switches.")
        }
        return parts.joined(separator: "\n\n")
    }

    /// No feature is chosen.
    static func list(_ names: [String], of repository: String) -> String {
        guard let newest = names.first else {
            return "\(FeatureNames.code(repository)) has no feature yet: describe one with `specify TEXT`."
        }
        return "This thread has not chosen a feature of \(FeatureNames.code(repository)). There are "
            + "\(FeatureNames.list(names)): choose one as in `spec \(FeatureNames.number(of: newest))`, or begin another "
            + "with `specify TEXT`."
    }

    private static func line(_ status: StageStatus, _ feature: FeatureOverview, _ links: SpecLinks) -> String {
        var line = "`\(status.stage.rawValue)`: \(Self.words(status, feature))"
        guard status.state != .missing, let path = status.path else { return line }
        let isFolder = !path.hasSuffix(".md")
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let url = isFolder ? links.folder(path, on: feature.source) : links.document(path, on: feature.source)
        line += " · [\(Self.plain(name))](\(url))"
        if let commit = feature.commits[status.stage] { line += " `\(commit.id.short)`" }
        return line
    }

    /// The state in words: what is open, how much is done.
    package static func words(_ status: StageStatus, _ feature: FeatureOverview) -> String {
        switch (status.state, status.stage) {
        case (.missing, _): return status.needs.map { "needs `\($0.rawValue)` first" } ?? "not possible yet"
        case (.open, .clarify): return feature.questions.count.counted("open question")
        case (.open, .implement), (.done, .implement):
            return "\(feature.ticked) of \(feature.tasks.count.counted("task")) done"
        case (.ready, .implement): return "ready, \(feature.tasks.count.counted("task"))"
        case (.open, _): return "open"
        case (.findings, .analyze): return Self.findings(feature.errors, feature.warnings)
        case (.findings, _):
            let document = feature.documents.first { $0.path == status.path }
            return Self.findings(document?.errors ?? 0, document?.warnings ?? 0)
        case (.ready, _): return "ready"
        case (.done, _): return "done"
        }
    }

    private static func findings(_ errors: Int, _ warnings: Int) -> String {
        warnings == 0
            ? errors.counted("error") : "\(errors.counted("error")), \(warnings.counted("warning"))"
    }

    /// One line that no Markdown of the document changes.
    private static func plain(_ text: String) -> String {
        EscapedText.markdown(FeatureNames.visible(text.onOneLine, limit: 160))
    }
}
