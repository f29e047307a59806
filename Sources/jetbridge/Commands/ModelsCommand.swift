struct ModelsCommand: Command {
    let syntax = CommandSyntax(
        "models", summary: "List the models that can be chosen")

    func run(_ context: CommandContext) async throws {
        throw CommandFailure.needsHost(self.syntax)
    }
}
