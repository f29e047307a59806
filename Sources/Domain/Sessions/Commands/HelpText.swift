/// The text of `help`.
enum HelpText {
    static func text(about word: String, role: Role, sign: String) -> String {
        let word = word.lowercased().drop(while: { !$0.isLetter })
        guard !word.isEmpty else { return Self.overview(role: role, sign: sign) }
        guard let command = CommandName(rawValue: String(word)) else {
            let nearest = CommandName.nearest(to: String(word)).rawValue
            return "There is no command `\(sign)\(word)`. Did you mean `\(sign)\(nearest)`?"
        }
        return "`\(Self.usage(of: command, sign: sign))`: \(command.summary). Needs the role \(command.role.rawValue)."
    }

    private static func overview(role: Role, sign: String) -> String {
        let lines = CommandName.offered.filter { $0.role <= role }.map { command in
            "- `\(Self.usage(of: command, sign: sign))`: \(command.summary)"
        }
        let first = "Write to me and I answer; commands begin with `\(sign.trimmed)`:"
        return ([first, ""] + lines).joined(separator: "\n")
    }

    private static func usage(of command: CommandName, sign: String) -> String {
        "\(sign)\(command.rawValue)" + (command.argument.isEmpty ? "" : " \(command.argument)")
    }
}
