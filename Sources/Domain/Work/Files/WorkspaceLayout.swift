internal import EventLoop
internal import Git
internal import Glibc
internal import JSON
internal import Lifecycle

/// The folders and files of one workspace.
struct WorkspaceLayout: Sendable {
    let path: String

    /// Seen at `/workspace`.
    var files: String { "\(self.path)/files" }
    /// Seen at `/git`; the jail may change it.
    var git: String { "\(self.path)/git" }
    /// What the Copilot CLI keeps of the thread, if it works there.
    var agent: String { "\(self.path)/copilot-cli" }
    /// Not visible in any jail, but for single read-only files.
    var host: String { "\(self.path)/host" }
    var store: String { "\(self.host)/store" }
    var configuration: String { "\(self.host)/config" }
    var hooks: String { "\(self.host)/hooks" }
    var info: String { "\(self.host)/info" }
    var alternates: String { "\(self.host)/alternates" }
    var gitFile: String { "\(self.host)/gitfile" }
    var indexDraft: String { "\(self.host)/index" }
    /// The tree that the last archive has.
    private var archived: String { "\(self.host)/archived" }
    private var state: String { "\(self.host)/workspace.json" }
    /// The commit that the files were last made from or committed as, and its branch.
    private var head: String { "\(self.host)/head" }

    /// The commit that the branch had before the last commits were taken over from the jail, and the last of those.
    private var takeOver: String { "\(self.host)/take-over" }
    private var hold: String { "\(self.host)/hold" }

    /// Where the jail sees the repository's objects.
    static let objectsInside = "/repository"

    /// - Parameter settings: Those of the repository that Git in the jail needs, too.
    func make(_ settings: GitSettings = GitSettings()) throws(SystemError) {
        for folder in [self.files, self.git, self.host, self.hooks, self.info] { try PrivateFile.makeFolder(folder) }
        // No hooks, no file system monitor, no housekeeping that moves objects. `PrivateFile` makes them unreadable for
        // others; the jail's user gets them with the workspace.
        try PrivateFile.write(
            Array(
                """
                [core]
                \trepositoryformatversion = 0
                \tfilemode = true
                \tbare = false
                \tlogallrefupdates = true
                \thooksPath = /dev/null
                \tfsmonitor = false
                \tquotePath = false
                \tautocrlf = \(settings.conversion.rawValue)
                \teol = \(settings.hasWideLineEnds ? "crlf" : "native")
                [gc]
                \tauto = 0
                [maintenance]
                \tauto = false
                [user]
                \tname = Jetbridge
                \temail = jetbridge@users.jetbridge.invalid

                """.utf8), to: self.configuration, isFlushed: false)
        try PrivateFile.write(Array("\(Self.objectsInside)\n".utf8), to: self.alternates, isFlushed: false)
        try PrivateFile.write(Array("gitdir: /git\n".utf8), to: self.gitFile, isFlushed: false)
    }

    /// Reads or writes the workspace's files off the caller's actor.
    @concurrent
    func apart<Value: Sendable>(_ body: @Sendable (Self) throws -> Value) async rethrows -> Value { try body(self) }

    func readState() -> WorkspaceState? {
        guard let bytes = PrivateFile.read(self.state)?.bytes, let json = try? JSON.parse(bytes) else { return nil }
        return WorkspaceState(json)
    }

    func readArchived() -> String? {
        PrivateFile.text(of: self.archived)
    }

    /// The objects of the repository that the store was made for.
    func readSharedObjects() -> String? {
        PrivateFile.text(of: "\(self.store)/objects/info/alternates").map { String($0.prefix { $0 != "\n" }) }
    }

    func writeArchived(_ tree: String) throws(SystemError) {
        try PrivateFile.write(Array(tree.utf8), to: self.archived)
    }

    /// Where the files are; nil if that is unknown or another branch is meant.
    func readHead(of branch: String) -> String? {
        let parts = (PrivateFile.text(of: self.head) ?? "").split(separator: " ", maxSplits: 1)
        return parts.count == 2 && parts[1] == branch ? String(parts[0]) : nil
    }

    func writeHead(_ commit: String, of branch: String) throws(SystemError) {
        try PrivateFile.write(Array("\(commit) \(branch)".utf8), to: self.head)
    }

    /// Whether commits of the jail wait for a decision.
    var isHolding: Bool { PrivateFile.read(self.hold) != nil }

    func writeHold() throws(SystemError) { try PrivateFile.write([], to: self.hold) }

    func endHold() { unlink(self.hold) }

    /// The last commit that was taken over from the jail, and what it became.
    func readTakeOver() -> String? {
        PrivateFile.text(of: self.takeOver)
    }

    func writeTakeOver(_ move: String) throws(SystemError) {
        try PrivateFile.write(Array(move.utf8), to: self.takeOver)
    }

    func write(_ state: WorkspaceState) throws(SystemError) {
        try PrivateFile.write(state.json.bytes, to: self.state)
    }
}

/// What the host remembers of a workspace.
struct WorkspaceState: Sendable, Equatable {
    /// The repository's configured name.
    var repository: String?
    var branch: String?
    /// The commit that the branch began at, hexadecimal.
    var base: String?
    /// Milliseconds since 1970.
    var usedAt: Int64
    /// See ``WorkspaceBundle/epoch``; nil where it is not stored elsewhere.
    var epoch: Int?
}

extension WorkspaceState {
    init?(_ json: JSON) {
        guard let usedAt = json["used_at"]?.intValue else { return nil }
        self.init(
            repository: json["repository"]?.stringValue, branch: json["branch"]?.stringValue,
            base: json["base"]?.stringValue, usedAt: Int64(usedAt), epoch: json["epoch"]?.intValue)
    }

    var json: JSON {
        func text(_ value: String?) -> JSON { value.map { JSON($0) } ?? .null }
        return .object([
            "repository": text(self.repository), "branch": text(self.branch), "base": text(self.base),
            "used_at": JSON(self.usedAt), "epoch": self.epoch.map { JSON($0) } ?? .null,
        ])
    }
}
