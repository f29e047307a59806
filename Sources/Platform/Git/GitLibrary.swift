internal import CGit2
internal import CGitMemory
internal import Primitives

/// The thread for all of libgit2's blocking calls, and the mapping of its errors.
enum GitLibrary {
    /// The thread that all repositories share; starts the library on first use. Commits are flushed to disk before a
    /// call returns, because a commit that has been announced must survive a crash.
    static let executor: ThreadExecutor = {
        git_libgit2_init()
        git_memory_install(GitFetchMemory.shared)
        cgit2_enable_fsync()
        cgit2_release_certificates()
        // The usual permissions of `git`: another user, such as a jail's, can read objects in a folder that it can
        // enter. Private repositories are in private folders.
        return ThreadExecutor(name: "git", umask: 0o022)
    }()

    /// Threads for what people look at: the history and the differences of a hostile commit take seconds, for which commits
    /// must not wait.
    static let readers: [ThreadExecutor] = {
        _ = Self.executor  // starts the library
        return (1...2).map { ThreadExecutor(name: "git-read-\($0)", umask: 0o022) }
    }()

    /// Throws if `status` is an error. `what` is the subject of the message: "the commit 1234".
    static func check(_ status: Int32, _ what: @autoclosure () -> String) throws(GitError) {
        guard status < 0 else { return }
        throw Self.error(status, what())
    }

    /// Calls a libgit2 constructor. The caller frees the result.
    static func make(
        _ what: @autoclosure () -> String, _ body: (UnsafeMutablePointer<OpaquePointer?>) -> Int32
    ) throws(GitError) -> OpaquePointer {
        var object: OpaquePointer?
        let status = unsafe body(&object)
        guard status >= 0, let object = unsafe object else { throw Self.error(min(status, -1), what()) }
        return unsafe object
    }

    /// The repository at a path; the caller frees it.
    static func open(_ path: String, _ what: @autoclosure () -> String) throws(GitError) -> OpaquePointer {
        try unsafe self.make(what()) {
            unsafe git_repository_open_ext($0, path, GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue, nil)
        }
    }

    /// Points a reference at an object, or removes it if it exists. Throws ``GitError/Code/exists`` for one that is there,
    /// unless it may be replaced.
    static func setReference(
        _ name: String, to id: GitObjectID?, in repository: OpaquePointer, mayReplace: Bool = true,
        _ what: @autoclosure () -> String
    ) throws(GitError) {
        guard var raw = id?.raw else {
            let status = unsafe git_reference_remove(repository, name)
            if git_error_code(status) != GIT_ENOTFOUND { try self.check(status, what()) }
            return
        }
        var reference: OpaquePointer?
        defer { unsafe git_reference_free(reference) }
        try unsafe self.check(git_reference_create(&reference, repository, name, &raw, mayReplace ? 1 : 0, nil), what())
    }

    /// A commit; the caller frees it. One with an enormous message is not read.
    static func commit(
        _ id: GitObjectID, in repository: OpaquePointer, _ database: OpaquePointer
    ) throws(GitError) -> OpaquePointer {
        let what = "the commit \(id.short)"
        var raw = id.raw
        var size = 0
        var kind = GIT_OBJECT_INVALID
        try unsafe self.check(git_odb_read_header(&size, &kind, database, &raw), what)
        // The library would read an object of another kind before it rejects it as not a commit.
        guard kind == GIT_OBJECT_COMMIT else { throw GitError(.notFound, "\(what) was not found: check its name") }
        guard 0...TreeLimits.commitBytes ~= size else {
            throw GitError(
                .tooLarge, "\(what) has a message of over \(TreeLimits.commitBytes >> 20) MB: read it in a clone")
        }
        return try unsafe self.make(what) { unsafe git_commit_lookup($0, repository, &raw) }
    }

    /// Copies a C string for a structure that outlives the call; the caller deallocates it.
    static func copy(_ text: String) -> UnsafeMutablePointer<CChar> {
        let bytes = text.utf8CString
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
        unsafe copy.initialize(from: Array(bytes), count: bytes.count)
        return unsafe copy
    }

    /// Passes byte strings to the library for the time of `body`.
    static func withStrings<Result, Failure: Error>(
        _ texts: [[UInt8]], _ body: (git_strarray) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe withCStrings(texts) { pointers throws(Failure) in
            try unsafe body(git_strarray(strings: pointers, count: texts.count))
        }
    }

    /// The error of the call that just failed on this thread.
    static func error(_ status: Int32, _ what: String) -> GitError {
        let detail = Self.lastMessage
        switch git_error_code(status) {
        case GIT_ENOTFOUND:
            return GitError(.notFound, "\(what) was not found: check its name")
        case GIT_EEXISTS:
            return GitError(.exists, "\(what) already exists: choose another name")
        case GIT_ELOCKED:
            return GitError(
                .locked,
                "\(what) is locked (\(detail)): another program is writing; if none is, delete the .lock file in .git")
        case GIT_EMODIFIED:
            return GitError(.conflict, "\(what) was moved by another program in the meantime: try again")
        case GIT_EUNBORNBRANCH:
            return GitError(.unborn, "\(what) has no commit yet: make a first commit")
        case GIT_EINVALIDSPEC, GIT_EAMBIGUOUS:
            return GitError(.invalidName, "\(what) is an invalid or ambiguous name: write it in full")
        case GIT_EMISMATCH:
            return GitError(.corrupt, "\(what) is damaged (\(detail)): run `git fsck` in the repository")
        case GIT_EUNMERGED, GIT_EMERGECONFLICT:
            return GitError(.unfinished, "\(what) is in an unfinished merge: finish or abort it in the repository")
        case GIT_ECONFLICT, GIT_EUNCOMMITTED, GIT_EINDEXDIRTY:
            return GitError(.dirtyWorkTree, "\(what) has changed files in the work tree: commit or stash them")
        default:
            return Self.systemError(what, detail)
        }
    }

    /// Maps system errors, which libgit2 reports only as text.
    private static func systemError(_ what: String, _ detail: String) -> GitError {
        let lower = detail.lowercased()
        if lower.contains("permission denied") || lower.contains("read-only") || lower.contains("not permitted") {
            return GitError(
                .notWritable,
                "\(what) can't be written (\(detail)): give jetbridge's user write access to the repository")
        }
        if lower.contains("no space left") || lower.contains("quota exceeded") {
            return GitError(.diskFull, "\(what) can't be written (\(detail)): free some space on the disk")
        }
        if lower.contains("failed to create locked file") || lower.contains(".lock") {
            return GitError(
                .locked,
                "\(what) is locked (\(detail)): another program is writing; if none is, delete the .lock file in .git")
        }
        if lower.contains("not a directory") {
            return GitError(.pathIsFile, "\(what) can't be used (\(detail)): a file is in the way of a directory")
        }
        return GitError(.failed, "\(what) failed (\(detail)): look at the repository with `git status` and `git fsck`")
    }

    static var lastMessage: String {
        guard let error = unsafe git_error_last(), let message = unsafe error.pointee.message else {
            return "no detail"
        }
        return unsafe String(cString: message).split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
