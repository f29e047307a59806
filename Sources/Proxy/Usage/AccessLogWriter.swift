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

    /// Of a line, about.
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
