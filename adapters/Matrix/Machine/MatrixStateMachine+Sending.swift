package import Chat
internal import HTTP
package import JSON
package import Kit

/// An event for a room, which ``MatrixStateMachine/send(_:at:)`` checks and turns into a request.
package struct MatrixOutgoing: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case event(MatrixEventType, JSON)
        /// Removes an event.
        case redaction(of: String, reason: String)
    }

    package var room: String
    package var kind: Kind
    /// A repeat has the same transaction id, and the server accepts each id only once.
    package var transaction: String
    package var priority = MatrixBudget.Priority.final
    /// The root of its thread.
    package var thread: String?

    /// The event that it is an edit of.
    var edited: String? {
        guard case .event(.message, let content) = self.kind, let relation = content["m.relates_to"],
            relation["rel_type"]?.stringValue == "m.replace"
        else { return nil }
        return relation["event_id"]?.stringValue
    }
}

/// The only way to send into a room, and how answers are interpreted.
extension MatrixStateMachine {
    /// Milliseconds without an answer after which nothing is sent: encryption may have been turned on since.
    private static let silenceLimit: Int64 = 120_000

    /// Turns an outgoing event into a request, or throws if it may not be sent now.
    ///
    /// Everything sent into a room passes through here and ``request(_:_:)``, so that nothing reaches an encrypted room in
    /// clear text.
    package mutating func send(_ outgoing: MatrixOutgoing, at now: AdapterTime) throws(AdapterError) -> MatrixRequest {
        try self.admit(outgoing, at: now)
        return self.request(outgoing, .clear(try self.clearance(for: outgoing)))
    }

    /// Throws if nothing may be sent now.
    package mutating func admit(_ outgoing: MatrixOutgoing, at now: AdapterTime) throws(AdapterError) {
        guard self.isSignedIn, self.isInSync, now.monotonic - self.heardAt < Self.silenceLimit else {
            throw AdapterError(.disconnected, "Not connected to the homeserver at the moment; try again later")
        }
        guard self.memory.rooms[outgoing.room] != nil else {
            throw AdapterError(.forbidden, "The bot is not in \(outgoing.room); invite it there", isOfRoom: true)
        }
        // The server accepts edits of redacted messages, but nobody sees them.
        if let target = outgoing.edited, self.notes[target]?.isRedacted == true {
            throw AdapterError(.notFound, "The message \(target) was redacted")
        }
        if !self.encrypts { _ = try self.clearance(for: outgoing) }
        if let wait = self.budget.take(outgoing.priority, for: outgoing.transaction, at: now.monotonic) {
            throw AdapterError(
                .rateLimited, "The homeserver's rate limit for this account is reached",
                retryAfter: .milliseconds(wait),
                isOwnPace: true)
        }
    }

    /// What goes over the wire: clear text with the proof that it may be clear, or ciphertext.
    package enum Payload: Sendable {
        case clear(Clearance)
        case sealed(MatrixSealed)
    }

    /// Proves that an event may be sent in clear text.
    package struct Clearance: Sendable {
        fileprivate init() {}
    }

    /// In an encrypted room reactions and redactions are clear, as the specification has it, and nothing else.
    private func clearance(for outgoing: MatrixOutgoing) throws(AdapterError) -> Clearance {
        guard self.mustEncrypt(outgoing) || !self.encrypts && self.memory.encrypted.contains(outgoing.room) else {
            return Clearance()
        }
        throw AdapterError(
            .forbidden,
            self.encrypts
                ? "\(outgoing.room) is encrypted, and this message was not encrypted"
                : "\(outgoing.room) is encrypted, and encryption is switched off for this bot; use a room without it")
    }

    /// Whether an outgoing event has to be sealed first.
    package func mustEncrypt(_ outgoing: MatrixOutgoing) -> Bool {
        guard self.encrypts, self.memory.encrypted.contains(outgoing.room) else { return false }
        switch outgoing.kind {
        case .event(.reaction, _), .redaction: return false
        case .event: return true
        }
    }

    /// Whether anything may be sent into a room.
    func maySend(to room: String) -> Bool {
        self.memory.rooms[room] != nil && (self.encrypts || !self.memory.encrypted.contains(room))
    }

    package func request(_ outgoing: MatrixOutgoing, _ payload: Payload) -> MatrixRequest {
        var (type, body) = (MatrixEventType.encrypted, JSON.null)
        switch (outgoing.kind, payload) {
        case (.redaction(let target, let reason), _):
            return MatrixRequest(
                .send, .put, MatrixRequest.room(outgoing.room, "redact", target, outgoing.transaction),
                body: ["reason": .string(reason)], timeout: 30_000)
        case (.event, .sealed(let sealed)): body = sealed.content
        case (.event(let clearType, let content), .clear): (type, body) = (clearType, content)
        }
        return MatrixRequest(
            .send, .put, MatrixRequest.room(outgoing.room, "send", type.rawValue, outgoing.transaction), body: body,
            timeout: 30_000)
    }

    // MARK: Outcomes

    /// The outcome of a request made by ``send(_:at:)``.
    package enum Outcome: Sendable, Equatable {
        /// The server accepted it, as the event with this id.
        case sent(String)
        /// Send this instead.
        case again(MatrixOutgoing)
    }

    package mutating func finish(
        _ outgoing: MatrixOutgoing, _ answer: MatrixAnswer, at now: AdapterTime
    ) throws(AdapterError) -> Outcome {
        switch answer {
        case .success(let json):
            self.budget.succeeded(at: now.monotonic)
            guard let id = json["event_id"]?.stringValue, id.hasPrefix("$") else {
                throw AdapterError(
                    .timedOut, "The homeserver accepted the message without returning an event id", isCertain: false)
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
        self.notes[id] = Note(isOwn: true, sender: self.settings.user, thread: outgoing.thread)
        self.unmarked[ReadMark.Place(room: outgoing.room, thread: outgoing.thread)] = nil
        if let root = outgoing.thread { self.latest[root] = id }
    }

    /// A reduced form that this server may accept.
    private mutating func smaller(_ outgoing: MatrixOutgoing, _ refusal: MatrixRefusal) -> MatrixOutgoing? {
        guard case .event(let type, let content) = outgoing.kind, type == .message else { return nil }
        var other = outgoing
        if refusal.status == 413 || refusal.code == "M_TOO_LARGE" {
            self.textLimit = max(Self.shortestTextLimit, self.textLimit / 2)
            guard let reduced = MatrixContent.reduced(content) else { return nil }
            other.kind = .event(type, reduced)
            return other
        }
        // A thread from a room before its upgrade cannot be continued in the new one.
        let isRelationTrouble = refusal.status == 400 && ["M_UNKNOWN", "M_INVALID_PARAM"].contains(refusal.code)
        guard isRelationTrouble, let unrelated = MatrixContent.unrelated(content) else { return nil }
        other.kind = .event(type, unrelated)
        other.thread = nil
        return other
    }

    private mutating func error(
        _ outgoing: MatrixOutgoing, _ refusal: MatrixRefusal, _ now: AdapterTime
    ) -> AdapterError {
        if refusal.isRateLimit {
            let wait = self.budget.refused(
                outgoing.priority, for: outgoing.transaction, retryAfter: refusal.retryAfter, at: now.monotonic)
            return AdapterError(.rateLimited, Self.rateLimitText, retryAfter: .milliseconds(wait))
        }
        if case .redaction = outgoing.kind { return Self.error(refusal, room: outgoing.room) }
        return Self.error(refusal, room: outgoing.room, isSending: true)
    }

    private static let rateLimitText = "The homeserver limits how fast this account can send"

    /// Translates a refusal for the core.
    /// - Parameter isCertain: whether the message certainly did not arrive although the server is in trouble, because
    ///   another request failed before it was sent.
    /// - Parameter isSending: whether the refused request posts a message; if so, the room accepts none.
    static func error(
        _ refusal: MatrixRefusal, room: String, isCertain: Bool = false, isSending: Bool = false
    ) -> AdapterError {
        if refusal.isRateLimit {
            return AdapterError(
                .rateLimited, Self.rateLimitText, retryAfter: .milliseconds(refusal.retryAfter ?? 5_000))
        }
        if refusal.isPassing || refusal.isStray {
            return AdapterError(.timedOut, "The homeserver answers \(refusal.summary)", isCertain: isCertain)
        }
        if refusal.isUnknownToken || refusal.code == "M_USER_LOCKED" {
            return AdapterError(.unauthorized, "The homeserver requires a new login (\(refusal.code))")
        }
        switch refusal.status {
        case 403:
            return AdapterError(
                .forbidden,
                "The homeserver does not allow the bot to do that in \(room) (\(refusal.summary)); invite it again or "
                    + "raise its power level", isOfRoom: isSending && !ContentRefusal.isMeant(by: refusal.summary))
        case 404 where !refusal.isUnknownEndpoint:
            return AdapterError(.notFound, "\(room) or the message does not exist (\(refusal.summary))")
        default:
            return AdapterError(.invalid, "The homeserver rejected the request: \(refusal.summary)")
        }
    }

    // MARK: Messages

    package func posting(_ message: OutgoingMessage) -> MatrixOutgoing {
        let (room, relation, thread) = self.place(message.route)
        let content = MatrixContent.message(
            message.text, mentioning: message.route.mentions, token: message.token, relation: relation)
        return MatrixOutgoing(
            room: room, kind: .event(.message, content), transaction: message.token,
            priority: message.stage == .final ? .final : .passing, thread: thread)
    }

    /// The room that a route leads to now, and how a message there relates to others.
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

    /// The digest of a message's last edit, and how often its text changed.
    struct EditMark: Sendable {
        var text: UInt64
        var changes: Int
    }

    /// Repeating the same text gives the same transaction.
    package mutating func replacing(_ reference: MessageReference, with message: OutgoingMessage) -> MatrixOutgoing {
        let isEncrypted = self.memory.encrypted.contains(reference.room.name)
        let content = MatrixContent.edit(
            of: reference.id, message.text, mentioning: message.route.mentions, token: message.token,
            sizeLimit: isEncrypted ? MatrixContent.encryptedSizeLimit : MatrixContent.sizeLimit)
        let digest = Self.digest(message.text)
        var mark = self.edits[reference.id] ?? EditMark(text: digest, changes: 0)
        if mark.text != digest { mark = EditMark(text: digest, changes: mark.changes + 1) }
        self.edits[reference.id] = mark
        // The last preview may have the whole text already, and notifies nobody.
        let end = message.route.mentions.isEmpty ? "" : ".m"
        return MatrixOutgoing(
            room: reference.room.name, kind: .event(.message, content),
            transaction: "\(message.token).\(mark.changes).\(String(digest, radix: 36))\(end)",
            priority: message.stage == .final ? .final : .passing)
    }

    /// FNV-1a, 64 bits: the same in every run, unlike `Hasher`.
    private static func digest(_ text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
