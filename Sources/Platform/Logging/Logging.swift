internal import Primitives
internal import Synchronization

/// The log of the whole process.
package enum Logging {
    /// Configures ``LogOutput/shared``; without a sink it writes to standard error.
    package static func configure(level: LogLevel, format: LogFormat, sink: LogOutput.Sink? = nil) {
        LogOutput.shared.configure(level: level, format: format, sink: sink)
    }

    /// Waits until the lines held back by a slow reader of standard error are written; call it before the process
    /// exits.
    ///
    /// Blocks the thread, at most for the given time.
    package static func flush(atMost milliseconds: Int = 1_000) {
        LineWriter.standardError.flush(atMost: milliseconds)
    }
}

/// The format of a log line.
package enum LogFormat: String, Sendable, CaseIterable {
    /// One JSON object per line, for machines.
    case json
    /// Time, level, label, message and `key=value` pairs, for a terminal.
    case text
}

/// Turns records into lines: every record of the process passes through here, and secrets are redacted here.
package final class LogOutput: Sendable {
    /// Takes one line, including its line feed. Called on any thread; must not block and must not log.
    package typealias Sink = @Sendable (_ line: [UInt8]) -> Void

    /// The process's output: standard error, unless ``configure(level:format:sink:)`` sets another sink.
    package static let shared = LogOutput(level: .info, format: .json, sink: nil)

    private let threshold: Atomic<Int>
    private let settings: Protected<(format: LogFormat, sink: Sink)>

    /// Without a sink, lines go to standard error.
    package init(level: LogLevel, format: LogFormat, sink: Sink?) {
        self.threshold = Atomic(level.rawValue)
        self.settings = Protected((format, sink ?? Self.standardError))
    }

    package func configure(level: LogLevel, format: LogFormat, sink: Sink? = nil) {
        self.threshold.store(level.rawValue, ordering: .relaxed)
        self.settings.withLock { $0 = (format, sink ?? Self.standardError) }
    }

    package func accepts(_ level: LogLevel) -> Bool {
        level.rawValue >= self.threshold.load(ordering: .relaxed)
    }

    /// Writes whole JSON lines that the caller formatted itself, for speed; they must not contain secrets.
    ///
    /// Returns false and writes nothing if this log has another format.
    package func emit(lines: [UInt8]) -> Bool {
        let (format, sink) = self.settings.withLock { $0 }
        guard format == .json else { return false }
        sink(lines)
        return true
    }

    package var isJSON: Bool { self.settings.withLock { $0.format == .json } }

    package func emit(_ record: LogRecord) {
        let (format, sink) = self.settings.withLock { $0 }
        sink(record.redacted(by: Redaction.current).line(format))
    }

    private static let standardError: Sink = { LineWriter.standardError.write($0) }
}
