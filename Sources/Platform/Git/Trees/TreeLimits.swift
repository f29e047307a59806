/// How much of trees that somebody else may have made is read, and what is said about more.
///
/// A few objects of some bytes can stand for billions of files, because a folder may be in others any number of times,
/// and a file of a gigabyte may take a hundred bytes of a pack. So paths are counted, not objects, and sizes are those
/// that the headers of the objects name.
struct TreeLimits: Sendable, Hashable {
    /// Folders inside each other. The library walks trees by recursion, and making the files holds one folder open for
    /// each level.
    static let depth = 256
    /// Bytes of one folder's object: 200,000 files with names of over a hundred bytes.
    static let folderBytes = 32 << 20
    /// Bytes of a commit's object, most of which is its message.
    static let commitBytes = 1 << 20

    enum Action: Sendable {
        case show, commit, takeOver, checkOut, update, merge, send
    }

    let action: Action
    /// Files and folders: each as often as it has a path, if both trees do not have the same there.
    let paths: Int
    /// Of the files; nil where their sizes do not matter.
    let bytes: Int?
    /// A larger file is not read, so its bytes do not count.
    let fileBytes: Int
    /// Of all folders' objects that are read. An average entry has less than 50, and a path two entries at most.
    let folderBytes: Int
    /// Whether what comparing the files line by line costs counts, too.
    let comparesLines: Bool

    private init(
        _ action: Action, paths: Int, bytes: Int?, fileBytes: Int = .max, folderBytes: Int = 256 << 20,
        comparesLines: Bool = false
    ) {
        self.action = action
        self.paths = paths
        self.bytes = bytes
        self.fileBytes = fileBytes
        self.folderBytes = folderBytes
        self.comparesLines = comparesLines
    }

    /// Of all paths together.
    var pathBytes: Int { self.paths.multipliedReportingOverflow(by: 320).partialValue }

    private static let changedPaths = 100_000
    /// What the library compares in about three seconds, if it has lines of usual lengths.
    static let changedBytes = 256 << 20

    /// For a difference line by line.
    ///
    /// - Parameters:
    ///   - fileBytes: Larger files count as binary.
    ///   - isWhole: Whether all files are read; otherwise whoever reads them counts their bytes.
    static func show(fileBytes: Int = GitDiffLimits.standardFileBytes, isWhole: Bool = true) -> TreeLimits {
        TreeLimits(
            .show, paths: self.changedPaths, bytes: isWhole ? self.changedBytes : .max, fileBytes: fileBytes,
            folderBytes: 64 << 20, comparesLines: isWhole)
    }

    /// For a commit of the workspace's files, and for each one that is taken over from its jail: what they allow can be
    /// shown afterwards.
    static let commit = TreeLimits(.commit)
    static let takeOver = TreeLimits(.takeOver)

    private init(_ action: Action) {
        let show = TreeLimits.show()
        self.init(
            action, paths: show.paths, bytes: show.bytes, fileBytes: show.fileBytes, folderBytes: show.folderBytes,
            comparesLines: true)
    }

    /// For a merge, in which the library makes an entry of some 200 bytes for each file of the whole tree.
    static let merge = TreeLimits(.merge, paths: 500_000, bytes: nil)
    /// For what one side of a merge has changed.
    static let mergedSides = TreeLimits(.merge, paths: 500_000, bytes: .max)

    /// For packs, in which each object is once.
    static let send = TreeLimits(.send, paths: .max, bytes: nil)

    /// For the files of a workspace.
    static func checkOut(paths: Int, bytes: Int, fileBytes: Int) -> TreeLimits {
        TreeLimits(.checkOut, paths: paths, bytes: bytes, fileBytes: fileBytes)
    }

    /// For the files of a work tree of the machine's people.
    static let update = TreeLimits(.update, paths: Self.changedPaths, bytes: 256 << 20)
    /// Of one file that is written there, in bytes: with a filter for line ends, the library holds it four times.
    static let updatedFileBytes = 32 << 20

    /// For what differs between two trees that each keep to these limits.
    var between: TreeLimits {
        TreeLimits(
            self.action, paths: 2 * self.paths, bytes: self.bytes.map { _ in .max }, fileBytes: self.fileBytes,
            folderBytes: 2 * self.folderBytes)
    }

    /// For two states of a folder that were scanned, each with at most so many files and folders.
    static func scans(entries: Int) -> TreeLimits { TreeLimits(.show, paths: 2 * entries, bytes: nil) }

    // MARK: Beyond them

    /// - Parameters:
    ///   - subject: "the commit 1234567".
    ///   - reason: "has folders more than 256 levels deep".
    func error(_ subject: String, _ reason: String) -> GitError {
        GitError(.tooLarge, "too large to \(self.action.verb): \(subject) \(reason): \(self.action.remedy)")
    }

    func tooManyPaths(_ subject: String) -> GitError {
        self.error(subject, "\(self.action.having) more than \(self.paths) files and folders")
    }

    func tooManyFiles(_ folder: String) -> GitError {
        self.error(GitName.printable(folder), "has more than \(self.paths) files")
    }

    func tooManyLines(_ subject: String) -> GitError {
        self.error(subject, "\(self.action.having) too many short lines to compare")
    }

    func tooManyBytes(_ subject: String) -> GitError {
        self.error(subject, "\(self.action.having) more than \((self.bytes ?? 0) >> 20) MB of files")
    }
}

extension TreeLimits.Action {
    fileprivate var verb: String {
        switch self {
        case .show: "show"
        case .commit: "commit"
        case .takeOver, .checkOut: "take over"
        case .update: "check out"
        case .merge: "merge"
        case .send: "send"
        }
    }

    fileprivate var having: String {
        switch self {
        case .show, .commit, .takeOver, .update: "changes"
        case .checkOut, .merge, .send: "has"
        }
    }

    fileprivate var remedy: String {
        switch self {
        case .show: "look at it with `git`"
        case .commit: "commit less at once, or in a clone"
        case .takeOver: "take it back with `git reset --soft`, then commit less at once"
        case .checkOut: "use a smaller branch, or ask an operator to raise `jail.workspace_files` and `workspace_quota`"
        case .update: "do it with `git`, or where the branch is not checked out"
        case .merge: "merge it with `git` in a clone"
        case .send: "push it with `git` in a clone"
        }
    }
}
