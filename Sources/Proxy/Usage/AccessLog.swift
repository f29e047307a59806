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
        self.appendTime(WallClock.now())
        self.add(#"","level":"info","label":"proxy","message":"request","trace":"#)
        self.lines += record.isOwnTrace ? Array("\"\(record.trace)\"".utf8) : Self.json(record.trace)
        self.add(#","method":"#)
        self.lines += self.word(record.method.rawValue)
        self.add(#","path":"#)
        self.lines += self.word(record.path)
        self.add(#","status":"#, record.status)
        self.add(#","outcome":""#)
        self.add(record.outcome.rawValue)
        self.add(#"","request_bytes":"#, record.requestBytes)
        self.add(#","response_bytes":"#, record.responseBytes)
        if let firstByte = record.firstByte { self.add(#","first_byte_milliseconds":"#, milliseconds: firstByte) }
        self.add(#","milliseconds":"#, milliseconds: record.total)
        if let key = record.key {
            self.add(#","key":"#)
            self.lines += self.word(key.id)
        }
        if let cache = record.cache {
            self.add(#","cache":""#)
            self.add(cache)
            self.add("\"")
        }
        if let error = record.error {
            self.add(#","error":"#)
            self.lines += Self.json(error)
        }
        self.add("}\n")
    }

    /// `{"time":"2026-01-31T12:00:00.000Z`; the part down to the second is formatted once per second.
    private func appendTime(_ now: Int64) {
        if now / 1_000 != self.second {
            self.second = now / 1_000
            self.timeOfSecond = Array(#"{"time":""#.utf8) + Array(CivilTime(milliseconds: now).rfc3339.utf8.dropLast(4))
        }
        self.lines += self.timeOfSecond
        let rest = now % 1_000
        for digit in [rest / 100, rest / 10 % 10, rest % 10] { self.lines.append(UInt8(0x30 + digit)) }
        self.lines.append(UInt8(ascii: "Z"))
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

    private func add(_ text: StaticString) {
        text.withUTF8Buffer { self.lines.append(contentsOf: $0) }
    }

    private func add(_ text: String) { self.lines.append(contentsOf: text.utf8) }

    private func add(_ text: StaticString, _ number: Int) {
        self.add(text)
        self.add(number: number)
    }

    /// With two decimals.
    private func add(_ text: StaticString, milliseconds: Double) {
        self.add(text)
        let hundredths = Int((milliseconds * 100).rounded())
        self.add(number: hundredths / 100)
        self.lines.append(UInt8(ascii: "."))
        self.lines.append(UInt8(0x30 + hundredths / 10 % 10))
        self.lines.append(UInt8(0x30 + hundredths % 10))
    }

    private func add(number: Int) {
        if number >= 10 { self.add(number: number / 10) }
        self.lines.append(UInt8(0x30 + max(0, number) % 10))
    }
}
