internal import Copilot
internal import Crypto
internal import JSON
internal import Lifecycle
internal import Models

/// The messages of a thread as the CLI's session gets them: whole for a new session, else only what is new. Pure.
struct CopilotCLIConversationText: Sendable {
    /// Without the system's.
    private let messages: [ModelMessage]
    private let notes: String

    /// - Parameters:
    ///   - opening: System text, conversation and question.
    ///   - notes: The project's own, as data; empty when there are none.
    init(_ opening: [ModelMessage], notes: String) {
        self.messages = opening.filter { $0.role != .system }
        self.notes = notes
    }

    var count: Int { self.messages.count }

    func digest(of count: Int) -> String {
        let entries = self.messages.prefix(count).map { message -> JSON in
            [.string(message.role.rawValue), .string(message.text)]
        }
        return Crypto.hex(Crypto.sha256(JSON.array(entries).canonicalBytes))
    }

    /// Whether the session knows a beginning of this conversation.
    func continues(_ record: CopilotCLIRecord) -> Bool {
        record.messages <= self.messages.count && self.digest(of: record.messages) == record.digest
    }

    /// For a new session.
    var whole: String {
        let text = CopilotCLIPrompt(self.messages).text
        return self.notes.isEmpty ? text : self.notes + "\n\n" + text
    }

    /// For a session that knows the first `count` messages and what it answered to them.
    func rest(after count: Int) -> String {
        var rest = Array(self.messages.dropFirst(count))
        while let first = rest.first, first.role == .assistant { rest.removeFirst() }
        guard let question = rest.last else { return "Go on." }
        guard rest.count > 1 else { return question.text }
        let lines = rest.dropLast().map { message -> String in
            let entry: JSON = ["role": .string(message.role.rawValue), "content": .string(message.text)]
            return entry.text
        }
        return "Since then this was said, oldest first, one JSON object a line:\n" + lines.joined(separator: "\n")
            + "\n\nThe message to answer now:\n" + question.text
    }
}

/// What the host remembers of a thread's session in the CLI. It is outside of what the jail can write.
struct CopilotCLIRecord: Sendable, Equatable {
    /// The CLI's id.
    var session: String
    /// The turn that used it last.
    var turn: String
    /// How many messages of the conversation the session knows, and their digest.
    var messages: Int
    var digest: String

    static func read(_ path: String) -> CopilotCLIRecord? {
        guard let bytes = PrivateFile.read(path)?.bytes, let json = try? JSON.parse(bytes),
            let session = json["session"]?.stringValue, let turn = json["turn"]?.stringValue,
            let messages = json["messages"]?.intValue, let digest = json["digest"]?.stringValue
        else { return nil }
        return CopilotCLIRecord(session: session, turn: turn, messages: messages, digest: digest)
    }

    func write(to path: String) throws {
        let json: JSON = [
            "session": .string(self.session), "turn": .string(self.turn), "messages": JSON(self.messages),
            "digest": .string(self.digest),
        ]
        try PrivateFile.write(json.bytes, to: path)
    }
}
