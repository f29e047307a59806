internal import Chat
internal import JSON
internal import Kit
internal import Primitives

/// Reads what was said before a question, and what is said without words.
extension MatrixStateMachine {
    // In bytes.
    private static let saidLimit = 64 << 10

    /// A message as people see it now, after `edit`; nil for what says nothing, or was deleted.
    func said(
        _ event: MatrixEvent, edit: MatrixEvent? = nil, as relation: SaidMessage.Relation, in room: String,
        at now: Int64
    ) -> SaidMessage? {
        guard !event.id.isEmpty, event.stateKey == nil, event.replaced == nil, self.mayRead(event, in: room),
            var (text, attachments) = self.content(of: event)
        else { return nil }
        if let edit, self.mayRead(edit, in: room), edit.sender == event.sender, edit.type == event.type,
            let new = edit.content["m.new_content"], let edited = self.content(of: event, new)
        {
            (text, attachments) = edited
        }
        guard !text.isEmpty || !attachments.isEmpty else { return nil }
        let sender = self.sender(event.sender)
        // Programs write notices; people's clients do not.
        let isBot = sender.isSelf || event.content["msgtype"]?.stringValue == "m.notice"
        let author = Sender(
            id: sender.id, identities: sender.identities, displayName: sender.displayName, isBot: isBot,
            isSelf: sender.isSelf)
        return SaidMessage(
            relation,
            reference: MessageReference(room: RoomID(adapter: self.adapter, name: room), id: event.id), author: author,
            name: author.displayName.onOneLine, sentAt: max(0, min(event.timestamp, now)),
            text: text.beginning(bytes: Self.saidLimit), attachments: attachments)
    }

    private func content(of event: MatrixEvent, _ new: JSON? = nil) -> (String, [Attachment])? {
        let content = new ?? event.content
        if let text = Self.unspoken(event.type, content) { return (text, []) }
        guard event.type == .message, let kind = content["msgtype"]?.stringValue,
            let said = self.read(content, kind: kind == "m.notice" ? "m.text" : kind, of: event, keepsName: true)
        else { return nil }
        return (said.text, said.attachments)
    }

    /// A place, a sticker or a poll in words; nil for other events.
    static func unspoken(_ type: MatrixEventType, _ content: JSON) -> String? {
        switch type {
        case .message where content["msgtype"]?.stringValue == "m.location": Self.place(content)
        case .sticker: content["body"]?.stringValue.map { "Sticker: \(Self.cut($0))" }
        case .poll, .earlyPoll: Self.poll(content)
        default: nil
        }
    }

    private static func cut(_ text: String) -> String { text.beginning(bytes: 1_000).onOneLine }

    private static func place(_ content: JSON) -> String? {
        guard let uri = content["geo_uri"]?.stringValue ?? content["m.location"]?["uri"]?.stringValue,
            uri.hasPrefix("geo:")
        else { return nil }
        let numbers = uri.beginning(bytes: 100).dropFirst(4).prefix { $0 != ";" }.split(separator: ",").prefix(2)
        guard numbers.count == 2, numbers.allSatisfy({ Double($0) != nil }) else { return nil }
        let words = content["m.location"]?["description"]?.stringValue.map { " \(Self.cut($0))" } ?? ""
        return "📍 \(numbers.joined(separator: ", "))\(words)"
    }

    private static func poll(_ content: JSON) -> String? {
        guard let poll = content["m.poll"] ?? content["org.matrix.msc3381.poll.start"],
            let question = Self.words(poll["question"])
        else { return nil }
        let answers = (poll["answers"]?.arrayValue ?? []).prefix(20).compactMap(Self.words)
        return (["Poll: \(Self.cut(question))"] + answers.map { "- \(Self.cut($0))" }).joined(separator: "\n")
    }

    /// A text in one of the forms that polls have had.
    private static func words(_ json: JSON?) -> String? {
        let texts = json?["m.text"]
        return texts?[0]?["body"]?.stringValue ?? texts?.stringValue ?? json?["org.matrix.msc1767.text"]?.stringValue
            ?? json?["body"]?.stringValue
    }

    // MARK: Names

    /// Those among `users` whose names are not known.
    func unnamed(_ users: some Sequence<String>) -> [String] {
        Set(users).filter { self.names[$0] == nil && $0 != self.settings.user }.sorted()
    }

    mutating func learn(name: String?, of user: String) {
        // Also without one, so that nobody asks again.
        let local = String(user.dropFirst().prefix { $0 != ":" })
        // A character may have any number of scalars.
        self.names[user] = String(String.UnicodeScalarView((name ?? local).unicodeScalars.prefix(200)))
    }
}
