package import Chat
internal import HTTP
internal import JSON

/// The one way into a room, and what answers to it mean.
extension MatrixSession {
    /// How long the server may be silent before nothing is sent any more: what changed meanwhile (encryption!) is not
    /// known.
    private static let silenceLimit: Int64 = 120_000

    /// Makes a request of something for a room, or says why it may not go.
    ///
    /// Everything that is sent into a room passes here, so that nothing reaches an encrypted one in clear text.
    package mutating func send(_ outgoing: MatrixOutgoing, at now: MatrixTime) throws(AdapterError) -> MatrixRequest {
        guard self.isSignedIn, self.isInSync, now.monotonic - self.heardAt < Self.silenceLimit else {
            throw AdapterError(.disconnected, "There is no connection to the homeserver at the moment")
        }
        guard self.memory.rooms[outgoing.room] != nil else {
            throw AdapterError(.forbidden, "The bot is not in \(outgoing.room); invite it")
        }
        let sealed = try self.seal(outgoing)
        if let wait = self.budget.take(outgoing.priority, for: outgoing.transaction, at: now.monotonic) {
            // What is only shown on the way may be left out; a text that stays goes before it.
            throw AdapterError(
                .rateLimited, "The homeserver lets this account send no faster", retryAfter: .milliseconds(wait),
                isOwnPace: true)
        }
        return Self.request(sealed)
    }

    /// Turns what is meant into what members of the room may read: here as it is, in an encrypted room not at all.
    private func seal(_ outgoing: MatrixOutgoing) throws(AdapterError) -> MatrixOutgoing {
        guard !self.memory.encrypted.contains(outgoing.room) else {
            throw AdapterError(
                .forbidden,
                "\(outgoing.room) is encrypted, which this bot does not speak; use a room without encryption"
            )
        }
        return outgoing
    }

    /// Whether anything may go into a room.
    func maySend(to room: String) -> Bool {
        self.memory.rooms[room] != nil && !self.memory.encrypted.contains(room)
    }

    private static func request(_ sealed: MatrixOutgoing) -> MatrixRequest {
        switch sealed.kind {
        case .event(let type, let content):
            MatrixRequest(
                .send, .put, MatrixRequest.room(sealed.room, "send", type.rawValue, sealed.transaction), body: content,
                timeout: 30_000)
        case .redaction(let target, let reason):
            MatrixRequest(
                .send, .put, MatrixRequest.room(sealed.room, "redact", target, sealed.transaction),
                body: ["reason": .string(reason)], timeout: 30_000)
        }
    }

    // MARK: Outcomes

    /// What follows from an answer to ``send(_:at:)``.
    package enum Outcome: Sendable, Equatable {
        /// The server has it, as this event.
        case sent(String)
        /// Send this instead.
        case again(MatrixOutgoing)
    }

    package mutating func finish(
        _ outgoing: MatrixOutgoing, _ answer: MatrixAnswer, at now: MatrixTime
    ) throws(AdapterError) -> Outcome {
        switch answer {
        case .success(let json):
            self.budget.succeeded(at: now.monotonic)
            guard let id = json["event_id"]?.stringValue, id.hasPrefix("$") else {
                throw AdapterError(.timedOut, "The homeserver took a message and did not say as what", isCertain: false)
            }
            self.noteSent(outgoing, as: id)
            return .sent(id)
        case .refused(let refusal):
            if let other = self.smaller(outgoing, refusal) { return .again(other) }
            throw self.error(outgoing, refusal, now)
        case .failed(let reason, let mayHaveArrived):
            throw AdapterError(mayHaveArrived ? .timedOut : .disconnected, reason, isCertain: !mayHaveArrived)
        }
    }

    private mutating func noteSent(_ outgoing: MatrixOutgoing, as id: String) {
        guard case .event(let type, let content) = outgoing.kind, type == .message,
            content["m.relates_to"]?["rel_type"]?.stringValue != "m.replace"
        else { return }
        self.notes[id] = Note(isOwn: true, thread: outgoing.thread)
        if let root = outgoing.thread { self.latest[root] = id }
    }

    /// The same in a form that this server may take.
    private mutating func smaller(_ outgoing: MatrixOutgoing, _ refusal: MatrixRefusal) -> MatrixOutgoing? {
        guard case .event(let type, let content) = outgoing.kind, type == .message else { return nil }
        var other = outgoing
        if refusal.status == 413 || refusal.code == "M_TOO_LARGE" {
            self.textLimit = max(Self.shortestTextLimit, self.textLimit / 2)
            guard let reduced = MatrixContent.reduced(content) else { return nil }
            other.kind = .event(type, reduced)
            return other
        }
        // A thread that came over from a room before its upgrade cannot be gone on with.
        let isRelationTrouble = refusal.status == 400 && ["M_UNKNOWN", "M_INVALID_PARAM"].contains(refusal.code)
        guard isRelationTrouble, let unrelated = MatrixContent.unrelated(content) else { return nil }
        other.kind = .event(type, unrelated)
        other.thread = nil
        return other
    }

    private mutating func error(
        _ outgoing: MatrixOutgoing, _ refusal: MatrixRefusal, _ now: MatrixTime
    ) -> AdapterError {
        if refusal.isRateLimit {
            let wait = self.budget.refused(
                outgoing.priority, for: outgoing.transaction, retryAfter: refusal.retryAfter, at: now.monotonic)
            return AdapterError(.rateLimited, "The homeserver says: later", retryAfter: .milliseconds(wait))
        }
        return Self.error(refusal, room: outgoing.room)
    }

    /// What a refusal means for the core.
    static func error(_ refusal: MatrixRefusal, room: String) -> AdapterError {
        if refusal.isRateLimit {
            return AdapterError(
                .rateLimited, "The homeserver says: later", retryAfter: .milliseconds(refusal.retryAfter ?? 5_000))
        }
        if refusal.isPassing || refusal.isStray {
            return AdapterError(.timedOut, "The homeserver answers \(refusal.summary)", isCertain: false)
        }
        if refusal.isUnknownToken || refusal.code == "M_USER_LOCKED" {
            return AdapterError(.unauthorized, "The homeserver wants a new login (\(refusal.code))")
        }
        switch refusal.status {
        case 403:
            return AdapterError(
                .forbidden,
                "The homeserver does not let the bot do that in \(room) (\(refusal.summary)); invite it again, or raise "
                    + "its power level")
        case 404 where !refusal.isUnknownEndpoint:
            return AdapterError(.notFound, "\(room) or the message is not there (\(refusal.summary))")
        default:
            return AdapterError(.invalid, "The homeserver refuses it: \(refusal.summary)")
        }
    }

    // MARK: Making messages

    /// A message as an event.
    package func posting(_ message: OutgoingMessage) -> MatrixOutgoing {
        let (room, relation, thread) = self.place(message.route)
        let content = MatrixContent.notice(message.text, token: message.token, relation: relation)
        return MatrixOutgoing(
            room: room, kind: .event(.message, content), transaction: message.token,
            priority: message.stage == .final ? .final : .passing, thread: thread)
    }

    /// Where a route leads now, and how a message there stands to others.
    func place(_ route: Route) -> (room: String, relation: MatrixContent.Relation, thread: String?) {
        if let new = self.memory.rooms[route.room.name]?.replacement, self.memory.rooms[new] != nil {
            return (new, .none, nil)
        }
        if let root = route.anchor {
            let latest = self.latest[root] ?? route.replyTo ?? root
            return (route.room.name, .thread(root: root, latest: latest), root)
        }
        guard let answered = route.replyTo, !self.isDirect(route.room.name) else {
            return (route.room.name, .none, nil)
        }
        return (route.room.name, .reply(to: answered), nil)
    }

    /// What an edit of one message last was.
    struct EditMark: Sendable {
        var text: UInt64
        var changes: Int
    }

    /// A new text for a message, as an event. The same text again is the same transaction.
    package mutating func replacing(_ reference: MessageReference, with message: OutgoingMessage) -> MatrixOutgoing {
        let content = MatrixContent.edit(of: reference.id, message.text, token: message.token)
        let digest = MatrixDigest.of(message.text)
        var mark = self.edits[reference.id] ?? EditMark(text: digest, changes: 0)
        if mark.text != digest { mark = EditMark(text: digest, changes: mark.changes + 1) }
        self.edits[reference.id] = mark
        return MatrixOutgoing(
            room: reference.room.name, kind: .event(.message, content),
            transaction: "\(message.token).\(mark.changes).\(String(digest, radix: 36))",
            priority: message.stage == .final ? .final : .passing)
    }
}
