internal import Chat
internal import Primitives

/// The replies to `persona` and `policy`.
enum PersonaTexts {
    static let noExtensions =
        "No extensions are configured. Whoever runs the host can add servers of tools in its configuration."

    static let unavailable = "The model has no tools here, so there is nothing to choose."

    static func personas(
        _ personas: [PersonaChoice], current: String, default standard: String, sign: CommandSign
    ) -> String {
        let lines = personas.map { persona in
            let marks = [
                persona.name == current ? "in use here" : nil, persona.name == standard ? "default" : nil,
            ].compactMap { $0 }
            return "- `\(persona.name)`: \(persona.summary)"
                + (marks.isEmpty ? "" : " (\(marks.joined(separator: ", ")))")
        }
        return (lines + ["", "Choose with \(sign.command("persona NAME"))."]).joined(separator: "\n")
    }

    static func unknownPersona(_ name: String, among names: [String], sign: CommandSign) -> String {
        let near = names.min { EditDistance.between(name, $0) < EditDistance.between(name, $1) }
        return "There is no persona `\(name)`.\(near.map { " Did you mean `\($0)`?" } ?? "") "
            + "\(sign.command("persona")) lists them all."
    }

    static func personaIsChosen(_ name: String) -> String {
        "From now on the model works as `\(name)` in this thread."
    }

    static func steerUsage(_ sign: CommandSign) -> String {
        "Write what the running answer should know after it: \(sign.command("steer TEXT"))."
    }

    static let steered = "The model reads this before its next step."

    static func nothingToSteer(_ sign: CommandSign) -> String {
        "Nothing is running here that could take it: write it as a message. "
            + "(\(sign.command("steer")) is for answers that work with tools.)"
    }

    static func explainUsage(_ sign: CommandSign) -> String {
        "Write a command after it: \(sign.command("policy explain COMMAND")) shows whether it may run, and why."
    }
}
