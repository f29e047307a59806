internal import Models

extension CopilotCLIFailure {
    /// Something else than the gate has approved a request.
    static let decidedElsewhere = ModelError(
        .refused,
        "The work was stopped because the Copilot CLI took a permission from somebody else than Jetbridge. Look at what "
            + "was changed (`diff`, `undo`) before you go on.")

    static func ungated(_ tool: String) -> ModelError {
        ModelError(
            .refused,
            "The work was stopped because the Copilot CLI ran \(tool) without asking. Look at what was changed (`diff`, "
                + "`undo`) before you go on.")
    }

    static let hanging = ModelError(
        .timedOut,
        "The Copilot CLI hung and was ended; the model may have written something too large. Type `resume` to go on.")

    /// The jailed process ended while it was needed.
    static func jailEnded(_ reason: String?, errors: String, isStarting: Bool) -> ModelError {
        let words = errors.split(separator: "\n").last.map { ": \(Self.line(String($0)))" } ?? ""
        let why = reason.map { " (\($0))" } ?? ""
        if isStarting {
            return ModelError(
                .unavailable,
                "The Copilot CLI did not start in its jail\(why)\(words). Run `jetbridge doctor`; the program must be "
                    + "version 1.0 or later, and its libraries below /usr.")
        }
        return ModelError(
            .interrupted, "The Copilot CLI ended unexpectedly\(why)\(words). Type `resume` to go on.")
    }
}
