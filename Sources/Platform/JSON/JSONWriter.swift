package import Primitives

extension JSON {
    /// The value as compact UTF-8.
    package var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.write(self)
        return writer.output
    }

    /// The value as compact text.
    package var text: String { String(decoding: self.bytes, as: UTF8.self) }
}

/// Writes compact JSON, piece by piece: a large document need not be a tree first.
///
/// The commas are the writer's. A number that JSON cannot represent (NaN, infinity) becomes `null`.
package struct JSONWriter {
    package private(set) var output: [UInt8] = []

    package init() {}

    /// Makes room for `count` more bytes.
    package mutating func reserve(_ count: Int) { self.output.reserveCapacity(self.output.count + count) }

    package mutating func beginObject() { self.begin(UInt8(ascii: "{")) }

    package mutating func endObject() { self.output.append(UInt8(ascii: "}")) }

    package mutating func beginArray() { self.begin(UInt8(ascii: "[")) }

    package mutating func endArray() { self.output.append(UInt8(ascii: "]")) }

    /// Begins a member; its value follows.
    package mutating func key(_ key: String) {
        self.write(key)
        self.output.append(UInt8(ascii: ":"))
    }

    package mutating func write(_ value: JSON) {
        switch value {
        case .null: self.write(word: "null")
        case .bool(true): self.write(word: "true")
        case .bool(false): self.write(word: "false")
        case .integer(let value): self.write(encoded: String(value).utf8)
        case .number(let value): value.isFinite ? self.write(encoded: "\(value)".utf8) : self.write(word: "null")
        case .string(let text): self.write(text)
        case .array(let array):
            self.beginArray()
            for value in array { self.write(value) }
            self.endArray()
        case .object(let object):
            self.beginObject()
            for (key, value) in object {
                self.key(key)
                self.write(value)
            }
            self.endObject()
        }
    }

    /// Writes a value that is JSON already.
    package mutating func write(encoded: some Collection<UInt8>) {
        self.separate()
        self.output.append(contentsOf: encoded)
    }

    /// The same, or begins a member whose name and colon these are. Other modules' calls of the generic one cost more.
    package mutating func write(encoded: [UInt8]) {
        self.separate()
        self.output.append(contentsOf: encoded)
    }

    /// Writes a time as RFC 3339.
    package mutating func write(_ time: CivilTime) {
        self.begin(UInt8(ascii: "\""))
        time.writeRFC3339(to: &self.output)
        self.output.append(UInt8(ascii: "\""))
    }

    private mutating func write(word: StaticString) {
        self.separate()
        unsafe self.output.append(contentsOf: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }

    package mutating func write(_ text: String) {
        self.begin(UInt8(ascii: "\""))
        self.escape(text.utf8Span.span)
        self.output.append(UInt8(ascii: "\""))
    }

    private mutating func begin(_ byte: UInt8) {
        self.separate()
        self.output.append(byte)
    }

    /// A comma, unless this is the first value or member, or a member's value.
    private mutating func separate() {
        switch self.output.last {
        case nil, UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: ":"): break
        default: self.output.append(UInt8(ascii: ","))
        }
    }

    /// Copies runs that need no escaping in one piece.
    private mutating func escape(_ text: Span<UInt8>) {
        var start = 0
        for index in text.indices {
            let byte = text[index]
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
            self.output.append(contentsOf: text.extracting(start..<index))
            self.escape(byte)
            start = index + 1
        }
        self.output.append(contentsOf: text.extracting(start..<text.count))
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case 0x0A: self.output.append(contentsOf: "\\n".utf8)
        case 0x0D: self.output.append(contentsOf: "\\r".utf8)
        case 0x09: self.output.append(contentsOf: "\\t".utf8)
        case 0..<0x20:
            let digits = String(byte, radix: 16)
            self.output.append(contentsOf: "\\u00\(byte < 0x10 ? "0" : "")\(digits)".utf8)
        default:
            self.output.append(UInt8(ascii: "\\"))
            self.output.append(byte)
        }
    }
}
