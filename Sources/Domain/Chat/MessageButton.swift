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

    package init(label: String, command: String, style: Style = .plain) {
        self.label = label
        self.command = command
        self.style = style
    }
}
