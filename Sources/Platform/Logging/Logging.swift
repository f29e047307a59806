/// The log of the whole process.
package enum Logging {
    /// Configures ``LogOutput/shared``; without a sink it writes to standard error.
    package static func configure(level: LogLevel, format: LogFormat, sink: LogOutput.Sink? = nil) {
        LogOutput.shared.configure(level: level, format: format, sink: sink)
    }

    /// Waits until lines held back by a slow reader of standard error are written; called before the process exits.
    ///
    /// Blocks the thread, at most for the given time.
    package static func flush(atMost milliseconds: Int = 1_000) {
        LineWriter.standardError.flush(atMost: milliseconds)
    }
}
