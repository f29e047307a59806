/// A command as platforms register it for their menus.
public struct ChatCommand: Hashable, Sendable {
    /// The word, without a sign.
    public let name: String
    /// Its argument as help shows it; empty when it takes none.
    public let argument: String
    /// One line.
    public let summary: String

    /// Describes a command.
    public init(name: String, argument: String, summary: String) {
        self.name = name
        self.argument = argument
        self.summary = summary
    }
}
