/// The log of the process as a whole.
package enum Logging {
    /// Sets what ``LogOutput/shared`` writes from now on; without a sink to standard error.
    package static func configure(level: LogLevel, format: LogFormat, sink: LogOutput.Sink? = nil) {
        LogOutput.shared.configure(level: level, format: format, sink: sink)
    }

    /// Waits until lines that a slow reader of standard error kept back are written, before the process ends.
    ///
    /// Blocks the thread, at most for the given time.
    package static func flush(atMost milliseconds: Int = 1_000) {
        LineWriter.standardError.flush(atMost: milliseconds)
    }
}
