/// What a thread and the API may ask about a session's jail and workspace, besides turns.
///
/// Errors are one line for people: what failed, why, what to do.
package protocol CommandDesk: Sendable {
    /// The jail in one line, for `status`; without a working jail the reason and the remedy.
    var jail: String { get }

    /// The running jobs of a session and its last ended ones, newest first.
    func jobs(of session: String) async throws -> [Job]
    /// One job; nil if the session has none with this id.
    func job(_ id: String, of session: String) async throws -> Job?
    /// Ends a running job with all its processes and returns when it has ended. False if it was not running.
    func kill(_ job: String, of session: String) async throws -> Bool
    /// Ends the processes that earlier commands left running in the session's shell, which jobs survive; the next
    /// command gets a fresh shell. False if a command runs or nothing was left.
    func endLeftovers(of session: String) async -> Bool
    /// The sessions in which something runs or may run on.
    var sessions: Set<String> { get async }
    /// Kills what runs in these sessions, which another host may have now.
    func abandon(_ sessions: Set<String>) async
    /// Why a session can't change from one repository to another now, and what to do, as a clause; nil if it can.
    func obstacle(to repository: String, from current: String?, in session: String) async -> String?
    /// A job's output after `position`; position 0 is the start of the stored output. If nothing has been added since,
    /// it waits for more, unless the job has ended or `isWaiting` is false.
    func progress(of job: String, in session: String, after position: Int, isWaiting: Bool) async throws -> JobProgress

    /// Files and folders below `path`.
    func files(below path: String, in place: SessionPlace) async throws -> [PlaceFile]
    /// One file, to be read in pieces.
    func open(_ path: String, in place: SessionPlace) async throws -> PlaceContent
    /// A unified diff of the files against the branch's head; empty when nothing differs.
    func diff(in place: SessionPlace) async throws -> String
    /// Newest first.
    func snapshots(in place: SessionPlace) async throws -> [PlaceSnapshot]
    /// Puts a file that a person sent into the workspace, where it replaces no other. Returns the name that it has there.
    func receive(_ file: TurnFile, in place: SessionPlace, from sender: Sender, turn: String) async throws -> String
}

/// A session, and where it works.
package struct SessionPlace: Sendable, Equatable {
    /// What happens to the workspace when it is not on the feature's branch, or behind that branch's last commit.
    package enum Update: Sendable, Equatable {
        /// It is brought there, with its uncommitted changes. Fails if those are in the way.
        case required
        /// The same, but where it has commits that the repository does not have it stays as it is: a command on them may
        /// be what mends that.
        case unlessCommits
        /// The same, but whatever is in the way, it stays as it is.
        case possible
        /// It stays as it is: work may be going on in it.
        case none
    }

    package let session: String
    /// Nil for the default.
    package let repository: String?
    /// The feature that the session works on, by its folder's name below `specs/`; nil for none.
    package let feature: String?
    package let update: Update

    package init(session: String, repository: String?, feature: String? = nil, update: Update = .required) {
        self.session = session
        self.repository = repository
        self.feature = feature
        self.update = update
    }

    /// Where a turn works.
    package init(of request: TurnRequest, update: Update = .required) {
        self.init(session: request.session, repository: request.repository, feature: request.feature, update: update)
    }
}

/// One entry of a workspace's listing.
package struct PlaceFile: Sendable, Equatable {
    package let path: String
    /// `file`, `folder`, `link` or `other`.
    package let kind: String
    /// Bytes; nil for a folder.
    package let size: Int?

    package init(path: String, kind: String, size: Int?) {
        self.path = path
        self.kind = kind
        self.size = size
    }
}

/// An open file of a workspace.
package struct PlaceContent: Sendable {
    /// Bytes, when it was opened.
    package let size: Int
    /// Up to `count` bytes from `start`; fewer only at the file's end.
    package let read: @Sendable (_ start: Int, _ count: Int) async throws -> [UInt8]

    package init(size: Int, read: @escaping @Sendable (_ start: Int, _ count: Int) async throws -> [UInt8]) {
        self.size = size
        self.read = read
    }
}

/// One snapshot in a listing.
package struct PlaceSnapshot: Sendable, Equatable {
    package let id: String
    package let reason: String
    /// Milliseconds since 1970.
    package let at: Int64

    package init(id: String, reason: String, at: Int64) {
        self.id = id
        self.reason = reason
        self.at = at
    }
}
