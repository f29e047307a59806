import JSON
import Logging
import Primitives
import Testing

@Suite("Logger")
struct LoggerTests {
    private static func record(_ message: String, _ fields: JSONObject = JSONObject()) -> LogRecord {
        LogRecord(time: 1_769_860_800_123, level: .warning, label: "irc", message: message, fields: fields)
    }

    private static func line(_ record: LogRecord, _ format: LogFormat) -> String {
        String(decoding: record.line(format), as: UTF8.self)
    }

    @Test("a JSON record is one line, with its own members first")
    func jsonRecord() {
        let line = Self.line(Self.record("a\nb", ["n": 1, "level": "x", "list": ["y"]]), .json)
        #expect(
            line == #"{"time":"2026-01-31T12:00:00.123Z","level":"warning","label":"irc","message":"a\nb","#
                + #""n":1,"level_":"x","list":["y"]}"# + "\n")
    }

    @Test("a text record is one line that cannot control the terminal")
    func textRecord() {
        let fields: JSONObject = ["n": 1, "s": "plain", "q": "two words", "e": "", "c": "\u{9B}2J"]
        let line = Self.line(Self.record("a\nb\u{1B}[31m\r\u{7F}\u{2028}", fields), .text)
        #expect(
            line == #"2026-01-31T12:00:00.123Z WARNING irc: a\nb\u{1b}[31m\r\u{7f}\u{2028} n=1 s=plain q="two words" "#
                + #"e="" c=\u{9b}2J"# + "\n")
    }

    @Test(
        "times are written in UTC",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] as [(Int64, String)])
    func times(_ time: Int64, _ text: String) {
        var record = Self.record("x")
        record.time = time
        #expect(Self.line(record, .text).hasPrefix(text + " "))
    }

    @Test("a long text is cut between characters")
    func longTexts() throws {
        let text = "x" + String(repeating: "é", count: 10_000)
        let line = Self.line(Self.record(text, ["deep": [["t": .string(text)]]]), .json)
        #expect(line.utf8.count < 17_000)
        let object = try JSON.parse(line)
        #expect(object["message"]?.stringValue?.hasSuffix("é… (20001 bytes)") == true)
        #expect(object["deep"]?[0]?["t"] == object["message"])
    }

    @Test("levels filter records, and filtered messages are not computed")
    func levels() {
        let lines = Protected<[String]>([])
        let output = LogOutput(level: .info, format: .text) { line in
            lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
        }
        var computed = 0
        func message() -> String {
            computed += 1
            return "m\(computed)"
        }
        let logger = Logger(label: "x", output: output).with(["a": 1, "b": 1]).with(["b": 2])
        logger.trace(message())
        logger.debug(message(), ["x": .string(message())])
        logger.info(message())
        logger.warning(message(), ["b": 3])
        logger.error(message())
        #expect(computed == 3)
        #expect(
            lines.withLock { $0.map { String($0.dropFirst(25)) } } == [
                "INFO    x: m1 a=1 b=2\n", "WARNING x: m2 a=1 b=3\n", "ERROR   x: m3 a=1 b=2\n",
            ])
        #expect(!logger.isEnabled(.debug) && logger.isEnabled(.info))
        output.configure(level: .error, format: .json) { _ in }
        logger.warning(message())
        #expect(computed == 3)
    }

    @Test("levels have names", arguments: LogLevel.allCases)
    func levelNames(_ level: LogLevel) {
        #expect(LogLevel(name: level.name) == level)
        #expect(LogLevel(name: "loud") == nil)
    }
}
