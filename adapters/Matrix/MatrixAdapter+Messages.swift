package import Chat
internal import Crypto
internal import JSON
internal import Kit
internal import Logging
internal import Primitives

extension MatrixAdapter: EditingAdapter, DeletingAdapter, ReconcilingAdapter {
    package func replace(_ reference: MessageReference, with message: OutgoingMessage) async throws {
        let outgoing = self.state.withLock { $0.machine.replacing(reference, with: message) }
        _ = try await self.transmit(outgoing)
    }

    package func delete(_ reference: MessageReference, in route: Route) async throws {
        do {
            _ = try await self.transmit(
                MatrixOutgoing(
                    room: reference.room.name, kind: .redaction(of: reference.id, reason: ""),
                    transaction: "delete-\(Self.digest(reference.id))"))
        } catch let error as AdapterError where error.code == .notFound {
            return
        }
    }

    static func digest(_ text: String) -> String { String(hex(sha256(text)).prefix(24)) }

    /// Searches the bot's own messages for the token, which each of them carries. The transaction id is not enough: the
    /// server forgets it after a day and shows it only to the device that sent it.
    package func find(token: String, isFile: Bool, in route: Route) async throws -> MessageReference? {
        let (room, user) = self.state.withLock { ($0.machine.place(route).room, self.settings.user) }
        var from: String?
        for _ in 0..<10 {
            let json = try await self.look(.ownMessages(room: room, from: from, user: user), room: room)
            for sent in MatrixEvent.list(json["chunk"]) {
                let event = await self.openOwn(sent, in: room)
                let isMatch = event.content["dev.jetbridge.token"]?.stringValue == token || event.transaction == token
                guard isMatch, event.content["msgtype"] != nil || event.type == .encrypted else { continue }
                return self.reference(event.replaced ?? event.id, in: route.room.name)
            }
            guard let end = json["end"]?.stringValue, end != from else { return nil }
            from = end
        }
        return nil
    }

    /// The token is the transaction id, and the server answers a repeat with the first event.
    package var recognisesRepeats: Bool { true }

    /// Reads information about a room from the server. Throws ``AdapterError``.
    func look(_ request: MatrixRequest, room: String) async throws -> JSON {
        let token = self.state.withLock { $0.machine.isSignedIn ? $0.machine.token : nil }
        guard let token else {
            throw AdapterError(.disconnected, "Not connected to the homeserver at the moment; try again later")
        }
        switch try await self.transport.send(request, token: token) {
        case .success(let json): return json
        case .refused(let refusal): throw MatrixStateMachine.error(refusal, room: room)
        case .failed(let reason, _): throw AdapterError(.disconnected, reason)
        }
    }
}

extension MatrixAdapter: ReactingAdapter {
    package func react(_ emoji: String, isOn: Bool, to reference: MessageReference, isNeeded: Bool) async throws {
        if isOn {
            try await self.add(emoji, to: reference, isNeeded ? .deferred : .passing)
        } else {
            try await self.remove(emoji, from: reference)
        }
    }

    private func add(_ emoji: String, to reference: MessageReference, _ priority: MatrixBudget.Priority) async throws {
        let outgoing = MatrixOutgoing(
            room: reference.room.name, kind: .event(.reaction, MatrixContent.reaction(emoji, to: reference.id)),
            transaction: "react-\(hex(randomBytes(12)))", priority: priority)
        let id = try await self.transmit(outgoing)
        self.state.withLock { $0.reactions[ReactionKey(target: reference.id, emoji: emoji)] = id }
    }

    private func remove(_ emoji: String, from reference: MessageReference) async throws {
        let key = ReactionKey(target: reference.id, emoji: emoji)
        var id = self.state.withLock { $0.reactions[key] }
        if id == nil { id = try await self.ownReaction(emoji, to: reference) }
        guard let id else { return }
        // Not looked for again by the next try.
        self.state.withLock { $0.reactions[key] = id }
        _ = try await self.transmit(
            MatrixOutgoing(
                room: reference.room.name, kind: .redaction(of: id, reason: ""),
                transaction: "unreact-\(Self.digest(id))", priority: .deferred))
        self.state.withLock { $0.reactions[key] = nil }
    }

    /// The event id of a reaction that an earlier run added.
    private func ownReaction(_ emoji: String, to reference: MessageReference) async throws -> String? {
        let room = reference.room.name
        let json = try await self.look(.reactions(room: room, id: reference.id), room: room)
        return MatrixEvent.list(json["chunk"]).first {
            $0.sender == self.settings.user && $0.annotation?.key == emoji
        }?.id
    }
}

extension MatrixAdapter: TypingAdapter {
    /// How long the server shows the typing sign, in milliseconds, and when it is renewed.
    private static let typingTime: Int64 = 30_000
    private static let typingRefresh: Duration = .seconds(24)
    /// The delay before the sign is shown: an immediate answer needs none.
    private static let typingDelay: Duration = .milliseconds(250)
    /// After 20 minutes the sign counts as forgotten and expires.
    private static let typingRounds = 50

    package func setTyping(_ isTyping: Bool, in route: Route) async {
        let room = route.room.name
        let aside = self.state.withLock { state -> Aside? in
            guard isTyping else {
                guard var typing = state.typing[room] else { return nil }
                typing.anchors.remove(route.anchor ?? "")
                state.typing[room] = typing.anchors.isEmpty ? nil : typing
                return typing.anchors.isEmpty && typing.isShown ? .typingEnd(room: room) : nil
            }
            guard state.machine.maySend(to: room), state.typing.count < 10_000 else { return nil }
            if state.typing[room] != nil {
                state.typing[room]?.anchors.insert(route.anchor ?? "")
                return nil
            }
            state.lastTyping += 1
            state.typing[room] = Typing(anchors: [route.anchor ?? ""], number: state.lastTyping)
            return .typing(room: room, number: state.lastTyping)
        }
        if let aside { self.begin(aside) }
    }

    func keepTyping(in room: String, _ number: Int) async throws {
        try await Task.sleep(for: Self.typingDelay)
        for _ in 0..<Self.typingRounds {
            let isOn = self.state.withLock { state in
                guard state.typing[room]?.number == number, state.machine.maySend(to: room) else { return false }
                state.typing[room]?.isShown = true
                return true
            }
            guard isOn else { return }
            try await self.sendTyping(true, in: room)
            // Typing may have ended during the request.
            if self.state.withLock({ $0.typing[room] }) == nil { return try await self.sendTyping(false, in: room) }
            try await Task.sleep(for: Self.typingRefresh)
        }
        self.state.withLock { if $0.typing[room]?.number == number { $0.typing[room] = nil } }
    }

    func sendTyping(_ isTyping: Bool, in room: String) async throws {
        let request = MatrixRequest.typing(
            room: room, user: self.settings.user, time: isTyping ? Self.typingTime : nil)
        let token = self.state.withLock { $0.machine.token }
        _ = try await self.transport.send(request, token: token)
    }
}
