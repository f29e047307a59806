internal import EventLoop
internal import JSON
internal import Logging

/// Copies a CLI process's standard error to our log, line by line, and keeps the last lines to explain its end.
@Net
final class CopilotCLIErrorLines {
    private static let kept = 20
    private static let lineLimit = 500
    /// The maximum number of logged lines per process; further lines are only counted.
    private static let logged = 500

    private let logger: Logger
    private var line: [UInt8] = []
    private var count = 0
    /// The last lines, each bounded, with secrets removed.
    private(set) var last: [String] = []

    init(logger: Logger) {
        self.logger = logger
    }

    /// Reads to the end.
    func read(_ pipe: BytePipe) async {
        while let bytes = try? await pipe.read() {
            for byte in bytes {
                if byte == 10 { self.finish() } else if self.line.count < Self.lineLimit { self.line.append(byte) }
            }
        }
        self.finish()
        if self.count > Self.logged {
            self.logger.info("more error output", ["lines": .integer(Int64(self.count - Self.logged))])
        }
    }

    private func finish() {
        let text = Redaction.redact(String(decoding: self.line, as: UTF8.self))
        self.line.removeAll(keepingCapacity: true)
        guard text.contains(where: { !$0.isWhitespace }) else { return }
        self.count += 1
        self.last.append(text)
        if self.last.count > Self.kept { self.last.removeFirst() }
        if self.count <= Self.logged { self.logger.info("error output", ["line": .string(text)]) }
    }
}
