/// A command as platforms list it in their menus.
package struct MenuCommand: Hashable, Sendable {
    /// The word, without a sign.
    package let name: String
    /// As help shows it; empty if the command takes none.
    package let argument: String
    /// One line.
    package let summary: String

    package init(name: String, argument: String, summary: String) {
        self.name = name
        self.argument = argument
        self.summary = summary
    }
}
