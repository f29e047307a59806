internal import EventLoop
internal import Git
internal import Lifecycle
internal import Repositories

/// The branch that the files are on, and its last commit, which others may move.
extension Workspace {
    /// The commit that the files were last made from or committed as; nil without a repository.
    func position() async throws -> GitObjectID? {
        guard let branch = self.branch else { return nil }
        let head = try await self.head()?.head ?? self.base
        return await self.layout.apart { $0.readHead(of: branch) }.flatMap { GitObjectID($0) } ?? head
    }

    /// Brings the files to the branch's last commit, if somebody else has moved it. Throws ``WorkspaceFailure`` when
    /// uncommitted changes are in the way; then nothing is changed.
    func follow(_ files: WorkFiles) async throws {
        guard let branch = self.branch, let (tip, _) = try await self.head(), let tip else { return }
        try await self.completeTakeOver(files)
        try await self.move(files, to: tip, on: branch)
    }

    /// Brings the files to a commit of a branch, which may be another one than before, and keeps uncommitted changes.
    /// Doing it again after a crash completes it. Throws ``WorkspaceFailure`` when changes are in the way.
    func move(to commit: GitObjectID, on branch: String) async throws {
        try await self.call { files in try await self.move(files, to: commit, on: branch) }
    }

    private func move(_ files: WorkFiles, to commit: GitObjectID, on target: String) async throws {
        guard let branch = self.branch, self.repository != nil, let old = try await self.position(),
            old != commit || branch != target
        else { return }
        if let inside = try await files.tip(of: branch), inside != old, let head = try await self.head()?.head,
            try await !self.isKnown(inside, at: head)
        {
            throw WorkspaceFailure(
                "the workspace has commits of \(branch) that are not taken over yet: take them over with a command such "
                    + "as `run true`, or undo them with `git reset --soft`")
        }
        if old != commit {
            let update = try await files.update(
                from: old, to: commit, as: self.gitSettings(), within: self.settings.room)
            guard update.conflicts.isEmpty else {
                throw WorkspaceTexts.inTheWay(update.conflicts, of: branch, to: target, at: commit)
            }
            if let failed = update.restoration.failed.first {
                throw WorkspaceFailure(
                    "the workspace cannot be brought to \(commit.short) of \(target) because \(failed.path) cannot be "
                        + "written (\(failed.reason)): move what is in the way, then try again")
            }
            _ = try await self.keep(
                update.before, "before \(commit.short) of \(target)", moved: BranchMove(from: old, to: commit))
            await self.report(unheld: update.restoration.unheld)
        }
        try await files.setHead(target, to: commit, index: self.layout.indexDraft)
        try await self.writeHead(commit, of: target)
    }

    package func discardChanges(_ reason: String) async throws -> WorkspaceSnapshot? {
        try await self.call { files in
            guard let head = try await self.position() else { return nil }
            let update = try await files.discardChanges(since: head, as: self.gitSettings())
            guard update.restoration.written + update.restoration.removed > 0 else { return nil }
            let before = try await self.keep(update.before, reason)
            if self.bundles != nil { _ = try await self.scan(files) }
            return before
        }
    }

    func writeHead(_ commit: GitObjectID, of branch: String) async throws {
        try await self.write { (layout) throws(SystemError) in try layout.writeHead(commit.hex, of: branch) }
    }
}

enum WorkspaceTexts {
    /// - Parameter limit: Bytes of a file.
    static func unheld(_ files: [UnheldFile], limit: Int64) -> String {
        // Rounded up, as the limit is a whole number.
        let names = files.listed { "`\(WorkbenchTexts.plain($0.path))` (\(($0.size - 1) >> 20 + 1) MB)" }
        let (are, they, stay) =
            files.count == 1 ? ("is", "it stays", "is not") : ("are", "they stay", "are not")
        return "\(names) \(are) larger than this workspace holds (\(limit >> 20) MB): "
            + "\(they) on the branch as \(files.count == 1 ? "it is" : "they are") and \(stay) in the workspace."
    }

    static let unsigned =
        "The commit is not signed, though the repository asks for it (`commit.gpgsign`): this host has no key. Sign it in a "
        + "clone with `git commit --amend -S` where the branch's rules need it. This is said once."

    static func inSubmodules(_ paths: [String]) -> String {
        let names = paths.listed { "`\(WorkbenchTexts.plain($0))`" }
        return paths.count == 1
            ? "\(names) is a submodule: what is in its folder is not committed here. Commit it in the submodule's own "
                + "repository."
            : "\(names) are submodules: what is in their folders is not committed here. Commit it in the submodules' "
                + "own repositories."
    }

    static func inTheWay(
        _ paths: [String], of branch: String, to target: String, at commit: GitObjectID
    ) -> WorkspaceFailure {
        let files = paths.listed { $0 }
        guard branch == target else {
            return WorkspaceFailure(
                "the workspace cannot change from the branch \(branch) to \(target), because files that differ there "
                    + "have uncommitted changes (\(files)): `commit` them to \(branch), or take them back with `undo`")
        }
        return WorkspaceFailure(
            "the branch \(branch) has moved on to \(commit.short), which changes files that have uncommitted changes here "
                + "as well (\(files)): look at yours with `diff` and take them back with `undo`")
    }
}
