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
    /// Writes batches on the pool.
    private var writing: Task<Void, Never>?

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
            if self.records.count >= Self.most { self.writer.write(self.take()) } else { self.handOver() }
        } else {
            self.arm()
        }
    }

    private func arm() {
        if let timer = self.timer {
            if !timer.isPending { timer.reschedule(after: Self.delay) }
        } else {
            self.timer = EventLoop.shared.schedule(after: Self.delay) { [weak self] in self?.handOver() }
        }
    }

    /// Writes what is collected before it returns.
    func flush() async {
        await self.writing?.value
        self.timer?.stop()
        self.writer.write(self.take())
    }

    /// Has the pool write what is collected, one batch at a time.
    private func handOver() {
        self.timer?.stop()
        guard self.writing == nil, !self.records.isEmpty else { return }
        // Unstructured: a timer of the event loop starts it; `flush` awaits it.
        self.writing = Task {
            repeat { await self.writer.writeOnPool(self.take()) } while self.records.count >= Self.batch
            self.writing = nil
            if !self.records.isEmpty { self.arm() }
        }
    }

    private func take() -> [AccessRecord] {
        defer { self.records = [] }
        return self.records
    }
}
