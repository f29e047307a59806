import JSON
import Logging
import Primitives

/// A log in memory.
final class CapturedLog: Sendable {
    let logger: Logger
    private let lines: Protected<[String]>

    init() {
        let lines = Protected<[String]>([])
        self.lines = lines
        self.logger = Logger(
            label: "copilot-cli",
            output: LogOutput(level: .trace, format: .json) { bytes in
                lines.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) }
            })
    }

    var text: String { self.lines.withLock { $0.joined() } }

    /// The records whose message is `message`.
    func records(_ message: String) -> [JSON] {
        self.lines.withLock { $0 }.compactMap { try? JSON.parse(Array($0.utf8)) }
            .filter { $0["message"]?.stringValue == message }
    }
}
