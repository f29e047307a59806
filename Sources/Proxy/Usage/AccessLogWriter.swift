internal import HTTP
internal import JSON
internal import Logging
internal import Primitives

/// Makes records into lines and writes them, a batch at a time, on any thread.
///
/// Lines are assembled by hand. Texts that clients choose are redacted, once for each path.
final class AccessLogWriter: Sendable {
    private struct State {
        var words = AccessWords()
        var second: Int64 = -1
        var timeOfSecond: [UInt8] = []
    }

    private let output: LogOutput
    private let state = Protected(State())

    /// The approximate length of a line.
    private static let lineLength = 320

    init(output: LogOutput) {
        self.output = output
    }

    /// Writes a batch on the pool.
    @concurrent func writeOnPool(_ records: [AccessRecord]) async { self.write(records) }

    func write(_ records: [AccessRecord]) {
        guard !records.isEmpty else { return }
        // Written under the lock, so that the lines of two batches do not mix; the output never blocks.
        self.state.withLock { state in
            var lines = AccessLines(capacity: records.count * Self.lineLength)
            for record in records { Self.append(record, to: &lines, &state) }
            _ = self.output.emit(lines: lines.bytes)
        }
    }

    private static func append(_ record: AccessRecord, to line: inout AccessLines, _ state: inout State) {
        self.appendTime(record.time, to: &line, &state)
        line.add(#"","level":"info","label":"proxy","message":"request","trace":"#)
        if record.isOwnTrace {
            line.add("\"")
            line.add(record.trace)
            line.add("\"")
        } else {
            line.add(AccessWords.json(record.trace))
        }
        line.add(#","method":"#)
        line.add(state.words.word(record.method.rawValue))
        line.add(#","path":"#)
        line.add(state.words.word(record.path))
        line.add(#","status":"#, record.status)
        line.add(#","outcome":""#)
        line.add(record.outcome.rawValue)
        line.add(#"","request_bytes":"#, record.requestBytes)
        line.add(#","response_bytes":"#, record.responseBytes)
        if let firstByte = record.firstByte { line.add(#","first_byte_milliseconds":"#, milliseconds: firstByte) }
        line.add(#","milliseconds":"#, milliseconds: record.total)
        if let key = record.key {
            line.add(#","key":"#)
            line.add(state.words.word(key.id))
        }
        if let cache = record.cache {
            line.add(#","cache":""#)
            line.add(cache)
            line.add("\"")
        }
        if let error = record.error {
            line.add(#","error":"#)
            line.add(AccessWords.json(error))
        }
        line.add("}\n")
    }

    /// `{"time":"2026-01-31T12:00:00.000Z`; the part down to the second is formatted once per second.
    private static func appendTime(_ time: Int64, to line: inout AccessLines, _ state: inout State) {
        if time / 1_000 != state.second {
            state.second = time / 1_000
            state.timeOfSecond =
                Array(#"{"time":""#.utf8) + Array(CivilTime(milliseconds: time).rfc3339.utf8.dropLast(4))
        }
        line.add(state.timeOfSecond)
        line.add(milliseconds: Int(time % 1_000))
        line.add("Z")
    }
}

/// Lines of the access log while they are being written.
struct AccessLines {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int) {
        self.bytes.reserveCapacity(capacity)
    }

    mutating func add(_ text: StaticString) {
        text.withUTF8Buffer { self.bytes.append(contentsOf: $0) }
    }

    mutating func add(_ text: String) { self.bytes.append(contentsOf: text.utf8) }

    mutating func add(_ text: [UInt8]) { self.bytes += text }

    mutating func add(_ text: StaticString, _ number: Int) {
        self.add(text)
        self.bytes.append(max(0, number), digits: 1)
    }

    /// With two decimals.
    mutating func add(_ text: StaticString, milliseconds: Double) {
        let hundredths = max(0, Int((milliseconds * 100).rounded()))
        self.add(text, hundredths / 100)
        self.add(".")
        self.add(digit: hundredths / 10)
        self.add(digit: hundredths)
    }

    /// The three digits of a second's part.
    mutating func add(milliseconds: Int) {
        self.add(digit: milliseconds / 100)
        self.add(digit: milliseconds / 10)
        self.add(digit: milliseconds)
    }

    /// The last decimal digit.
    private mutating func add(digit number: Int) { self.bytes.append(0x30 + UInt8(number % 10)) }
}

/// Texts as they are written: redacted, and as JSON. Those that are likely to repeat are cached.
struct AccessWords {
    private var known: [String: [UInt8]] = [:]

    private static let most = 512

    mutating func word(_ text: String) -> [UInt8] {
        if let known = self.known[text] { return known }
        if self.known.count >= Self.most { self.known.removeAll(keepingCapacity: true) }
        let word = Self.json(text)
        self.known[text] = word
        return word
    }

    static func json(_ text: String) -> [UInt8] { JSON.string(Redaction.redact(text)).bytes }
}
