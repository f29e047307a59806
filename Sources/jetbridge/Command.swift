/// Something that the program does: its syntax, and the doing.
protocol Command: Sendable {
    var syntax: CommandSyntax { get }
    /// Throws ``CommandFailure`` for what a person should read; anything else ends with status 1 and its text.
    func run(_ context: CommandContext) async throws
}
