internal import EventLoop
internal import HTTP
internal import JSON
internal import Logging
internal import Primitives

/// Writes one line per request in the log's format, at less cost than the request itself.
///
/// Lines are assembled by hand and written in batches after a short delay. Texts that clients choose are redacted, once
/// for each path.
@Net
final class AccessLog {
    private let logger: Logger
    private var lines: [UInt8] = []
    private var timer: Timer?
    /// Paths in their written form: redacted, as JSON.
    private var paths: [String: [UInt8]] = [:]
    private var second: Int64 = -1
    private var timeOfSecond: [UInt8] = []

    private static let delay = Duration.milliseconds(50)
    /// The maximum number of buffered bytes.
    private static let most = 32 * 1024
    private static let mostPaths = 512

    nonisolated init(logger: Logger) {
        self.logger = logger
    }

    func write(_ record: AccessRecord) {
        guard self.logger.isEnabled(.info) else { return }
        guard self.logger.output.isJSON, self.logger.metadata.isEmpty else {
            return self.logger.info("request", record.fields)
        }
        self.append(record)
        if self.lines.count >= Self.most { return self.flush() }
        if let timer = self.timer {
            if !timer.isPending { timer.reschedule(after: Self.delay) }
        } else {
            self.timer = EventLoop.shared.schedule(after: Self.delay) { [weak self] in self?.flush() }
        }
    }

    func flush() {
        self.timer?.stop()
        guard !self.lines.isEmpty else { return }
        _ = self.logger.output.emit(lines: self.lines)
        self.lines.removeAll(keepingCapacity: true)
    }

    private func append(_ record: AccessRecord) {
        var line = AccessLine(self.lines)
        // The line's only reference, so that it grows in place.
        self.lines = []
        self.appendTime(WallClock.now(), to: &line)
        line.add(#"","level":"info","label":"proxy","message":"request","trace":"#)
        if record.isOwnTrace {
            line.add("\"")
            line.add(record.trace)
            line.add("\"")
        } else {
            line.add(Self.json(record.trace))
        }
        line.add(#","method":"#)
        line.add(self.word(record.method.rawValue))
        line.add(#","path":"#)
        line.add(self.word(record.path))
        line.add(#","status":"#, record.status)
        line.add(#","outcome":""#)
        line.add(record.outcome.rawValue)
        line.add(#"","request_bytes":"#, record.requestBytes)
        line.add(#","response_bytes":"#, record.responseBytes)
        if let firstByte = record.firstByte { line.add(#","first_byte_milliseconds":"#, milliseconds: firstByte) }
        line.add(#","milliseconds":"#, milliseconds: record.total)
        if let key = record.key {
            line.add(#","key":"#)
            line.add(self.word(key.id))
        }
        if let cache = record.cache {
            line.add(#","cache":""#)
            line.add(cache)
            line.add("\"")
        }
        if let error = record.error {
            line.add(#","error":"#)
            line.add(Self.json(error))
        }
        line.add("}\n")
        self.lines = line.bytes
    }

    /// `{"time":"2026-01-31T12:00:00.000Z`; the part down to the second is formatted once per second.
    private func appendTime(_ now: Int64, to line: inout AccessLine) {
        if now / 1_000 != self.second {
            self.second = now / 1_000
            self.timeOfSecond = Array(#"{"time":""#.utf8) + Array(CivilTime(milliseconds: now).rfc3339.utf8.dropLast(4))
        }
        line.add(self.timeOfSecond)
        line.add(milliseconds: Int(now % 1_000))
        line.add("Z")
    }

    /// A text that is likely to repeat.
    private func word(_ text: String) -> [UInt8] {
        if let known = self.paths[text] { return known }
        if self.paths.count >= Self.mostPaths { self.paths.removeAll(keepingCapacity: true) }
        let word = Self.json(text)
        self.paths[text] = word
        return word
    }

    private static func json(_ text: String) -> [UInt8] { JSON.string(Redaction.redact(text)).bytes }
}
