internal import Chat
internal import Git
internal import Repositories

/// Workspaces follow the branch that their session works on.
extension Workspaces {
    /// Brings an existing workspace to the branch that is wanted now and to its last commit. Returns whether it is on
    /// another branch than before.
    func move(
        _ workspace: Workspace, _ state: inout WorkspaceState, _ feature: String?, _ update: SessionPlace.Update
    ) async throws -> Bool {
        guard let repository = workspace.repository, let old = state.branch else { return false }
        let branch = Self.branch(of: workspace.session, feature)
        do {
            if branch == old {
                guard let tip = try await repository.git.tip(of: branch) else { return false }
                try await workspace.move(to: tip, on: branch)
                return false
            }
            let start = try await Self.beginning(of: branch, feature, in: repository)
            try await workspace.move(to: start, on: branch)
            state.branch = branch
            state.base = start.hex
            return true
        } catch let error as WorkspaceFailure {
            switch update {
            case .required, .none: throw error
            case .unlessCommits:
                // A command that is to free space runs on the files as they are.
                if error.isDiskFull { return false }
                guard try await workspace.hasForeignCommits() else { throw error }
            case .possible: break
            }
            return false
        } catch let error as GitError {
            throw workspace.failure(error)
        } catch let error as RepositoryError {
            throw WorkspaceFailure("the workspace cannot be brought to the branch \(branch): \(error.message)")
        }
    }

    /// The last commit of a branch; where it does not exist yet, the commit that it will continue.
    static func beginning(
        of branch: String, _ feature: String?, in repository: LocalRepository
    ) async throws -> GitObjectID {
        let ready = try await repository.checkReady()
        if let tip = try await repository.git.tip(of: branch) { return tip }
        guard let feature else { return ready.id }
        // Its own branch may have been merged and deleted.
        return try await repository.feature(feature)?.head ?? ready.id
    }
}
