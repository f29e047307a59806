internal import Git
internal import Primitives
package import Repositories

/// Shows local repositories in the gateway's viewer.
package struct RepositoryViewer: ViewerSource {
    let catalog: RepositoryCatalog

    package init(catalog: RepositoryCatalog) { self.catalog = catalog }

    package func overview(_ repository: String, branch: String?) async throws -> ViewerOverview? {
        try await Self.ifFound {
            let found = try await self.catalog.repository(repository).overview(of: branch)
            return ViewerOverview(
                repository: repository, branch: found.branch, defaultBranch: found.defaultBranch,
                branches: .init(items: found.branches.items.map(Self.branch), isCut: found.branches.isCut),
                features: .init(items: found.features.items.map(Self.feature), isCut: found.features.isCut),
                documents: .init(items: found.documents.items.map(Self.document), isCut: found.documents.isCut),
                entries: found.entries.map(Self.entry))
        }
    }

    package func commit(_ repository: String, _ ref: String) async throws -> ViewerCommit? {
        try await Self.ifFound {
            let page = try await self.catalog.repository(repository).commitPage(ref)
            return ViewerCommit(
                repository: repository, sha: "\(page.commit.id)", parents: page.commit.parents.map { "\($0)" },
                author: Self.person(page.commit.author), committer: Self.person(page.commit.committer),
                message: page.commit.message, files: page.diff.files.map(Self.file),
                total: ViewerCommit.Total(
                    files: page.diff.stat.files, additions: page.diff.stat.additions,
                    deletions: page.diff.stat.deletions))
        }
    }

    package func commits(_ repository: String, _ ref: String, from sha: String?) async throws -> ViewerLog? {
        try await Self.ifFound {
            let found = try await self.catalog.repository(repository).commits(
                of: ref, from: sha, limit: ViewerLog.pageSize + 1)
            let shown = found.prefix(ViewerLog.pageSize).map { commit in
                ViewerLog.Commit(
                    sha: "\(commit.id)", subject: commit.subject.beginning(bytes: 500),
                    author: commit.author.name.beginning(bytes: 100),
                    seconds: commit.committer.seconds, offset: commit.committer.offsetMinutes)
            }
            return ViewerLog(
                repository: repository, ref: ref, commits: shown,
                next: found.count > shown.count ? found.last.map { "\($0.id)" } : nil)
        }
    }

    package func blob(
        _ repository: String, _ ref: String, _ path: String, limit: Int
    ) async throws -> ViewerBlob? {
        try await Self.ifFound {
            let page = try await self.catalog.repository(repository).filePage(path, at: ref, limit: limit)
            return ViewerBlob(repository: repository, ref: ref, path: path, bytes: page.bytes)
        }
    }

    package func tree(_ repository: String, _ ref: String, _ path: String) async throws -> ViewerTree? {
        try await Self.ifFound {
            let page = try await self.catalog.repository(repository).folderPage(path, at: ref)
            return ViewerTree(repository: repository, ref: ref, path: path, entries: page.entries.map(Self.entry))
        }
    }

    /// Nil for what does not exist; throws for any other failure.
    private static func ifFound<Value>(_ body: () async throws -> Value) async throws -> Value? {
        do {
            return try await body()
        } catch let error as RepositoryError
            where [.unknown, .git(.notFound), .git(.invalidName), .git(.unborn)].contains(error.code)
        {
            return nil
        } catch let error as GitError where error.code == .notFound {
            return nil
        } catch let error as RepositoryError {
            throw ViewerRefusal(error.message, isTooLarge: error.code == .git(.tooLarge))
        }
    }

    private static func branch(_ tip: GitRepository.Tip) -> ViewerOverview.Branch {
        ViewerOverview.Branch(
            name: tip.branch.name, sha: "\(tip.commit.id)", subject: tip.commit.subject,
            seconds: tip.commit.committer.seconds, offset: tip.commit.committer.offsetMinutes)
    }

    private static func feature(_ feature: RepositoryOverview.Feature) -> ViewerOverview.Feature {
        ViewerOverview.Feature(
            name: feature.name, branch: feature.branch, documents: feature.documents.map(Self.document))
    }

    private static func document(_ document: RepositoryOverview.Document) -> ViewerOverview.Document {
        let state = document.state
        return ViewerOverview.Document(
            path: document.path, title: state.title, status: state.status, ticked: state.ticked, boxes: state.boxes,
            openQuestions: state.openQuestions)
    }

    private static func person(_ signature: GitSignature) -> ViewerCommit.Person {
        ViewerCommit.Person(
            name: signature.name, email: signature.mail, seconds: signature.seconds, offset: signature.offsetMinutes)
    }

    private static func file(_ change: GitFileChange) -> ViewerFileChange {
        let kind: ViewerFileChange.Kind =
            switch change.status {
            case .added: .added
            case .deleted: .removed
            case .modified, .typeChanged: .modified
            case .renamed: .renamed
            case .copied: .copied
            }
        return ViewerFileChange(
            kind: kind, oldPath: change.oldPath ?? change.path, newPath: change.path, additions: change.additions,
            deletions: change.deletions, isBinary: change.isBinary,
            hunks: change.hunks.map { hunk in
                ViewerFileChange.Hunk(header: hunk.header, lines: hunk.lines.map(Self.line))
            }, isCut: change.isCut)
    }

    private static func line(_ line: GitDiffLine) -> ViewerFileChange.Line {
        let kind: ViewerFileChange.Line.Kind
        switch line.kind {
        case .context: kind = .context
        case .added: kind = .added
        case .deleted: kind = .removed
        case .noNewline: kind = .noNewline
        }
        return ViewerFileChange.Line(
            kind: kind, oldNumber: line.oldNumber, newNumber: line.newNumber, text: Array(line.text.utf8))
    }

    private static func entry(_ entry: GitTreeEntry) -> ViewerTree.Entry {
        let kind: ViewerTree.Entry.Kind =
            switch entry.kind {
            case .directory: .folder
            case .file, .executable: .file
            case .symbolicLink: .link
            case .submodule: .submodule
            }
        return ViewerTree.Entry(name: entry.name, kind: kind, size: entry.size.map { Int($0) })
    }
}
