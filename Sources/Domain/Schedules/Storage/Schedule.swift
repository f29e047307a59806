package import Chat
package import Primitives
package import Threads

/// What a person has scheduled in a thread.
package struct Schedule: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        /// A turn with the person's rights at that time.
        case turn
        /// Only the text, with a mention of the person.
        case remind
    }

    /// In bytes.
    package static let textLimit = 4_000
    /// Those that one person may have, in all threads.
    package static let personLimit = 50

    package let id: String
    /// The thread's.
    package let session: String
    package let kind: Kind
    package var rule: ScheduleRule
    package var zone: Zone
    /// What a run stores: its thread, route, sender and text.
    package var message: InboundMessage
    /// Whose news an event is.
    package let repository: String?
    /// What has happened, as a person reads it; nil before it has.
    package var event: String?
    /// Milliseconds since 1970; nil while it waits for an event.
    package var nextAt: Int64?
    /// When it was set, and when it ran last. Milliseconds since 1970.
    package let createdAt: Int64
    package var lastAt: Int64?

    package init(
        id: String, session: String, kind: Kind, rule: ScheduleRule, zone: Zone, message: InboundMessage,
        repository: String? = nil, nextAt: Int64?, createdAt: Int64
    ) {
        self.id = id
        self.session = session
        self.kind = kind
        self.rule = rule
        self.zone = zone
        self.message = message
        self.repository = repository
        self.nextAt = nextAt
        self.createdAt = createdAt
    }

    package var text: String { self.message.text }
    package var person: String { self.message.sender.id }

    /// The key of a run's event in the inbox.
    package func event(at time: Int64) -> String { "schedule:\(self.id):\(time)" }

    /// The message that a run stores.
    package func message(in session: SessionRecord, at now: Int64) -> InboundMessage {
        let route = self.message.route.room == session.route.room ? self.message.route : session.route
        let text = self.event.map { "\(self.text)\n\n(\($0))" } ?? self.text
        return Self.message(
            text, in: session.key, route, by: self.message.sender, isDirect: self.message.isDirect, at: now)
    }

    /// A message as schedules keep it: for the bot, and no reply to any other.
    package static func message(
        _ text: String, in thread: ThreadKey, _ route: Route, by sender: Sender, isDirect: Bool, at now: Int64
    ) -> InboundMessage {
        let route = Route(
            room: route.room, anchor: route.anchor, addressee: route.addressee, recipient: route.recipient,
            commandPrefix: route.commandPrefix)
        return InboundMessage(
            thread: thread, route: route, sender: sender, text: text, sentAt: now, isDirect: isDirect,
            isAddressed: true, isMention: true)
    }
}
