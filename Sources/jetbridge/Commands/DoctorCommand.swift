struct DoctorCommand: Command {
    let syntax = CommandSyntax(
        "doctor", summary: "Check that everything works, by really connecting",
        discussion: """
            Reads the configuration, opens the store, asks the model endpoint, connects to each network, and prints a \
            line for each with what to do where it fails. Ends with status 1 where anything failed.
            """)

    func run(_ context: CommandContext) async throws {
        throw CommandFailure.needsHost(self.syntax)
    }
}
