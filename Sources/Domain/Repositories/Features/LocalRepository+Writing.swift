internal import Git

extension LocalRepository {
    /// Commits documents on an existing branch. Throws ``RepositoryError``.
    package nonisolated func write(_ change: DocumentChange) async throws -> WriteOutcome {
        let name = self.name
        let committer = self.committer
        let files = Dictionary(change.documents.map { ($0.path, $0.bytes as [UInt8]?) }) { _, last in last }
        return try await self.call { git in
            do {
                let id = try await git.commit(
                    GitChange(
                        files: files, branch: change.branch, base: .at(change.base), author: change.author,
                        committer: committer,
                        message: change.body.isEmpty ? change.subject : "\(change.subject)\n\n\(change.body)",
                        trailers: [Self.trailer(change.turn)]))
                return .committed(
                    MadeCommit(
                        repository: name, id: id, branch: change.branch, subject: change.subject,
                        stat: try await git.stat(of: id)))
            } catch let error as GitError where error.code == .unchanged {
                return .unchanged
            }
        }
    }
}
