internal import EventLoop
internal import Logging
internal import Primitives

/// Writes one line per request in the log's format, at less cost than the request itself.
///
/// Records are collected for a short while; the pool then makes them into lines, so that the loop, which serves the
/// requests, does not.
@Net
final class AccessLog {
    private let logger: Logger
    private let writer: AccessLogWriter
    private var records: [AccessRecord] = []
    private var timer: Timer?
    private var isWriting = false

    private static let delay = Duration.milliseconds(50)
    /// A batch that does not wait for the timer.
    private static let batch = 256
    /// With more records than these, the pool lags behind, and the loop writes them itself.
    private static let most = 8_192

    nonisolated init(logger: Logger) {
        self.logger = logger
        self.writer = AccessLogWriter(output: logger.output)
    }

    /// Takes the record of an exchange that ends now.
    func write(_ record: AccessRecord) {
        guard self.logger.isEnabled(.info) else { return }
        guard self.logger.output.isJSON, self.logger.metadata.isEmpty else {
            return self.logger.info("request", record.fields)
        }
        self.records.append(record)
        self.records[self.records.count - 1].time = WallClock.now()
        if self.records.count >= Self.batch {
            if self.records.count >= Self.most { self.flush() } else { self.handOver() }
        } else if let timer = self.timer {
            if !timer.isPending { timer.reschedule(after: Self.delay) }
        } else {
            self.timer = EventLoop.shared.schedule(after: Self.delay) { [weak self] in self?.handOver() }
        }
    }

    /// Writes what is collected before it returns.
    func flush() {
        self.timer?.stop()
        self.writer.write(self.take())
    }

    /// Has the pool write what is collected, in order: one batch at a time.
    private func handOver() {
        self.timer?.stop()
        guard !self.isWriting, !self.records.isEmpty else { return }
        self.isWriting = true
        // Ends with the last record that is collected meanwhile.
        Task {
            while !self.records.isEmpty { await self.writer.writeOnPool(self.take()) }
            self.isWriting = false
        }
    }

    private func take() -> [AccessRecord] {
        defer { self.records = [] }
        return self.records
    }
}
