internal import Git

/// A feature's `tasks.md` as one commit of its branch has it.
package struct FeatureTaskList: Sendable {
    /// The folder's name below `specs/`, such as `007-login-page`.
    package let name: String
    /// As in ``FeatureFiles``.
    package let branch: String
    package let source: String
    package let path: String
    package let bytes: [UInt8]
}

extension LocalRepository {
    /// The task lists of the newest features, as they were last read from a server. Reads only these files: a feature
    /// may have 400 others. Leaves out those over ``Document/sizeLimit``. Throws ``RepositoryError``.
    package nonisolated func knownTaskLists(limit: Int) async throws -> [FeatureTaskList] {
        try await self.read { git in
            var lists: [FeatureTaskList] = []
            for name in try await Self.names(in: git).prefix(limit) {
                guard let (home, branch) = try await Self.home(of: name, in: git) else { continue }
                let path = "\(Self.root)/\(name)/tasks.md"
                do {
                    let bytes = try await git.file(path, at: home.id, limit: Document.sizeLimit)
                    lists.append(
                        FeatureTaskList(name: name, branch: branch, source: home.name, path: path, bytes: bytes))
                } catch let error as GitError where error.code == .notFound || error.code == .tooLarge {
                    continue
                }
            }
            return lists
        }
    }
}
