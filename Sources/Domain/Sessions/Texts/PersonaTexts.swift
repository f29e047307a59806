internal import Chat
internal import Primitives
internal import Words

/// The replies to `persona` and `policy`.
enum PersonaTexts {
    static var noExtensions: String {
        worded("No extensions are configured. Whoever runs the host can add servers of tools in its configuration.")
    }

    static var unavailable: String { worded("The model has no tools here, so there is nothing to choose.") }

    static func personas(
        _ personas: [PersonaChoice], current: String, default standard: String, sign: CommandSign
    ) -> String {
        let lines = personas.map { persona in
            let marks = [
                persona.name == current ? worded("in use here") : nil,
                persona.name == standard ? worded("default") : nil,
            ].compactMap { $0 }
            return "- `\(persona.name)`: \(persona.summary)"
                + (marks.isEmpty ? "" : " (\(marks.joined(separator: ", ")))")
        }
        return (lines + ["", worded("Choose with \(sign.command("persona NAME")).")]).joined(separator: "\n")
    }

    static func unknownPersona(_ name: String, among names: [String], sign: CommandSign) -> String {
        let near = names.min { EditDistance.between(name, $0) < EditDistance.between(name, $1) }
        return worded(
            "There is no persona `\(name)`.\(near.map { worded(" Did you mean `\($0)`?") } ?? "") "
                + "\(sign.command("persona")) lists them all.")
    }

    static func personaIsChosen(_ name: String) -> String {
        worded("From now on the model works as `\(name)` in this thread.")
    }

    static func steerUsage(_ sign: CommandSign) -> String {
        worded("Write what the running answer should know after it: \(sign.command("steer TEXT")).")
    }

    static var steered: String { worded("The model reads this before its next step.") }

    static func nothingToSteer(_ sign: CommandSign) -> String {
        worded(
            "Nothing is running here that could take it: write it as a message. "
                + "(\(sign.command("steer")) is for answers that work with tools.)")
    }

    static func explainUsage(_ sign: CommandSign) -> String {
        worded("Write a command after it: \(sign.command("policy explain COMMAND")) shows whether it may run, and why.")
    }
}
