struct CompletionsCommand: Command {
    let syntax = CommandSyntax(
        "completions", summary: "Print a shell completion script",
        discussion: "Save the output where the shell looks for completions, then start a new shell.",
        positionals: [
            PositionalSyntax("shell", .choice("SHELL", ["bash", "zsh", "fish"]), help: "bash, zsh or fish.")
        ],
        examples: [
            "jetbridge completions bash > ~/.local/share/bash-completion/completions/jetbridge",
            "jetbridge completions zsh > ~/.zfunc/_jetbridge     # a folder of $fpath",
            "jetbridge completions fish > ~/.config/fish/completions/jetbridge.fish",
        ])

    func run(_ context: CommandContext) async throws {
        switch context.arguments.word("shell") {
        case "bash": try context.output.write(BashCompletions(table: context.table).script)
        case "zsh": try context.output.write(ZshCompletions(table: context.table).script)
        default: try context.output.write(FishCompletions(table: context.table).script)
        }
    }
}
