package import JSON
internal import Primitives

/// One event of the log, before it is formatted.
package struct LogRecord: Sendable {
    /// Longer texts are cut, in bytes: a record is a line, not a document.
    static let textLimit = 8 << 10
    /// The longest note that a cut appends, in bytes.
    private static let noteLimit = 64

    /// Milliseconds since 1970, UTC.
    package var time: Int64
    package var level: LogLevel
    package var label: String
    package var message: String
    package var fields: JSONObject

    package init(time: Int64, level: LogLevel, label: String, message: String, fields: JSONObject = JSONObject()) {
        self.time = time
        self.level = level
        self.label = label
        self.message = message
        self.fields = fields
    }

    /// The record with every secret redacted from its message, label, keys and values, and with long texts cut.
    package func redacted(by redactor: Redactor) -> LogRecord {
        var record = self
        record.label = Self.redacted(self.label, by: redactor)
        record.message = Self.redacted(self.message, by: redactor)
        if !self.fields.isEmpty { record.fields = redactor.redact(self.fields) { Self.redacted($0, by: redactor) } }
        return record
    }

    /// Looks only at the part of a long text that the line shows.
    private static func redacted(_ text: String, by redactor: Redactor) -> String {
        let count = text.utf8.count
        guard count > Self.textLimit + Self.noteLimit else { return redactor.redact(text) }
        // The marks in the place of secrets may be longer than those.
        return "\(Self.beginning(of: redactor.redact(text, upTo: Self.textLimit)))\(Self.note(count))"
    }

    /// The formatted line, whose only line feed is at its end.
    package func line(_ format: LogFormat) -> [UInt8] {
        switch format {
        case .json: self.jsonLine
        case .text: self.textLine
        }
    }

    private var jsonLine: [UInt8] {
        var object: JSONObject = [
            "time": .string(CivilTime(milliseconds: self.time).rfc3339), "level": .string(self.level.name),
            "label": .string(self.label),
            "message": .string(Self.cut(self.message)),
        ]
        for (key, value) in self.fields {
            // A field must not overwrite the record's own members, but stays visible under another name.
            object[object[key] == nil ? key : key + "_"] = Self.cut(value)
        }
        return JSON.object(object).bytes + [UInt8(ascii: "\n")]
    }

    private var textLine: [UInt8] {
        var line = "\(CivilTime(milliseconds: self.time).rfc3339) "
        let level = self.level.name.uppercased()
        line += level + String(repeating: " ", count: 8 - level.utf8.count)
        line += "\(Self.printable(self.label)): \(Self.printable(Self.cut(self.message)))"
        for (key, value) in self.fields {
            line += " \(Self.printable(key))=\(Self.printable(Self.word(Self.cut(value))))"
        }
        return Array(line.utf8) + [UInt8(ascii: "\n")]
    }

    private static func word(_ value: JSON) -> String {
        guard let text = value.stringValue else { return value.text }
        let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=") }
        return isPlain && !text.isEmpty ? text : value.text
    }

    /// Escapes control characters: untrusted text must neither forge a line nor control the terminal.
    private static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: Self.isControl) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where Self.isControl(scalar): result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        // C0, DEL, C1 and the line and paragraph separators.
        scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) || scalar.value == 0x2028 || scalar.value == 0x2029
    }

    private static func cut(_ text: String) -> String {
        // A text that has been cut already has a note.
        guard text.utf8.count > Self.textLimit + Self.noteLimit else { return text }
        return "\(Self.beginning(of: text))\(Self.note(text.utf8.count))"
    }

    private static func beginning(of text: String) -> Substring {
        guard text.utf8.count > Self.textLimit else { return text[...] }
        let end = text.utf8.index(text.startIndex, offsetBy: Self.textLimit)
        return text[..<text.unicodeScalars.index(before: text.unicodeScalars.index(after: end))]
    }

    private static func note(_ count: Int) -> String { "… (\(count) bytes)" }

    private static func cut(_ value: JSON) -> JSON {
        switch value {
        case .string(let text): .string(Self.cut(text))
        case .array(let array): .array(array.map(Self.cut))
        case .object(let object): .object(JSONObject(members: object.map { ($0.key, Self.cut($0.value)) }))
        default: value
        }
    }
}

/// The severity of a record: `trace < debug < info < warning < error`.
package enum LogLevel: Int, Sendable, Comparable, CaseIterable {
    case trace, debug, info, warning, error

    /// The name as in the configuration, such as `info`.
    package init?(name: String) {
        guard let level = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = level
    }

    package var name: String {
        switch self {
        case .trace: "trace"
        case .debug: "debug"
        case .info: "info"
        case .warning: "warning"
        case .error: "error"
        }
    }

    package static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
}
