/// A button below a message: pressing it sends a command.
package struct MessageButton: Hashable, Sendable {
    package enum Style: String, Sendable {
        case plain
        /// The choice that continues.
        case primary
        /// The choice that stops or destroys.
        case danger
    }

    package let label: String
    /// The command without its sign, as a person would type it: `approve 17`, `resume`. At most 40 bytes.
    package let command: String
    package let style: Style
    /// What to ask for before the command is sent, such as a reason, where the network can show a form; the person's
    /// words then follow the command. Nil for nothing.
    package let prompt: String?

    package init(label: String, command: String, style: Style = .plain, prompt: String? = nil) {
        self.label = label
        self.command = command
        self.style = style
        self.prompt = prompt
    }
}
