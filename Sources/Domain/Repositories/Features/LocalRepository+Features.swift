package import Git
internal import Primitives

extension LocalRepository {
    static let root = "specs"
    private static let settingsFolder = ".specify"
    /// The most files that are read of a feature, and of the repository's settings.
    private static let fileLimit = 200
    /// The most features that are listed, the newest.
    private static let featureLimit = 1_000

    /// The feature whose folder has this name. It is read from the branch of the same name, else from the default branch,
    /// else from another one that has it. Nil if no branch has it.
    ///
    /// The name may also be a branch's that was made for another version of a feature, such as `003-login-2`. Throws
    /// ``RepositoryError``.
    package nonisolated func feature(_ name: String) async throws -> FeatureFiles? {
        try await self.find(name) { home, git in try await Self.files(of: home, in: git) }
    }

    /// Where ``feature(_:)`` reads the feature: much less work than its documents, of which there may be 40 MB.
    package nonisolated func featureHome(_ name: String) async throws -> FeatureHome? {
        try await self.find(name) { home, _ in home }
    }

    private nonisolated func find<Found: Sendable>(
        _ name: String, _ body: @Sendable (FeatureHome, GitRepository) async throws -> Found
    ) async throws -> Found? {
        // A folder inside a feature is not itself a feature.
        guard !name.contains("/"), Self.isUsable(name) else { return nil }
        try await self.refresh()
        return try await self.read { git in
            if let (home, branch) = try await Self.home(of: name, in: git) {
                return try await body(FeatureHome(name: name, branch: branch, source: home.name, head: home.id), git)
            }
            guard let folder = Self.original(of: name), let head = try await git.tip(of: name),
                try await git.directories(in: Self.root, at: head).contains(where: { $0.name.equals(folder) })
            else { return nil }
            return try await body(FeatureHome(name: folder, branch: name, source: name, head: head), git)
        }
    }

    /// The names of the features on any branch, the newest first; at most 1,000. Throws ``RepositoryError``.
    package nonisolated func featureNames() async throws -> [String] {
        try await self.refresh()
        return try await self.read { git in try await Self.names(in: git) }
    }

    static func names(in git: GitRepository) async throws -> [String] {
        // Reads each number once and compares bytes: there may be 100,000 names, each of them one long run of marks.
        let numbered = try await git.directoryNames(in: Self.root).compactMap { name in
            NumberedName.number(of: name).map { (number: $0, name: name) }
        }
        let newestFirst = numbered.sorted { one, other in
            one.number == other.number ? other.name.precedes(one.name) : one.number > other.number
        }
        var names: [String] = []
        for (_, name) in newestFirst {
            guard names.count < Self.featureLimit else { break }
            if Self.isUsable(name) { names.append(name) }
        }
        return names
    }

    /// Whether the host takes the name of a folder below `specs/`: Git allows others.
    static func isUsable(_ name: String) -> Bool { (try? GitName.checkPath("\(Self.root)/\(name)")) != nil }

    /// The files below some folders of a commit whose names have these endings, by path. Those whose paths the host
    /// refuses are missing. Throws ``RepositoryError``.
    package nonisolated func files(
        in folders: [String], endings: [String], at commit: GitObjectID, limit: Int
    ) async throws -> GitRepository.Bounded<GitRepository.FoundFile> {
        try await self.read { git in
            var all = GitRepository.Bounded<GitRepository.FoundFile>(items: [], isCut: false)
            for folder in folders {
                let left = limit - all.items.count
                let found = try await git.files(in: folder, endings: endings, at: commit, limit: left).usable
                all.items += found.items
                all.isCut = all.isCut || found.isCut
            }
            return all
        }
    }

    /// `003-login` for `003-login-2`; nil for a name that ends otherwise.
    private static func original(of name: String) -> String? {
        guard let dash = name.lastIndex(of: "-"), let number = Int(name[name.index(after: dash)...]), 2...99 ~= number
        else { return nil }
        return String(name[..<dash])
    }

    /// Where a feature is read, and the branch that its changes go to; nil if no branch has it.
    static func home(
        of name: String, in git: GitRepository
    ) async throws -> (source: GitRepository.Branch, branch: String)? {
        let head = try? await git.headBranch()
        let home = try await git.branch(with: "\(Self.root)/\(name)") { branch in
            if branch.name.equals(name) { return branch.isRemote ? 4 : 0 }
            if branch.isRemote { return branch.localName.equals(name) ? 1 : 4 }
            return head.map(branch.name.equals) == true ? 2 : 3
        }
        guard let home else { return nil }
        // A change must not go to the default branch without review, or to a branch that only remembers a remote one.
        let isHead = head.map(home.name.equals) == true && !home.isRemote
        return (home, isHead ? name : home.localName)
    }

    private static func files(of home: FeatureHome, in git: GitRepository) async throws -> FeatureFiles {
        var found: [GitRepository.FoundFile] = []
        var refused = 0
        for folder in [home.folder, Self.settingsFolder] {
            let all = try await git.files(in: folder, endings: [".md"], at: home.head, limit: Self.fileLimit)
            found += all.usable.items
            refused += all.items.count - all.usable.items.count
        }
        let small = found.filter { $0.size <= Document.sizeLimit }
        let contents = try await git.beginnings(of: small, count: Document.sizeLimit)
        let files = Dictionary(small.compactMap { file in contents[file.id].map { (file.path, $0) } }) { $1 }
        return FeatureFiles(
            name: home.name, branch: home.branch, source: home.source, head: home.head, files: files,
            tooLarge: found.filter { $0.size > Document.sizeLimit }.map(\.path), refused: refused)
    }
}

extension GitRepository.Bounded<GitRepository.FoundFile> {
    /// Without files whose paths the host refuses. Git allows any length, and paths are compared as text.
    var usable: Self {
        let items = self.items.filter { (try? GitName.checkPath($0.path)) != nil }
        return Self(items: items, isCut: self.isCut || items.count < self.items.count)
    }
}

extension GitRepository.Branch {
    /// The name without the remote's.
    fileprivate var localName: String {
        guard self.isRemote, let slash = self.name.utf8.firstIndex(of: UInt8(ascii: "/")) else { return self.name }
        return String(decoding: self.name.utf8[slash...].dropFirst(), as: UTF8.self)
    }
}

/// Where a feature is read and changed, as in ``FeatureFiles``.
package struct FeatureHome: Sendable, Hashable {
    package let name: String
    package let branch: String
    package let source: String
    package let head: GitObjectID

    package var folder: String { "specs/\(self.name)" }
}

/// A feature's documents as one commit of its branch has them.
package struct FeatureFiles: Sendable, Hashable {
    /// The folder's name below `specs/`, such as `007-login-page`.
    package let name: String
    /// Where changes go; normally named like the folder. It need not exist yet: the first change begins it at ``head``.
    package let branch: String
    /// The branch that was read: ``branch``, or the default branch or a remote one while that does not exist.
    package let source: String
    /// The commit that was read. A change that is based on these files names it, so that nothing is overwritten.
    package let head: GitObjectID
    /// Contents by path: the documents below ``folder``, the constitution and the repository's own templates. Files over
    /// ``Document/sizeLimit`` are left out, and those whose paths the host refuses.
    package let files: [String: [UInt8]]
    /// Paths that were left out for their size.
    package let tooLarge: [String]
    /// The number of files that were left out for their paths.
    package let refused: Int

    package init(
        name: String, branch: String, source: String? = nil, head: GitObjectID, files: [String: [UInt8]],
        tooLarge: [String] = [], refused: Int = 0
    ) {
        self.name = name
        self.branch = branch
        self.source = source ?? branch
        self.head = head
        self.files = files
        self.tooLarge = tooLarge
        self.refused = refused
    }

    /// `specs/007-login-page`.
    package var folder: String { "specs/\(self.name)" }

    /// A file's text to read or to show; nil where it does not exist. Its bytes may be others: long runs of marks are
    /// broken.
    package func text(_ path: String) -> String? {
        self.files[path].map { StreamSafeText.of(String(decoding: $0, as: UTF8.self)) }
    }
}
