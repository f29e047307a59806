/// An error or a warning about a configuration.
package struct ConfigurationIssue: Sendable, Equatable, CustomStringConvertible {
    package enum Severity: String, Sendable {
        /// The configuration cannot be used.
        case error
        /// It can be used, but is probably not what was meant.
        case warning
    }

    package let severity: Severity
    /// The file, flag or variable that the value came from; nil for the embedded defaults.
    package let source: String?
    /// The key's path, as in `adapters.irc[0].nick`; empty for the whole text.
    package let path: String
    /// Counted from 1; nil if the value does not come from a file.
    package let line: Int?
    /// In characters, counted from 1.
    package let column: Int?
    /// One line: what is wrong and what to do. Never contains a secret.
    package let message: String
    /// The nearest valid key or value.
    package let nearest: String?

    package var description: String {
        var text = ""
        if let source { text += source + ":" }
        if let line, let column { text += "\(line):\(column):" }
        if !text.isEmpty { text += " " }
        if self.severity == .warning { text += "warning: " }
        if !self.path.isEmpty { text += self.path + ": " }
        text += self.message
        if let nearest { text += "; did you mean '\(nearest)'?" }
        return text
    }
}
