internal import Primitives
internal import Store
internal import Threads

/// A conversation as a Markdown file, page by page. Pure.
struct MarkdownExport {
    let head: String
    /// Of the last message, with its turn.
    private var speaker: String?

    /// - Parameters:
    ///   - title: As people see it; may be empty.
    ///   - branches: How many the conversation has, of which this is one.
    init(_ session: SessionRecord, title: String, branches: Int = 1) {
        var facts = ["Thread \(session.id)", "begun \(CivilTime(milliseconds: session.createdAt).rfc3339)"]
        if let repository = session.repository { facts.append("repository \(repository)") }
        if let model = session.model { facts.append("model \(model)") }
        if branches > 1 { facts.append("one of \(branches) branches") }
        let heading = title.isEmpty ? "Conversation" : VisibleText.line(title)
        self.head = "# \(heading)\n\n\(facts.joined(separator: " · "))\n"
    }

    /// The next messages, in order.
    mutating func text(of messages: [MessageRecord]) -> String {
        var text = ""
        for message in messages {
            let name = Self.speaker(of: message)
            let heading = "\(name) \(message.turn ?? "")"
            if heading != self.speaker {
                text += "\n## \(VisibleText.line(name)), \(CivilTime(milliseconds: message.createdAt).rfc3339)\n"
            }
            self.speaker = heading
            text += "\n\(Self.text(of: message))\n"
        }
        return text
    }

    private static func speaker(of message: MessageRecord) -> String {
        switch message.role {
        case .user, .command: message.author ?? "Someone"
        case .assistant, .note, .commit, .thinking: "Jetbridge"
        }
    }

    /// What the model thought and what the bot said are quoted, so that they differ from the answer.
    private static func text(of message: MessageRecord) -> String {
        switch message.role {
        case .user, .command, .assistant: message.text
        case .commit: "- \(message.text)"
        case .note, .thinking:
            message.text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? ">" : "> \($0)" }
                .joined(separator: "\n")
        }
    }
}
