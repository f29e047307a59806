/// What the gate says to the model.
enum GateTexts {
    static func noTool(_ tool: String, _ persona: String) -> String {
        "The persona '\(persona)' has no tool '\(tool)'. Nothing was done."
    }

    static func denied(by rule: String) -> String {
        "The policy denies this (rule '\(rule)'). Nothing was done. Do without it, or say what you need it for."
    }

    static func denied(by person: String, reason: String?) -> String {
        "\(person) denied this\(reason.map { ": \($0)" } ?? ""). Nothing was done."
    }

    static func notRecorded(_ error: String) -> String {
        "Nothing was done, because the decision cannot be recorded (\(error)). An owner has to free space on the host's "
            + "disk."
    }
}
