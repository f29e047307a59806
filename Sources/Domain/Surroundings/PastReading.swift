package import Chat

/// What is asked of a room's past, and which of it are lines. Pure.
package enum PastReading {
    /// The query for what was said before `question`; nil if there is nothing to read.
    ///
    /// - Parameter limits: Nil if only what the question replies to may be read.
    package static func query(
        for context: QuestionContext, _ route: Route, limits: ContextLimits?, at now: Int64
    ) -> PastQuery? {
        let question = route.replyTo.map { MessageReference(room: route.room, id: $0) }
        let reply = context.unread?.id
        guard context.state == .due, let limits else {
            return reply.map { PastQuery(route: route, before: question, since: now, limit: 0, repliesTo: $0) }
        }
        let isThread = Self.isInThread(route)
        let place = isThread ? route : Route(room: route.room, recipient: route.recipient)
        return PastQuery(
            route: place, before: question, after: context.seen.flatMap { $0.room == route.room ? $0 : nil },
            since: LineCut.since(limits, isThread: isThread, at: now),
            limit: isThread ? limits.thread : limits.room, repliesTo: reply)
    }

    /// Whether something was said in the question's thread before it, which a question that begins its thread has not.
    package static func isInThread(_ route: Route) -> Bool { route.anchor != nil && route.anchor != route.replyTo }

    /// The lines of what was said: without what the session has already, and without the bot's notes.
    ///
    /// - Parameters:
    ///   - known: What is stored of these messages.
    ///   - role: People's roles.
    package static func lines(
        of past: RoomPast, before question: MessageReference?, in session: String,
        below parent: String? = nil, known: [MessageReference: KnownMessage], role: (Sender) -> Role?
    ) -> [TurnLine] {
        past.messages.compactMap { said in
            let stored = said.reference.flatMap { known[$0] }
            let isPointedAt = said.relation != .said && said.relation != .root
            if said.reference != nil, said.reference == question { return nil }
            if let stored, [session, parent].contains(stored.session), !isPointedAt { return nil }
            var line = TurnLine(said, role: role)
            guard said.author?.isSelf == true else { return line }
            guard let stored else { return said.relation == .said ? nil : line }
            guard stored.isAnswer || isPointedAt else { return nil }
            line.hasForeignWords = stored.hasForeignWords(in: session, role: role)
            return line
        }
    }
}

/// A message of a room that is stored: to whom the bot said it, or whose question it is.
package struct KnownMessage: Sendable, Equatable {
    /// Empty if it belongs to none.
    package let session: String
    /// The bot's answer, or a part of it.
    package let isAnswer: Bool
    /// Who asked; nil if unknown.
    package let asker: Sender?
    /// The answer's prompt had words of somebody who may give no orders.
    package let hadForeignText: Bool

    package init(session: String, isAnswer: Bool, asker: Sender?, hadForeignText: Bool) {
        self.session = session
        self.isAnswer = isAnswer
        self.asker = asker
        self.hadForeignText = hadForeignText
    }

    /// What the bot said to somebody who may give no orders may be their words.
    package func hasForeignWords(in session: String, role: (Sender) -> Role?) -> Bool {
        if self.session == session { return false }
        guard !self.hadForeignText, let asker = self.asker, let held = role(asker) else { return true }
        return held < .member
    }
}
