internal import JSON
package import Models

/// A prompt as the CLI accepts it: a system message and one user message. Pure.
///
/// The CLI keeps its own history, but ours is authoritative: it outlives processes, fits the model's limit, and may
/// contain a summary. So every request uses a new session, and the earlier conversation is part of the one message: as
/// JSON, so that nobody's words can pass for another's, and not in the system message, where they would weigh too much.
package struct CopilotCLIPrompt: Sendable, Equatable {
    package let system: String
    package let text: String

    package init(_ messages: [ModelMessage]) {
        self.system = messages.filter { $0.role == .system }.map(\.text).joined(separator: "\n\n")
        var spoken = messages.filter { $0.role != .system }
        let question = spoken.last?.role == .user ? spoken.removeLast().text : "Go on."
        guard !spoken.isEmpty else {
            self.text = question
            return
        }
        let lines = spoken.map { message -> String in
            let entry: JSON = ["role": .string(message.role.rawValue), "content": .string(message.text)]
            return entry.text
        }
        self.text =
            "The conversation so far, oldest first, one JSON object a line; \"assistant\" is you:\n"
            + lines.joined(separator: "\n") + "\n\nThe message to answer now:\n" + question
    }
}
