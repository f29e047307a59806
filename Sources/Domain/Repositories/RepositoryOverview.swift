package import Git
internal import Primitives

/// The content of a repository's own page: its branches and its documents.
package struct RepositoryOverview: Sendable {
    /// A Markdown document.
    package struct Document: Sendable {
        package let path: String
        /// In bytes.
        package let size: Int
        package let state: DocumentState
    }

    /// A folder below `specs/`, on the branch where it is most likely maintained.
    package struct Feature: Sendable {
        /// The folder's name: `001-login-page`. Folders whose names are refused are left out.
        package let name: String
        package let branch: String
        /// `spec.md` first.
        package let documents: [Document]
    }

    /// What the page shows: the default branch unless another one was chosen.
    package let branch: String
    package let defaultBranch: String
    /// The default branch first, then the most recently changed ones.
    package let branches: GitRepository.Bounded<GitRepository.Tip>
    package let features: GitRepository.Bounded<Feature>
    /// Documents that belong to no feature.
    package let documents: GitRepository.Bounded<Document>
    package let entries: [GitTreeEntry]
}

/// The limits of what a repository's page reads and shows, because a repository may have any size.
package struct OverviewLimits: Sendable {
    package var branches = 200
    package var features = 200
    package var documents = 200
    package var documentsPerFeature = 20
    /// Of folders that are looked at to find the features.
    package var folders = 10_000

    package init() {}
}

extension LocalRepository {
    /// Branches, documents and files of the default branch, or of `branch`. With the default branch, features of all
    /// branches are included: each is written on a branch of its own. Throws ``RepositoryError``, with code
    /// `git(.notFound)` for an unknown branch.
    package nonisolated func overview(
        of branch: String? = nil, limits: OverviewLimits = OverviewLimits()
    ) async throws -> RepositoryOverview {
        await self.refreshIfPossible()
        let configured = self.branch
        return try await self.read { git in
            var tips = try await git.tips(limit: limits.branches)
            let head = try await Self.defaultBranch(of: git, configured, tips.items)
            let ranked = tips.items.map { (tip: $0, isHead: $0.branch.name.equals(head)) }.sorted { left, right in
                guard left.isHead == right.isHead else { return left.isHead }
                return left.tip.commit.committer.seconds > right.tip.commit.committer.seconds
            }
            tips.items = ranked.map(\.tip)
            let shown = branch ?? head
            let id = try await git.resolve(shown)
            let sources = branch == nil ? tips.items.map { ($0.branch.name, $0.branch.id) } : [(shown, id)]
            var states: [GitObjectID: DocumentState] = [:]
            let features = try await Self.features(on: sources, of: git, limits, &states)
            let files = try await git.files(
                in: "", endings: Document.endings, at: id, limit: limits.documents * 4
            ).usable
            var others = files
            others.items = Array(
                files.items.filter { !Self.isOfFeature($0.path) }.prefix(limits.documents))
            others.isCut = files.isCut || files.items.count { !Self.isOfFeature($0.path) } > limits.documents
            let documents = try await Self.documents(others.items, of: git, &states)
            return RepositoryOverview(
                branch: shown, defaultBranch: head, branches: tips, features: features,
                documents: GitRepository.Bounded(items: documents, isCut: others.isCut),
                entries: try await git.entries(in: "", at: id))
        }
    }

    /// HEAD's branch; while HEAD is at a commit, as during a bisection, the configured or the newest one.
    private static func defaultBranch(
        of git: GitRepository, _ configured: String?, _ tips: [GitRepository.Tip]
    ) async throws(GitError) -> String {
        do {
            return try await git.headBranch()
        } catch {
            let hasConfigured = configured.map { name in tips.contains { $0.branch.name.equals(name) } } ?? false
            if error.code == .detached, let configured, hasConfigured { return configured }
            let newest = tips.max { $0.commit.committer.seconds < $1.commit.committer.seconds }
            guard error.code == .detached, let newest else { throw error }
            return newest.branch.name
        }
    }

    /// Each folder once: from the branch that is named after it, else from the first one that has it.
    private static func features(
        on branches: [(name: String, id: GitObjectID)], of git: GitRepository, _ limits: OverviewLimits,
        _ states: inout [GitObjectID: DocumentState]
    ) async throws -> GitRepository.Bounded<RepositoryOverview.Feature> {
        // By bytes: each branch may have 10,000 names, each of them one long run of marks.
        var homes: [[UInt8]: (name: String, id: GitObjectID)] = [:]
        let folders = try await git.directoryNames(
            in: Self.root, at: branches.map { $0.id }, limit: limits.folders)
        for (branch, names) in zip(branches, folders.items) {
            let own = Array(branch.name.utf8)
            for name in names.map({ Array($0.utf8) }) where homes[name] == nil || name == own { homes[name] = branch }
        }
        // A name that Git allows and the host refuses has no page either. The newest feature has the highest number.
        let names = homes.keys.filter { Self.isUsable(String(decoding: $0, as: UTF8.self)) }
            .sorted { $1.lexicographicallyPrecedes($0) }
        var features: [RepositoryOverview.Feature] = []
        for bytes in names.prefix(limits.features) {
            guard let home = homes[bytes] else { continue }
            let name = String(decoding: bytes, as: UTF8.self)
            let files = try await git.files(
                in: "\(Self.root)/\(name)", endings: Document.endings, at: home.id, limit: limits.documentsPerFeature)
            let documents = try await Self.documents(files.usable.items, of: git, &states)
            let sorted = documents.filter { Self.isSpecification($0) } + documents.filter { !Self.isSpecification($0) }
            features.append(RepositoryOverview.Feature(name: name, branch: home.name, documents: sorted))
        }
        let isCut = names.count < homes.count || names.count > limits.features || folders.isCut
        return GitRepository.Bounded(items: features, isCut: isCut)
    }

    /// - Parameter states: What has been read for the page: many of its files may have the same content.
    private static func documents(
        _ files: [GitRepository.FoundFile], of git: GitRepository, _ states: inout [GitObjectID: DocumentState]
    ) async throws -> [RepositoryOverview.Document] {
        let unread = files.filter { states[$0.id] == nil }
        for (id, bytes) in try await git.beginnings(of: unread, count: DocumentState.readLimit) {
            try Task.checkCancellation()
            await Task.yield()
            states[id] = DocumentState(StreamSafeText.of(String(decoding: bytes, as: UTF8.self)))
        }
        return files.map { file in
            RepositoryOverview.Document(
                path: file.path, size: file.size, state: states[file.id] ?? DocumentState(""))
        }
    }

    private static func isSpecification(_ document: RepositoryOverview.Document) -> Bool {
        document.path.utf8.suffix(8).elementsEqual("/spec.md".utf8)
    }

    private static func isOfFeature(_ path: String) -> Bool {
        let start = "\(Self.root)/"
        return path.utf8.starts(with: start.utf8)
            && path.utf8.dropFirst(start.utf8.count).contains(UInt8(ascii: "/"))
    }
}
