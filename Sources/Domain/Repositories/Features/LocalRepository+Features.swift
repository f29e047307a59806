internal import Git

extension LocalRepository {
    private static let settingsFolder = ".specify"

    /// The feature whose folder has this name, on its own branch, else on the default branch or another one that has it.
    /// Nil if no branch has it. Throws ``RepositoryError``.
    package nonisolated func feature(_ name: String) async throws -> FeatureFiles? {
        try await self.call { git in
            guard let home = try await Self.home(of: name, in: git) else { return nil }
            return try await Self.files(of: name, on: home, in: git)
        }
    }

    /// The names of all features on any branch, the newest first. Throws ``RepositoryError``.
    package nonisolated func featureNames() async throws -> [String] {
        try await self.call { git in
            try await git.directoryNames(in: "specs").filter { NumberedName.number(of: $0) != nil }
                .sorted { ($1.utf8.count, $1) < ($0.utf8.count, $0) }
        }
    }

    private static func home(of name: String, in git: GitRepository) async throws -> GitRepository.Branch? {
        let branches = try await git.branches()
        let head = try? await git.headBranch()
        let ranked = branches.filter { $0.name == name } + branches.filter { $0.name == head } + branches
        for branch in ranked {
            if try await git.directories(in: "specs", at: branch.id).contains(where: { $0.name == name }) {
                return branch
            }
        }
        return nil
    }

    private static func files(
        of name: String, on branch: GitRepository.Branch, in git: GitRepository
    ) async throws -> FeatureFiles {
        var found = try await git.files(in: "specs/\(name)", endings: [".md"], at: branch.id, limit: 200).items
        found += try await git.files(in: Self.settingsFolder, endings: [".md"], at: branch.id, limit: 200).items
        var files: [String: [UInt8]] = [:]
        var tooLarge: [String] = []
        for file in found {
            guard file.size <= Document.sizeLimit else {
                tooLarge.append(file.path)
                continue
            }
            files[file.path] = try await git.file(file.path, at: branch.id, limit: Document.sizeLimit)
        }
        return FeatureFiles(name: name, branch: branch.name, head: branch.id, files: files, tooLarge: tooLarge)
    }
}
