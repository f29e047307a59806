internal import JSON

/// A prompt as the CLI takes it: a system message and one message of a person. Pure.
///
/// The CLI keeps histories of its own, but ours is the truth: it outlives processes, is shortened to the model's limit
/// and may have been edited by a summary. So every request is a session of its own, and what was said before is part of
/// the one message: as JSON, in which nobody's words can pass for somebody else's, and not in the system message, where
/// they would weigh more than they should.
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

    /// Both in one, for `-p`, which takes no system message.
    package var joined: String {
        self.system.isEmpty ? self.text : "\(self.system)\n\n---\n\n\(self.text)"
    }
}
