package import Chat

extension InboundEvent {
    /// The message, if the event is one.
    package var message: InboundMessage? { if case .message(let message) = self.kind { message } else { nil } }
}
