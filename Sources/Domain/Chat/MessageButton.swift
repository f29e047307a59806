/// A button under a message: pressing it is saying a command.
public struct MessageButton: Hashable, Sendable {
    /// How it looks.
    public enum Style: String, Sendable {
        /// One choice among others.
        case plain
        /// The choice that goes on.
        case primary
        /// The choice that ends or destroys.
        case danger
    }

    /// What is written on it.
    public let label: String
    /// The command without its sign, as a person would type it: `approve 17`, `resume`. At most 40 bytes.
    public let command: String
    /// How it looks.
    public let style: Style

    /// Describes a button.
    public init(label: String, command: String, style: Style = .plain) {
        self.label = label
        self.command = command
        self.style = style
    }
}
