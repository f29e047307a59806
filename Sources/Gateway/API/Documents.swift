internal import Chat
internal import JSON
internal import Primitives
internal import Sessions

/// A thread in the API's form.
struct ThreadDocument: Sendable {
    let session: SessionRecord
    /// The running operation, or else the first queued one.
    private let active: String?
    /// Whether an open ask waits for an answer.
    private let isWaiting: Bool
    /// Whether the person who gets the document has pinned it.
    private let isPinned: Bool
    /// Milliseconds since 1970.
    private let now: Int64
    /// A line with the words of a search; nil without a search, and for one that found the title.
    private let found: String?

    /// - Parameter principal: who gets it; nil where pins do not matter.
    init(
        session: SessionRecord, for principal: Principal? = nil, in ledger: Ledger, at now: Int64, found: String? = nil
    ) throws {
        self.session = session
        self.found = found
        self.active = try ledger.openTurns(of: session.id).first?.id
        self.isWaiting = try ledger.openAsks(of: session.id).contains { $0.expiresAt > now }
        self.isPinned = try principal.map { try ledger.isPinned(session: session.id, by: $0.identity) } ?? false
        self.now = now
    }

    var json: JSON {
        [
            "id": .string(self.session.id), "adapter": .string(self.session.key.adapter.rawValue),
            "title": .string(self.session.shownTitle), "state": .string(self.session.state(at: self.now).rawValue),
            "owner": .string(self.session.owner), "model": self.session.model.map { .string($0) } ?? .null,
            "repository": self.session.repository.map { .string($0) } ?? .null,
            "created_at": .string(CivilTime(milliseconds: self.session.createdAt).rfc3339),
            "updated_at": .string(CivilTime(milliseconds: self.session.activeAt).rfc3339),
            "active_operation": self.active.map { .string($0) } ?? .null, "waiting": .bool(self.isWaiting),
            "found": self.found.map { .string($0) } ?? .null,
            "can_write": .bool(self.session.key.adapter == WebAdapter.adapterID), "pinned": .bool(self.isPinned),
        ]
    }
}

extension SessionRecord {
    /// An untitled thread of another network is named after its room.
    var shownTitle: String {
        if !self.title.isEmpty || self.key.adapter == WebAdapter.adapterID { return self.title }
        return self.route.addressee.map { "\(self.route.room.name) · \($0)" } ?? self.route.room.name
    }
}

/// An operation in the API's form.
struct OperationDocument: Sendable {
    let turn: TurnRecord
    /// The operations queued before it in its thread; nil if it is not queued.
    let ahead: Int?

    init(turn: TurnRecord, in ledger: Ledger) throws {
        self.turn = turn
        guard turn.state == .queued else {
            self.ahead = nil
            return
        }
        self.ahead = try ledger.openTurns(of: turn.session).firstIndex { $0.id == turn.id }
    }

    func json(pages: RepositoryPages) -> JSON {
        [
            "id": .string(self.turn.id), "thread_id": .string(self.turn.session),
            "kind": .string(self.turn.kind.rawValue),
            "state": .string(self.turn.state.rawValue),
            "queued_at": .string(CivilTime(milliseconds: self.turn.queuedAt).rfc3339),
            "started_at": self.turn.startedAt.map { .string(CivilTime(milliseconds: $0).rfc3339) } ?? .null,
            "ended_at": self.turn.endedAt.map { .string(CivilTime(milliseconds: $0).rfc3339) } ?? .null,
            "error": self.turn.error.map { .string($0) } ?? .null,
            "position": self.ahead.map { .integer(Int64($0)) } ?? .null,
            "commits": .array(self.turn.commits.map { Self.json($0, pages) }),
        ]
    }

    private static func json(_ commit: CommitNotice, _ pages: RepositoryPages) -> JSON {
        [
            "sha": .string(commit.sha),
            "url": .string(pages.commit(commit.sha, of: commit.repository, on: commit.branch)),
            "repository": .string(commit.repository), "branch": .string(commit.branch),
            "subject": .string(commit.subject), "files": .integer(Int64(commit.files)),
            "additions": .integer(Int64(commit.additions)), "deletions": .integer(Int64(commit.deletions)),
        ]
    }
}

extension MessageRecord {
    /// - Parameter place: how much of the operation's answer was written before it, in UTF-16 units; nil if unknown.
    func json(place: Int?) -> JSON {
        [
            "id": .string(String(self.id)), "role": .string(self.role.rawValue),
            "author": self.author.map { .string($0) } ?? .null, "text": .string(self.text),
            "created_at": .string(CivilTime(milliseconds: self.createdAt).rfc3339),
            "operation_id": self.turn.map { .string($0) } ?? .null,
            "place": place.map { .integer(Int64($0)) } ?? .null,
        ]
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

extension Page {
    func document(_ item: (Item) -> JSON) -> JSON {
        ["items": .array(self.items.map(item)), "next_cursor": self.next.map { .string($0) } ?? .null]
    }
}
