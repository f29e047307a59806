internal import Chat
internal import Files
internal import JSON
internal import Primitives
internal import Schemas
internal import Store
internal import Threads

extension API.Thread {
    /// - Parameter principal: who gets it; nil where pins and shares do not matter.
    init(_ session: SessionRecord, for principal: Principal? = nil, in ledger: Ledger, at now: Int64) throws {
        let marks = try ledger.marks(of: [session], for: principal?.visitor, at: now)
        self.init(session, marks[session.id] ?? ThreadMarks(), at: now)
    }

    /// - Parameter found: a line with the words of a search; nil without a search, and for one that found the title.
    init(_ session: SessionRecord, _ marks: ThreadMarks, at now: Int64, found: (text: String, message: Int64)? = nil) {
        self.init(
            id: session.id, adapter: session.key.adapter.rawValue, title: session.shownTitle,
            state: session.state(at: now), owner: session.owner, model: session.model,
            persona: session.persona, repository: session.repository,
            createdAt: Timestamp(milliseconds: session.createdAt),
            updatedAt: Timestamp(milliseconds: session.activeAt),
            activeOperation: marks.activeTurn, waiting: marks.isWaiting, found: found?.text,
            foundMessage: found.map { String($0.message) },
            canWrite: session.key.adapter == WebAdapter.adapterID && marks.right >= .join, pinned: marks.isPinned,
            shared: marks.share.map { API.SharedThread(by: $0.makerName, role: API.ShareRole($0.right)) },
            lastMessage: marks.lastMessage.map(String.init), branch: ThreadBranches.name(session.shownBranch))
    }
}

extension SessionRecord {
    /// An untitled thread of another network is named after its room.
    var shownTitle: String {
        if !self.title.isEmpty || self.key.adapter == WebAdapter.adapterID { return self.title }
        return self.route.addressee.map { "\(self.route.room.name) · \($0)" } ?? self.route.room.name
    }
}

extension API.Operation {
    init(_ turn: TurnRecord, in ledger: Ledger, pages: RepositoryPages) throws {
        let ahead = turn.state == .queued ? try ledger.turnsAhead(of: turn) : nil
        self.init(
            id: turn.id, threadID: turn.session, kind: turn.kind.rawValue, state: turn.state,
            queuedAt: Timestamp(milliseconds: turn.queuedAt),
            startedAt: turn.startedAt.map { Timestamp(milliseconds: $0) },
            endedAt: turn.endedAt.map { Timestamp(milliseconds: $0) }, error: turn.error, position: ahead,
            commits: turn.commits.map { API.Commit($0, pages) })
    }
}

extension API.Commit {
    init(_ commit: CommitNotice, _ pages: RepositoryPages) {
        self.init(
            sha: commit.sha, url: pages.commit(commit.sha, of: commit.repository, on: commit.branch),
            repository: commit.repository, branch: commit.branch, subject: commit.subject, files: commit.files,
            additions: commit.additions, deletions: commit.deletions)
    }
}

extension API.Message {
    /// - Parameter place: how much of the operation's answer was written before it, in UTF-16 units; nil if unknown.
    /// - Parameter branches: the thread's.
    init(_ message: MessageRecord, place: Int?, _ branches: ThreadBranches, in ledger: Ledger) throws {
        let turn = branches.isEmpty ? nil : try message.turn.flatMap { try ledger.branchPlace(ofTurn: $0) }
        let versions = message.role == .user ? turn.map(branches.versions) ?? [] : []
        let found = try ledger.files(of: message)
        self.init(
            id: String(message.id), role: message.role, author: message.author, text: message.text,
            createdAt: Timestamp(milliseconds: message.createdAt), operationID: message.turn, place: place,
            files: (found?.files ?? []).map { API.MessageFile($0, of: message) },
            written: found?.listed.flatMap { FileListing.beginning(in: message.text, of: $0) },
            branch: ThreadBranches.name(turn?.branch), branches: versions)
    }
}

extension API.MessageFile {
    init(_ file: SentFile, of message: MessageRecord) {
        let path = "/api/v1/threads/\(message.session)/messages/\(message.id)/files/\(file.number)"
        self.init(name: file.name, type: file.mediaType, size: file.size, url: file.file == nil ? nil : path)
    }
}

extension LiveFrame {
    /// The frame in the live protocol's form.
    var json: JSON {
        var frame: JSONObject = [
            "id": .string("\(self.operation)-\(self.sequence)"), "operation_id": .string(self.operation),
            "type": .string(self.kind.type.rawValue),
            "content": .string(self.content),
            "timestamp": .string(CivilTime(milliseconds: self.timestamp).rfc3339), "sequence": .integer(self.sequence),
        ]
        switch self.kind {
        case .errorOutput: frame["stream"] = "stderr"
        case .reasoning: frame["stream"] = "reasoning"
        case .thinking, .execution, .error, .complete: break
        }
        return .object(frame)
    }
}

extension LiveFrame.Kind {
    /// The kind as the protocol names it.
    fileprivate var type: LiveFrame.Kind {
        switch self {
        case .errorOutput: .execution
        case .reasoning: .thinking
        case .thinking, .execution, .error, .complete: self
        }
    }
}
