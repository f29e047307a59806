internal import JSON
internal import Lifecycle

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
