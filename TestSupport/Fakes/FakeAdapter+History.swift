package import Chat
internal import Primitives

/// What people said in the rooms of the in-memory network, as a test sets it.
extension FakeAdapter: RoomHistory {
    /// What each query finds, oldest first, as far as it is between the query's messages and within its limit.
    package func setPast(_ messages: [SaidMessage], missing: String? = nil) {
        self.change { $0.past = RoomPast(messages: messages, missing: missing) }
    }

    /// While it is held, queries get no answer until they are cancelled.
    package func setHoldingPast(_ isHolding: Bool) { self.change { $0.isHoldingPast = isHolding } }

    /// The queries so far.
    package var pastQueries: [PastQuery] { self.state.withLock { $0.pastQueries } }

    package func past(of query: PastQuery) async throws -> RoomPast {
        self.change { $0.pastQueries.append(query) }
        await self.wait { !$0.isHoldingPast }
        try Task.checkCancellation()
        var past = self.state.withLock { $0.past }
        let pointedAt = past.messages.filter {
            $0.relation == .root && query.after == nil && query.route.anchor != nil
                || $0.relation == .repliedTo && $0.reference?.id == query.repliesTo
        }
        var said = past.messages.filter { $0.relation == .said && ($0.sentAt ?? .max) >= query.since }[...]
        if let place = said.firstIndex(where: { $0.reference == query.before }), query.before != nil {
            said = said[..<place]
        }
        if let place = said.firstIndex(where: { $0.reference == query.after }), query.after != nil {
            said = said[(place + 1)...]
        }
        past.messages = pointedAt + said.suffix(query.limit)
        return past
    }

    /// What a person or the bot said, for ``setPast(_:missing:)``.
    package func said(
        _ text: String, by person: String, as relation: SaidMessage.Relation = .said, message: String? = nil,
        in room: String = "team", at time: Int64 = 1_000, isSelf: Bool = false, attachments: [Attachment] = []
    ) -> SaidMessage {
        SaidMessage(
            relation, reference: message.map { self.reference($0, in: room) },
            author: self.sender(person, isSelf: isSelf), name: person, sentAt: time, text: text,
            attachments: attachments)
    }
}
