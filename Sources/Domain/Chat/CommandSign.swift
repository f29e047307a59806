/// How commands are written in a room.
package struct CommandSign: Hashable, Sendable {
    /// The character before a command.
    package let character: Character
    /// What people type before a command there, as texts show it: the character, unless the platform reserves that for
    /// its own commands.
    package let prefix: String

    package init(_ character: Character, prefix: String? = nil) {
        self.character = character
        self.prefix = prefix ?? String(character)
    }

    /// A command as people type it there, in Markdown: `` `!model NAME` ``.
    package func command(_ words: String) -> String { "`\(self.prefix)\(words)`" }
}
