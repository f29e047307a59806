internal import Chat
internal import JSON
internal import Logging

/// A form that a button opens: one field, whose text follows the button's command.
struct SlackForm: Sendable {
    /// Marks the bot's own forms.
    static let callback = "jetbridge"
    /// Names the field.
    private static let field = "text"
    /// In characters.
    private static let textLimit = 500

    let choice: Choice
    let command: String
    /// The event's id if the form cannot be shown.
    let id: String
    /// Opens the form, once and within three seconds.
    let trigger: String
    let label: String
    let prompt: String

    /// The arguments of `views.open`. Slack returns the private metadata as they are.
    var arguments: JSONObject {
        let metadata: JSON = [
            "channel": .string(self.choice.target.room.name), "ts": .string(self.choice.target.id),
            "command": .string(self.command), "at": .integer(self.choice.sentAt),
        ]
        return [
            "trigger_id": .string(self.trigger),
            "view": [
                "type": "modal", "callback_id": .string(Self.callback), "private_metadata": .string(metadata.text),
                "title": SlackBlocks.plain(self.label, limit: 24), "submit": SlackBlocks.plain(self.label, limit: 24),
                "close": SlackBlocks.plain("Cancel", limit: 24),
                "blocks": [
                    [
                        "type": "input", "block_id": .string(Self.field), "optional": true,
                        "label": SlackBlocks.plain(self.prompt, limit: 100),
                        "element": [
                            "type": "plain_text_input", "action_id": .string(Self.field), "multiline": true,
                            "max_length": JSON(Self.textLimit),
                        ],
                    ]
                ],
            ],
        ]
    }

    /// The answer to what a stranger submits: the form stays open and shows it.
    static let refusal: JSON = [
        "response_action": "errors",
        "errors": [Self.field: "I do not know you yet. Ask an owner for a pairing code."],
    ]

    /// The button's command with the text of a submitted form.
    static func submitted(_ view: JSON) -> (channel: String, ts: String, command: String, at: Int64)? {
        guard view["callback_id"]?.stringValue == Self.callback,
            let metadata = view["private_metadata"]?.stringValue.flatMap({ try? JSON.parse($0) }),
            let channel = SlackReader.id(metadata["channel"]), let ts = SlackReader.timestamp(metadata["ts"]),
            let command = metadata["command"]?.stringValue
        else { return nil }
        let text = view["state"]?["values"]?[Self.field]?[Self.field]?["value"]?.stringValue ?? ""
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return (
            channel, ts, words.isEmpty ? command : "\(command) \(words)",
            Int64(metadata["at"]?.intValue ?? 0)
        )
    }
}

extension SlackReader {
    /// A press of one of the bot's buttons that asks for a text first.
    func form(_ payload: JSON) -> SlackForm? {
        guard let actions = payload["actions"]?.arrayValue, actions.count == 1, let action = actions.first,
            let prompt = action["action_id"]?.stringValue.flatMap({ SlackBlocks.prompt(inActionID: $0) }),
            let trigger = payload["trigger_id"]?.stringValue, !trigger.isEmpty,
            case .other(.choice(let choice), let id)? = self.items(ofInteraction: payload).first,
            case .button(let command) = choice.kind
        else { return nil }
        return SlackForm(
            choice: choice, command: command, id: id, trigger: trigger,
            label: action["text"]?["text"]?.stringValue ?? prompt, prompt: prompt)
    }

    /// A submitted form, as a press of its button with a longer command.
    func items(ofSubmission payload: JSON) -> [Item] {
        guard payload["type"]?.stringValue == "view_submission", let view = payload["view"],
            let user = payload["user"]?["id"]?.stringValue, let id = view["id"]?.stringValue,
            let (channel, ts, command, at) = SlackForm.submitted(view)
        else { return [] }
        let team = payload["user"]?["team_id"]?.stringValue ?? payload["team"]?["id"]?.stringValue ?? self.bot.team
        let choice = Choice(
            target: MessageReference(room: self.room(channel), id: ts),
            sender: self.sender(user, team: team, name: payload["user"]?["username"]?.stringValue),
            kind: .button(command), sentAt: at)
        return [.other(.choice(choice), id: "submitted:\(id)")]
    }
}

extension SlackAdapter {
    /// Opens a button's form for whoever may use it. For others, and if Slack does not show it, the button counts as pressed
    /// without a text.
    func open(_ form: SlackForm, delivering sink: any MessageSink, _ answer: @escaping SlackDeliveryQueue.Answer) async
    {
        if await sink.mayPrompt(form.choice) {
            do {
                try await self.call(.openView, form.arguments)
                return answer(true, nil)
            } catch {
                self.logger.debug("A form could not be opened", ["reason": .string("\(error)")])
            }
        }
        let kind = await self.named(.choice(form.choice))
        let event = InboundEvent(id: form.id, adapter: self.id, kind: kind)
        answer(await self.deliver(event, to: sink) != nil, nil)
    }
}
