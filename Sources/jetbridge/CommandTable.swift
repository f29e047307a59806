/// All commands, in the order in which help shows them.
struct CommandTable: Sendable {
    /// Every command of this release.
    static let standard = CommandTable(
        commands: [
            ServeCommand(), ChatCommand(), ProxyCommand(), LoginCommand(), LogoutCommand(), DoctorCommand(),
            ConfigCheckCommand(), ConfigTemplateCommand(),
            PairCommand(),
            SessionsListCommand(), SessionsShowCommand(), SessionsArchiveCommand(),
            TokenCreateCommand(), TokenListCommand(), TokenRevokeCommand(),
            ModelsCommand(), UsageCommand(),
            CompletionsCommand(), HelpCommand(), VersionCommand(),
        ],
        groups: [
            "config": "Check or begin a configuration file",
            "sessions": "Look at the conversations",
            "token": "Make and end tokens for the API",
        ],
        later: ["spec", "run", "tasks", "audit"])

    let commands: [any Command]
    /// What the first words with several commands behind them are about.
    let groups: [String: String]
    /// Commands that later releases bring: they are answered as that, not as typing mistakes.
    let later: [String]

    var syntaxes: [CommandSyntax] { self.commands.map(\.syntax) }

    func syntax(of path: [String]) -> CommandSyntax? { self.syntaxes.first { $0.path == path } }

    func command(_ syntax: CommandSyntax) -> (any Command)? { self.commands.first { $0.syntax.path == syntax.path } }

    /// The words that may follow these, in order, none twice.
    func words(after path: [String]) -> [String] {
        var words: [String] = []
        for syntax in self.syntaxes
        where syntax.path.count > path.count && Array(syntax.path.prefix(path.count)) == path {
            let word = syntax.path[path.count]
            if !words.contains(word) { words.append(word) }
        }
        return words
    }

    /// A command's summary, or that of a group.
    func summary(of path: [String]) -> String {
        self.syntax(of: path)?.summary ?? path.first.flatMap { self.groups[$0] } ?? ""
    }
}
