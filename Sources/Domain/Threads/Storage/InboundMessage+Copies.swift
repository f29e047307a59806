package import Chat
package import People

extension InboundMessage {
    /// The message's platform id, where it has one.
    package var reference: MessageReference? {
        self.route.replyTo.map { MessageReference(room: self.route.room, id: $0) }
    }

    /// The same message, addressed to the bot.
    package var addressed: InboundMessage { self.copy(isAddressed: true) }

    /// The same message, which tells the running turn to stop.
    package var stopping: InboundMessage { self.copy(isStop: true) }

    /// The same message with another text.
    package func reading(_ text: String) -> InboundMessage { self.copy(text: text) }

    /// The same message in another thread, answered by another route.
    package func moved(to thread: ThreadKey, _ route: Route) -> InboundMessage {
        self.copy(thread: thread, route: route)
    }

    /// The same message, by somebody whose identity is a host mask.
    package func identified(by mask: HostMask) -> InboundMessage {
        self.copy(thread: mask.thread(self.thread), sender: mask.sender(self.sender))
    }

    private func copy(
        thread: ThreadKey? = nil, route: Route? = nil, sender: Sender? = nil, text: String? = nil,
        isAddressed: Bool? = nil, isStop: Bool? = nil
    ) -> InboundMessage {
        var copy = InboundMessage(
            thread: thread ?? self.thread, route: route ?? self.route, sender: sender ?? self.sender,
            text: text ?? self.text,
            sentAt: self.sentAt, isDirect: self.isDirect, isAddressed: isAddressed ?? self.isAddressed,
            isMention: self.isMention, isReply: self.isReply, mentionsOthers: self.mentionsOthers,
            repliedText: self.repliedText,
            isThreaded: self.isThreaded, isBacklog: self.isBacklog, isChosen: self.isChosen,
            // It was found in the words.
            isStop: isStop ?? (self.isStop && text == nil),
            attachments: self.attachments, enclosed: self.enclosed, repliesTo: self.repliesTo)
        copy.via = self.via
        copy.replaces = self.replaces
        copy.locale = self.locale
        return copy
    }
}
