internal import CGit2
internal import Glibc
internal import Primitives

/// A repository on this machine's disk.
///
/// Each call reopens the repository (a tenth of a millisecond), so that nothing goes stale when other programs change
/// it, and runs as one step on the thread that all repositories share: two calls never interleave, but for those of a
/// repository that is opened for reading, which have other threads. Everything is written as the `git` program writes it; a branch moves only if it is where the caller expects it (compare and set).
package actor GitRepository {
    /// A branch and the commit that it points to.
    package struct Branch: Hashable, Sendable {
        /// `main`, or `origin/main` for a remote branch.
        package let name: String
        package let id: GitObjectID
        package let isRemote: Bool
    }

    /// The directory that contains `.git`, or a bare repository's directory.
    package nonisolated let path: String

    private nonisolated let isForReading: Bool

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        guard self.isForReading else { return unsafe GitLibrary.executor.asUnownedSerialExecutor() }
        let readers = GitLibrary.readers
        let reader = readers[Int(UInt(bitPattern: self.path.hashValue) % UInt(readers.count))]
        return unsafe reader.asUnownedSerialExecutor()
    }

    /// - Parameter isForReading: What changes nothing goes on beside what does.
    package init(path: String, isForReading: Bool = false) {
        self.path = path
        self.isForReading = isForReading
    }

    /// Begins to load the library, which takes milliseconds because it reads the certificates of all authorities. On a thread
    /// of its own: the pool has one for each core.
    package static func load() {
        // If it fails, the first use loads the library.
        _ = startThread { _ = GitLibrary.executor }
    }

    /// Creates the repository if there is none at the path (including parent directories), with the branch `main` and,
    /// if `bare`, without a work tree; and an empty first commit on HEAD's branch if there is no commit. Returns
    /// whether anything was created.
    @discardableResult
    package func initialise(bare: Bool = false, committer: GitSignature) throws(GitError) -> Bool {
        var isCreated = false
        do throws(GitError) {
            unsafe git_repository_free(try self.open())
        } catch  where error.code == .notARepository && PathKind.isAbsentOrEmpty(self.path) {
            try Self.create(self.path, bare: bare)
            isCreated = true
        }
        return try self.makeFirstCommit(committer) || isCreated
    }

    /// Checks that a commit based on `base` (nil: HEAD's branch) is possible, and returns that branch. Otherwise throws
    /// an error that names the obstacle and the remedy.
    package func checkReady(base: String?) throws(GitError) -> Branch {
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        try unsafe self.checkState(repository)
        try unsafe self.checkWritable(repository)
        let name = if let base { base } else { try unsafe self.headBranch(repository) }
        try GitName.checkBranch(name)
        do throws(GitError) {
            return unsafe Branch(name: name, id: try self.tip(of: name, repository), isRemote: false)
        } catch  where error.code == .notFound {
            throw GitError(
                .unborn,
                "the branch \(name) of the repository has no commit yet: make a first commit on it, or configure another branch"
            )
        }
    }

    /// The branch that HEAD names, with or without commits.
    package func headBranch() throws(GitError) -> String {
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        return try unsafe self.headBranch(repository)
    }
}

// Shared with the actor's other files.
extension GitRepository {
    /// The caller frees it.
    func open() throws(GitError) -> OpaquePointer {
        _ = GitLibrary.executor
        var repository: OpaquePointer?
        let flags = GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue
        let status = unsafe git_repository_open_ext(&repository, self.path, flags, nil)
        if status == 0, let repository = unsafe repository { return unsafe repository }
        throw self.openError(status)
    }

    /// The objects.
    func openStore() throws(GitError) -> GitObjects { try unsafe GitObjects(owning: self.open(), at: self.path) }

    func tip(of branch: String, _ repository: OpaquePointer) throws(GitError) -> GitObjectID {
        var id = git_oid()
        let status = unsafe git_reference_name_to_id(&id, repository, "refs/heads/" + branch)
        try GitLibrary.check(status, "the branch \(GitName.printable(branch))")
        return GitObjectID(id)
    }

    func headBranch(_ repository: OpaquePointer) throws(GitError) -> String {
        let head = try unsafe GitLibrary.make("HEAD") { unsafe git_reference_lookup($0, repository, "HEAD") }
        defer { unsafe git_reference_free(head) }
        let prefix = "refs/heads/"
        guard let target = unsafe git_reference_symbolic_target(head) else {
            throw GitError(
                .detached,
                "HEAD of the repository is at a commit instead of a branch: `git switch` to a branch, or configure one")
        }
        let name = unsafe String(cString: target)
        guard name.hasPrefix(prefix) else {
            throw GitError(
                .detached, "HEAD of the repository does not name a branch: `git switch` to one, or configure one")
        }
        return String(name.dropFirst(prefix.count))
    }

    func checkState(_ repository: OpaquePointer) throws(GitError) {
        let doing: (String, String)? =
            switch unsafe git_repository_state_t(UInt32(bitPattern: git_repository_state(repository))) {
            case GIT_REPOSITORY_STATE_NONE: nil
            case GIT_REPOSITORY_STATE_MERGE: ("merge", "merge")
            case GIT_REPOSITORY_STATE_REVERT, GIT_REPOSITORY_STATE_REVERT_SEQUENCE: ("revert", "revert")
            case GIT_REPOSITORY_STATE_CHERRYPICK, GIT_REPOSITORY_STATE_CHERRYPICK_SEQUENCE:
                ("cherry-pick", "cherry-pick")
            case GIT_REPOSITORY_STATE_BISECT: ("bisection", "bisect")
            case GIT_REPOSITORY_STATE_APPLY_MAILBOX: ("mailbox", "am")
            default: ("rebase", "rebase")
            }
        guard let (noun, command) = doing else { return }
        let remedy =
            command == "bisect"
            ? "end it with `git bisect reset`"
            : "end it with `git \(command) --continue` or drop it with `git \(command) --abort`"
        throw GitError(.unfinished, "a \(noun) is unfinished in the repository \(self.path): \(remedy), then try again")
    }

    func commitHandle(_ id: GitObjectID, _ repository: OpaquePointer) throws(GitError) -> OpaquePointer {
        let database = try unsafe GitLibrary.make("the repository") { unsafe git_repository_odb($0, repository) }
        defer { unsafe git_odb_free(database) }
        return try unsafe GitLibrary.commit(id, in: repository, database)
    }

    private func checkWritable(_ repository: OpaquePointer) throws(GitError) {
        guard let directory = unsafe git_repository_commondir(repository) else { return }
        let base = unsafe String(cString: directory)
        for part in ["objects", "refs", "refs/heads"] {
            guard unsafe access(base + part, W_OK | X_OK) != 0, errno != ENOENT else { continue }
            let why = errno == EROFS ? "the file system is read-only" : "permission denied"
            throw GitError(
                .notWritable,
                "the repository can't be written (\(base)\(part): \(why)): give jetbridge's user write access to it")
        }
    }

    private func openError(_ status: Int32) -> GitError {
        // libgit2 1.5.1 reports "config value 'safe.directory' was not found" if that value is not set.
        if git_error_code(status) == GIT_EOWNER || GitLibrary.lastMessage.contains("safe.directory") {
            return GitError(
                .foreignOwner,
                "the repository \(self.path) belongs to another user: chown it to jetbridge's user, or as that user run `git config --global --add safe.directory \(self.path)`"
            )
        }
        switch PathKind(self.path) {
        case .belowFile:
            return GitError(
                .pathIsFile, "\(self.path) can't be a repository because a file is in its path: move the file away")
        case .file:
            return GitError(
                .pathIsFile, "\(self.path) is a file, not a repository: move it away, or configure another path")
        case .forbidden:
            return GitError(.notWritable, "\(self.path) can't be read: give jetbridge's user access to it")
        case .absent:
            return GitError(
                .notARepository,
                "there is no repository at \(self.path): make one with `git init`, or correct the path")
        case .directory: break
        }
        guard git_error_code(status) == GIT_ENOTFOUND else {
            return GitLibrary.error(status, "the repository \(self.path)")
        }
        return GitError(
            .notARepository, "\(self.path) is not a repository: run `git init` in it, or correct the path"
        )
    }
}

// Creating a repository.
extension GitRepository {
    static func create(_ path: String, bare: Bool) throws(GitError) {
        let flags = GIT_REPOSITORY_INIT_NO_REINIT.rawValue | (bare ? GIT_REPOSITORY_INIT_BARE.rawValue : 0)
        let repository = try unsafe self.make("the new repository \(path)", path, flags)
        defer { unsafe git_repository_free(repository) }
        guard bare else { return }
        // By default, Git keeps no reflog in a bare repository.
        let configuration = try unsafe GitLibrary.make("the new repository's configuration") {
            unsafe git_repository_config($0, repository)
        }
        defer { unsafe git_config_free(configuration) }
        unsafe git_config_set_bool(configuration, "core.logAllRefUpdates", 1)
    }

    /// Creates a mirror, without reflogs: the server's branches are not this machine's work.
    static func createMirror(_ path: String) throws(GitError) {
        unsafe git_repository_free(
            try self.make("the new mirror \(path)", path, GIT_REPOSITORY_INIT_BARE.rawValue))
    }

    /// With the branch `main`; the caller frees it.
    private static func make(_ what: String, _ path: String, _ flags: UInt32) throws(GitError) -> OpaquePointer {
        var options = unsafe git_repository_init_options()
        unsafe git_repository_init_options_init(&options, UInt32(GIT_REPOSITORY_INIT_OPTIONS_VERSION))
        unsafe options.flags = GIT_REPOSITORY_INIT_MKPATH.rawValue | flags
        let main = unsafe GitLibrary.copy("main")
        defer { unsafe main.deallocate() }
        unsafe options.initial_head = unsafe UnsafePointer(main)
        return try unsafe GitLibrary.make(what) { unsafe git_repository_init_ext($0, path, &options) }
    }

    private func makeFirstCommit(_ committer: GitSignature) throws(GitError) -> Bool {
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        // An unborn HEAD alone is not enough: a repository with other branches is not ours to initialise.
        let isEmpty = unsafe git_repository_is_empty(repository)
        try GitLibrary.check(isEmpty, "the repository \(self.path)")
        let isUnborn = if isEmpty == 1 { true } else { try unsafe self.isUnborn(repository) }
        guard isUnborn else { return false }
        let branch = try unsafe self.headBranch(repository)
        var tree = git_oid()
        try unsafe GitLibrary.check(
            git_tree_create_updated(&tree, repository, nil, 0, nil), "the first commit")
        let id = try unsafe self.writeCommit(
            tree: tree, parents: [], author: committer, committer: committer, message: "Begin the repository\n",
            repository)
        try unsafe self.moveBranch(
            branch, from: nil, to: id, log: "commit (initial): Begin the repository", as: committer, repository)
        return true
    }

    /// Whether HEAD names a branch without a commit and there is no other branch. `git_repository_is_empty` is false if
    /// HEAD is not the configured initial branch.
    private func isUnborn(_ repository: OpaquePointer) throws(GitError) -> Bool {
        guard unsafe git_repository_head_unborn(repository) == 1 else { return false }
        return try unsafe self.branches(repository).isEmpty
    }
}
