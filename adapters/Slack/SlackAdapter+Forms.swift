internal import Chat
internal import JSON
internal import Logging

extension SlackAdapter {
    /// Opens a button's form. If Slack does not show it, the button counts as pressed without a text.
    func open(_ form: SlackForm, delivering sink: any MessageSink, _ answer: @escaping SlackDeliveryQueue.Answer) async
    {
        do {
            try await self.call(.openView, form.arguments)
            answer(true, nil)
        } catch {
            self.logger.debug("A form could not be opened", ["reason": .string("\(error)")])
            let event = InboundEvent(id: form.id, adapter: self.id, kind: .choice(form.choice))
            answer(await self.deliver(event, to: sink) != nil, nil)
        }
    }
}
