package import JSON
package import Models

/// What happens in a turn of the Copilot CLI.
package enum CopilotCLIEvent: Sendable, Equatable {
    /// A call that the model makes.
    package struct Call: Sendable, Equatable {
        package let id: String
        package let tool: String
        package let arguments: JSON
    }

    /// How a call ended.
    package struct Result: Sendable, Equatable {
        package let id: String
        package let tool: String
        package let isSuccess: Bool
        /// The CLI's word for a failure: `denied`, `rejected`, `failure`, …
        package let code: String?
        /// What the model reads.
        package let text: String

        /// The status of a command that has ended; nil for other calls, and for one that goes on in the background.
        package var exitStatus: Int? {
            guard self.tool == "bash" || self.tool == "read_bash" else { return nil }
            // The CLI writes it behind the output, which may be long.
            let end = String(decoding: self.text.utf8.suffix(1_000), as: UTF8.self)
            guard let start = end.ranges(of: "<exited with exit code ").last else { return nil }
            return Int(end[start.upperBound...].prefix { $0.isNumber })
        }
    }

    /// The CLI has the message. `isNew`: its session is new, though another was expected or not.
    case began(isNew: Bool)
    /// The next piece of the answer's text.
    case text(String)
    case thinking(String)
    case waiting(RetryNotice)
    case usage(TokenUsage)
    /// An answer of the model is complete; its calls, if any, follow.
    case answered(text: String, calls: [Call])
    case finished(Result)
    /// The turn is over, without an error.
    case complete(FinishReason)
    /// Nothing else has happened for a while.
    case tick
}
