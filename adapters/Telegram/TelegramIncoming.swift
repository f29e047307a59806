package import Chat
internal import JSON

/// The result of one update: an event for the core, and calls to make once it is stored.
package struct TelegramIncoming: Sendable {
    /// Items of one room are delivered in order.
    package let room: RoomID
    package var event: InboundEvent?
    /// The message this one replies to. If the core knows it, its thread applies.
    package var answered: MessageReference?
    package var calls: [TelegramCall] = []
    /// Without an event: who caused ``calls``. They are not made for strangers.
    package var asker: InboundMessage?

    /// ``calls``, once it is known what became of the event: a stranger who pressed a button gets to see why.
    package func calls(after delivery: Delivery?) -> [TelegramCall] {
        guard delivery == .ignored("stranger") else { return self.calls }
        return self.calls.map { call in
            guard call.method == "answerCallbackQuery" else { return call }
            var call = call
            call.parameters["text"] = "I do not know you yet. Ask an owner for a pairing code."
            return call
        }
    }

    /// ``event``, moved to the thread of the answered message if it is known.
    package func event(in thread: ThreadKey?) -> InboundEvent? {
        guard let thread, let event = self.event, case .message(var message) = event.kind else { return self.event }
        message.thread = thread
        return InboundEvent(id: event.id, adapter: event.adapter, kind: .message(message))
    }
}
