/// A command of the program.
protocol Command: Sendable {
    var syntax: CommandSyntax { get }
    /// Throws ``CommandFailure`` for its own message and status. Any other error exits with status 1 and its
    /// description.
    func run(_ context: CommandContext) async throws
}
