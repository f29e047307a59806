package import Chat

/// What one update comes to: an event for the core, and calls that follow once it is stored.
package struct TelegramIncoming: Sendable {
    /// Things of one room go one after another.
    package let room: RoomID
    package var event: InboundEvent?
    /// Where the thread is the one of the message that is answered, if the core knows it.
    package var answered: MessageReference?
    package var calls: [TelegramCall] = []

    /// ``event`` in the thread that the answered message belongs to.
    package func event(in thread: ThreadKey?) -> InboundEvent? {
        guard let thread, let event = self.event, case .message(let message) = event.kind else { return self.event }
        return InboundEvent(
            id: event.id, adapter: event.adapter,
            kind: .message(
                InboundMessage(
                    thread: thread, route: message.route, sender: message.sender, text: message.text,
                    sentAt: message.sentAt, isDirect: message.isDirect, isAddressed: message.isAddressed,
                    isThreaded: message.isThreaded, isBacklog: message.isBacklog,
                    attachments: message.attachments)))
    }
}
