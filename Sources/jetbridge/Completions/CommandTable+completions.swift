extension CommandTable {
    /// Every path after which words can be completed: the empty one, the groups, the commands, and all of these after
    /// `help`.
    var paths: [[String]] {
        let commands = self.commandPaths
        let asked = self.helpPath.map { help in commands.filter { !$0.isEmpty && $0 != help }.map { help + $0 } } ?? []
        return commands + asked
    }

    /// The paths of the groups and commands.
    var commandPaths: [[String]] {
        var paths: [[String]] = [[]]
        for syntax in self.syntaxes {
            for count in 1...syntax.path.count {
                let path = Array(syntax.path.prefix(count))
                if !paths.contains(path) { paths.append(path) }
            }
        }
        return paths
    }

    /// The command whose argument is a command.
    private var helpPath: [String]? {
        self.syntaxes.first { syntax in
            syntax.positionals.contains { if case .command = $0.value { true } else { false } }
        }?.path
    }

    func options(at path: [String]) -> [OptionSyntax] {
        self.syntax(of: path)?.allOptions
            ?? (path.isEmpty ? CommandSyntax.programOptions : CommandSyntax.commonOptions)
    }

    /// The command's words that may come next, also as arguments of `help`.
    func nextWords(at path: [String]) -> [String] {
        guard let help = self.helpPath, path.starts(with: help) else { return self.words(after: path) }
        return self.words(after: Array(path.dropFirst(help.count))).filter { path != help || [$0] != help }
    }

    /// The summary of what a next word leads to.
    func summary(of word: String, at path: [String]) -> String {
        guard let help = self.helpPath, path.starts(with: help) else { return self.summary(of: path + [word]) }
        return self.summary(of: Array(path.dropFirst(help.count)) + [word])
    }

    /// The possible next words after `path`, except file names.
    func completions(at path: [String]) -> [String] {
        let choices = self.syntax(of: path)?.positionals.flatMap(\.value.choices) ?? []
        return self.nextWords(at: path) + choices + self.options(at: path).map { "--\($0.name)" }
    }

    /// The options with values, without duplicate names.
    var valueOptions: [OptionSyntax] {
        var options: [OptionSyntax] = []
        for option in self.syntaxes.flatMap(\.allOptions) where option.value != nil {
            if !options.contains(where: { $0.name == option.name }) { options.append(option) }
        }
        return options
    }
}

struct CompletionsCommand: Command {
    let actsAsOwner = false
    let syntax = CommandSyntax(
        "completions", summary: "Print a shell completion script",
        discussion: """
            Save the output where the shell looks for completions, then start a new shell. It has the programs that are on \
            the path now.
            """,
        positionals: [
            PositionalSyntax("shell", .choice("SHELL", ["bash", "zsh", "fish"]), help: "bash, zsh or fish.")
        ],
        examples: [
            "jetbridge completions bash > ~/.local/share/bash-completion/completions/jetbridge",
            "jetbridge completions zsh > ~/.zfunc/_jetbridge     # a folder of $fpath",
            "jetbridge completions fish > ~/.config/fish/completions/jetbridge.fish",
        ])

    func run(_ context: CommandContext) async throws {
        let table = await context.table.withPrograms(context.surroundings)
        switch context.arguments.word("shell") {
        case "bash": try context.output.write(BashCompletions(table: table).script)
        case "zsh": try context.output.write(ZshCompletions(table: table).script)
        default: try context.output.write(FishCompletions(table: table).script)
        }
    }
}
