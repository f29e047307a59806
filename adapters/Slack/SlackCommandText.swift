package import Chat

/// Makes a typed command of what people write to the bot: in Slack, a message that begins with `/` never leaves their
/// client, so a command comes as `/jetbridge WORD …` or as a mention followed by the word.
package enum SlackCommandText {
    /// The sign before a command.
    static let sign: Character = "/"

    /// What follows a mention: `status` becomes `/status` when it is a command and what follows it fits the command's
    /// argument; else it is talk.
    package static func command(fromMention text: String, of commands: [ChatCommand]) -> String {
        guard text.first != Self.sign else { return text }
        let end = text.firstIndex(where: \.isWhitespace) ?? text.endIndex
        let word = text[..<end].lowercased()
        guard let command = commands.first(where: { $0.name == word }) else { return text }
        let rest = text[end...].trimmed
        guard Self.fits(rest, command.argument, commands) else { return text }
        return rest.isEmpty ? "/\(word)" : "/\(word) \(rest)"
    }

    /// What stands behind `/jetbridge`; nothing there asks for help.
    package static func command(fromSlash text: String) -> String {
        let text = text.trimmed
        if text.isEmpty { return "/help" }
        return text.first == Self.sign ? text : "/\(text)"
    }

    /// By the forms in which help shows arguments: none, `[word]`, `[name]`, `CODE`, `TEXT`.
    private static func fits(_ rest: String, _ argument: String, _ commands: [ChatCommand]) -> Bool {
        if argument.isEmpty { return rest.isEmpty }
        let isOptional = argument.first == "["
        if rest.isEmpty { return isOptional }
        let name = argument.filter { $0 != "[" && $0 != "]" }
        if name == "TEXT" || name == "COMMAND" || name.contains("…") || name.contains(" ") { return true }
        guard !rest.contains(where: \.isWhitespace) else { return false }
        switch name {
        case "command": return commands.contains { $0.name == rest.lowercased() }
        case "all": return rest.lowercased() == "all"
        default: return true
        }
    }
}
