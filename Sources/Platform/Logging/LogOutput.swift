internal import Primitives
internal import Synchronization

/// Where records become lines: the one place that every record of the process passes, and that takes secrets out.
package final class LogOutput: Sendable {
    /// Takes one line with its line feed. Called on any thread; it must not block and must not log.
    package typealias Sink = @Sendable (_ line: [UInt8]) -> Void

    /// The process' own output, to standard error unless ``configure(level:format:sink:)`` says otherwise.
    package static let shared = LogOutput(level: .info, format: .json, sink: nil)

    private let threshold: Atomic<Int>
    private let settings: Protected<(format: LogFormat, sink: Sink)>

    /// Without a sink lines go to standard error.
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

    /// Takes JSON records that somebody made in haste: whole lines in this log's form, with no secret in them.
    ///
    /// `false`: this log has another format, and nothing was written.
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
