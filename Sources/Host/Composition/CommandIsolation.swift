/// What separates commands from the host's machine.
package enum CommandIsolation: Sendable {
    /// Without a working jail, commands are refused.
    case jail
    /// Nothing: `--dangerously-run-commands-without-a-jail`.
    case none
}
