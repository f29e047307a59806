/// What a line of the log looks like.
package enum LogFormat: String, Sendable, CaseIterable {
    /// One JSON object a line, for machines.
    case json
    /// Time, level, label, message and `key=value` pairs, for a terminal.
    case text
}
