package import Chat
internal import Kit
internal import Primitives

/// A slash command: `/jetbridge WORD …`. It belongs to no thread, and only its sender sees it.
struct SlackSlash: Sendable, Equatable {
    /// Slack's trigger id, unique for each call.
    var id: String
    var channel: String
    /// `T1/U1`.
    var recipient: String
    var sender: Sender
    /// As typed: `/jetbridge`.
    var name: String
    /// A command with the sign: `/status`; anything else is a question.
    var text: String
    /// Typed in a direct message.
    var isDirect: Bool

    /// How a command in a channel is shown to everyone there.
    var echo: String {
        "\(self.sender.displayName): \(self.text)"
    }
}

/// Recognises commands in what people write: Slack clients never send a message that begins with `/`, so a command
/// comes as `/jetbridge WORD …` or as a mention followed by the word.
package enum SlackCommandText {
    static let sign: Character = "/"

    /// Turns `status` after a mention into `/status` if it is a command and the rest fits the command's argument;
    /// leaves any other text as it is.
    package static func command(fromMention text: String, of commands: [MenuCommand]) -> String {
        guard text.first != Self.sign else { return text }
        let end = text.firstIndex(where: \.isWhitespace) ?? text.endIndex
        let word = text[..<end].lowercased()
        guard let command = commands.first(where: { $0.name == word }) else { return text }
        let rest = text[end...].trimmed
        guard Self.fits(rest, command.argument, commands) else { return text }
        return rest.isEmpty ? "/\(word)" : "/\(word) \(rest)"
    }

    /// What follows `/jetbridge`: a command gets the sign, and so does a single word that may be a misspelt one. Anything
    /// else is a question, as it is. Nothing at all is `/help`.
    package static func command(fromSlash text: String, of commands: [MenuCommand]) -> String {
        let text = text.trimmed
        if text.isEmpty { return "/help" }
        guard text.first != Self.sign else { return text }
        let word = text.prefix { !$0.isWhitespace }.lowercased()
        let isCommand = commands.contains { $0.name == word }
        let isMisspelt = !isCommand && word.count == text.count && nearest(to: word, among: commands.map(\.name)) != nil
        return isCommand || isMisspelt ? "/\(text)" : text
    }

    /// Decides by the forms in which help shows arguments: none, `[word]`, `[name]`, `CODE`, `TEXT`.
    private static func fits(_ rest: String, _ argument: String, _ commands: [MenuCommand]) -> Bool {
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
