/// A command of the program.
protocol Command: Sendable {
    var syntax: CommandSyntax { get }
    /// Whether it waits for TERM, INT and HUP itself; they end the others at once.
    var watchesSignals: Bool { get }
    /// Throws ``CommandFailure`` for its own message and status. Any other error exits with status 1 and its
    /// description.
    func run(_ context: CommandContext) async throws
}

extension Command {
    var watchesSignals: Bool { false }
}
