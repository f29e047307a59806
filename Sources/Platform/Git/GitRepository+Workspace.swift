internal import CGit2
internal import Glibc
internal import Primitives

extension GitObjectID {
    /// The hash of a file's content as a Git object.
    package static func blob(_ bytes: [UInt8]) -> GitObjectID? {
        var id = git_oid()
        // In case nothing else has started the library.
        _ = GitLibrary.executor
        let status = unsafe bytes.withUnsafeBytes {
            unsafe git_odb_hash(&id, $0.baseAddress, $0.count, GIT_OBJECT_BLOB)
        }
        return status == 0 ? GitObjectID(id) : nil
    }
}

extension GitRepository {
    /// The folder of the objects.
    package func objectsFolder() throws(GitError) -> String {
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        guard let path = unsafe git_repository_commondir(repository) else {
            throw GitLibrary.error(-1, "the repository \(self.path)")
        }
        return unsafe String(cString: path) + "objects"
    }

    /// Creates a bare repository for objects if there is none, with `objects` as an additional source of them. Returns
    /// whether it was created.
    @discardableResult
    package func createStore(sharing objects: String?) throws(GitError) -> Bool {
        var isCreated = false
        // HEAD is created last: without it, an earlier creation was interrupted and is repeated.
        if case .file = PathKind(self.path + "/HEAD") {
        } else {
            try Self.create(self.path, bare: true)
            isCreated = true
        }
        guard let objects else { return isCreated }
        let folder = "\(self.path)/objects/info"
        _ = unsafe mkdir(folder, 0o755)
        let status = try Folder(path: folder).write(
            Array("\(objects)\n".utf8), to: Array("alternates".utf8), mode: 0o644, owner: nil)
        guard status == 0 else { throw GitError(system: status, "write", "the store") }
        return isCreated
    }

    /// Whether `old` is `new` or one of its ancestors. Throws ``GitError/Code/tooLarge`` where the history is too much
    /// to read; see ``HistoryEffort``.
    package func isAncestor(_ old: GitObjectID, of new: GitObjectID) throws(GitError) -> Bool {
        guard old != new else { return true }
        let store = try self.openStore()
        var search = try CommonAncestor(of: old, new, in: store)
        return try search.isFirstContained()
    }

    /// Where a local branch is; nil if there is none.
    package func tip(of branch: String) throws(GitError) -> GitObjectID? {
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        do throws(GitError) {
            return try unsafe self.tip(of: branch, repository)
        } catch  where error.code == .notFound {
            return nil
        }
    }

    /// Whether the repository has all of these objects.
    package func hasAll(_ ids: Set<GitObjectID>) throws(GitError) -> Bool {
        let store = try GitObjects(path: self.path)
        return ids.allSatisfy { store.has(ObjectKey($0)) }
    }

    /// Creates a commit of a tree from another store on this machine, and moves `branch` to it. Throws and changes
    /// nothing if the branch is not at `expected` (nil: it must not exist) or is checked out.
    ///
    /// - Parameter target: Where the commit goes; only `branch` moves the branch.
    package func commit(
        tree: GitObjectID, from path: String, onto parent: GitObjectID, branch: String, expected: GitObjectID?,
        author: GitSignature, committer: GitSignature, message: String, trailers: [GitTrailer],
        to target: CommitTarget = .branch
    ) throws(GitError) -> GitObjectID {
        try GitName.checkBranch(branch)
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        try unsafe self.checkFree(branch, expected, repository)
        var copy = try ObjectCopy(from: GitObjects(path: path), to: GitObjects(path: self.path))
        try copy.add(tree: ObjectKey(tree))
        try copy.finish()
        let change = GitChange(
            files: [:], branch: branch, base: .tip, author: author, committer: committer, message: message,
            trailers: trailers)
        let text = change.fullMessage
        let id = try unsafe self.writeCommit(
            tree: tree.raw, parents: [parent], author: author, committer: committer, message: text, repository)
        try unsafe self.move(
            target, branch, from: expected, to: id, log: "commit: \(text.prefix { !$0.isNewline })", as: committer,
            repository)
        return id
    }

    /// The commits in a quarantine that continue `base`, oldest first, without those that are on a branch here.
    ///
    /// Throws unless they continue `base`, all their objects exist, no tree has a name that means `.git`, and none adds
    /// a submodule, a file of more than `fileBytes`, or more than can be shown, or removes a file of that size, or changes one
    /// over which Git would run a program.
    package func quarantined(
        in quarantine: String, after base: GitObjectID, upTo new: GitObjectID, limit: Int = 1_000, fileBytes: Int
    ) throws(GitError) -> [GitCommit] {
        let store = try self.openStore()
        let known = try unsafe self.branches(store.repository).map(\.id)
        return try QuarantineCheck(
            store: GitObjects(path: quarantine), known: store, limit: limit, fileBytes: fileBytes,
            settings: self.settings()
        ).commits(from: base, to: new, without: known)
    }

    /// Makes quarantined commits anew in this repository: with the same trees and messages, other people and trailers.
    /// Moves no branch. Returns the last one; nil without any.
    ///
    /// - Parameters:
    ///   - commits: As ``quarantined(in:after:upTo:limit:)`` returns them.
    ///   - author: Of all of them; an author who is neither this one nor the committer is named in a trailer.
    package func adopt(
        _ commits: [GitCommit], from quarantine: String, author: GitSignature, committer: GitSignature,
        trailers: [GitTrailer]
    ) throws(GitError) -> GitObjectID? {
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        let source = try GitObjects(path: quarantine)
        var copy = try ObjectCopy(from: source, to: GitObjects(path: self.path))
        for commit in commits { try copy.add(tree: source.tree(ofCommit: commit.id)) }
        try copy.finish()
        var new: [GitObjectID: GitObjectID] = [:]
        var last: GitObjectID?
        for commit in commits {
            var trailers = trailers
            if commit.author.mail != author.mail, commit.author.mail != committer.mail {
                trailers.append(GitTrailer("Original-Author", "\(commit.author.name) <\(commit.author.mail)>"))
            }
            let tree = try source.tree(ofCommit: commit.id)
            let text = GitChange.message(commit.message, trailers, hasTrailers: !commit.trailers.isEmpty)
            let id = try unsafe self.writeCommit(
                tree: tree.id.raw, parents: commit.parents.map { new[$0] ?? $0 },
                author: GitSignature(
                    name: author.name, mail: author.mail, seconds: min(commit.author.seconds, committer.seconds)),
                committer: committer, message: text, repository)
            new[commit.id] = id
            last = id
        }
        return last
    }

    /// Moves `branch` to a commit that this repository has. Throws and changes nothing if the branch is not at
    /// `expected` (nil: it must not exist) or is checked out.
    package func move(
        _ branch: String, from expected: GitObjectID?, to new: GitObjectID, log: String, as committer: GitSignature,
        to target: CommitTarget = .branch
    ) throws(GitError) {
        try GitName.checkBranch(branch)
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        try unsafe self.checkFree(branch, expected, repository)
        try unsafe self.move(target, branch, from: expected, to: new, log: log, as: committer, repository)
    }

    /// Copies a commit from another store on this machine, with as much of its history as this repository lacks. No
    /// branch moves.
    package func take(_ commit: GitObjectID, from path: String) throws(GitError) {
        let (source, target) = (try GitObjects(path: path), try GitObjects(path: self.path))
        var (missing, waiting): ([GitObjectID], [GitObjectID]) = ([], [commit])
        var seen: Set<GitObjectID> = []
        while let id = waiting.popLast() {
            guard !target.has(ObjectKey(id)), seen.insert(id).inserted else { continue }
            missing.append(id)
            waiting += try GitCommit(id, in: source).parents
        }
        var copy = ObjectCopy(from: source, to: target)
        for id in missing.reversed() { try copy.add(commit: id) }
        try copy.finish()
    }

    private func checkFree(
        _ branch: String, _ expected: GitObjectID?, _ repository: OpaquePointer
    ) throws(GitError) {
        guard expected != nil else { return }
        guard try unsafe self.isCheckedOut(branch, repository) else { return }
        throw GitError(
            .dirtyWorkTree,
            "the branch \(branch) is checked out in the repository's work tree: switch that to another branch")
    }
}
